# make          build/husk and build/libhusk.{a,so}; husk-init is built first and embedded, as is
#               husk-dynamic, which husk becomes where it needs a library
# make deps     install what building and testing needs (Debian packages, by name)
# make demo     deps, build, and run a container that shows what it sees
# make check    unit tests and lint: no privilege, no network
# make test     deps, build, and every test this machine can run
# make test-vm  the integration cases on cgroup v2 with systemd, in a guest; VM=qemu: whole machine
# make fuzz     T=60: each fuzz target for that many seconds, by clang's libFuzzer
# make test-attack  what went wrong in other runtimes, done to husk: as root and as a user
# make test-attack-weak  the same must fail when a defence is taken away (root)
# make test-faults  each system call of each operation fails once, or is where husk is killed
# make analyze  clang-tidy, cppcheck, gcc -fanalyzer (some minutes)
# make bench    husk's speed beside the least that the kernel takes, and runc and crun (root);
#               RELEASE=sid: that Debian's runc and crun; ITEMS='run exec': only these
# make differential  the same bundles through husk, runc and crun
# make test-engines  podman, buildah, containerd (ctr, CRI) and Docker with husk, crun and runc in turn (root)
# make install  DESTDIR= PREFIX=/usr/local
# WEAKEN=1      build with defences that tests can take away, in build-weak/ (test-attack-weak does)
# SAN=1         build with ASan and UBSan, in build-san/;  V=1 shows the commands

SAN     ?=
V       ?=
Q       := $(if $(V),,@)
BUILD   ?= $(if $(SAN),build-san,$(if $(WEAKEN),build-weak,build))
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= gcc
MUSL_CC ?= musl-gcc

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes \
	   -Wvla -Wno-missing-field-initializers -Werror
HARDEN  := -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fstack-clash-protection \
	   -ftrivial-auto-var-init=zero
# Jumps and returns go only where the compiler meant them to, on processors that can see to it.
CFI_x86_64  := -fcf-protection=full
CFI_aarch64 := -mbranch-protection=standard
CFI     := $(CFI_$(shell uname -m))
STD     := -std=gnu17 -D_GNU_SOURCE
CPPFLAGS += -I.$(if $(WEAKEN), -DHUSK_WEAKEN)$(if $(WEAKEN)$(SAN), -DHUSK_CHECKED)
DEPFLAGS = -MMD -MP
ifneq ($(SAN),)
HARDEN  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif
LIBFLAGS = $(STD) $(WARN) $(HARDEN) $(CFI) -fPIC -fvisibility=hidden $(CFLAGS)
LDFLAGS += -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed

# Static, so that nothing but the C library has to be there.
LDLIBS  := -l:libseccomp.a

FOLDERS := runtime/base specs namespaces namespaces/net cgroups rootfs runtime runtime/process runtime/criu runtime/doctor runtime/trace
# X_steps.c and the in-root look-ups run only inside husk-init.
STEPS   := $(wildcard namespaces/*_steps.c cgroups/*_steps.c rootfs/*_steps.c) \
	   $(wildcard rootfs/rootfd.c) $(wildcard runtime/init/*.c)
# X_static.c stands in place of X.c or X/ in the static program, which has no shared libraries.
STATIC  := $(wildcard $(FOLDERS:%=%/*_static.c) cli/*_static.c)
DYNAMIC := $(STATIC:%_static.c=%.c) $(wildcard $(STATIC:%_static.c=%/*.c))
INITSRC := $(STEPS) runtime/base/plan_read.c runtime/base/hook_watch.c
SRC     := $(filter-out $(STEPS),$(wildcard $(FOLDERS:%=%/*.c)))
LIBSRC  := $(filter-out $(STATIC),$(SRC))
CLISRC  := $(filter-out $(STATIC),$(wildcard cli/*.c))
LIB     := $(LIBSRC:%.c=$(BUILD)/%.o) $(BUILD)/init_blob.o
CLI     := $(CLISRC:%.c=$(BUILD)/%.o)
SMALL   := $(patsubst %.c,$(BUILD)/static/%.o,$(filter-out $(DYNAMIC),$(SRC) $(wildcard cli/*.c))) \
	   $(BUILD)/init_blob.o $(BUILD)/dynamic_blob.o
INIT    := $(INITSRC:%.c=$(BUILD)/init/%.o)
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TESTS   := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
HELPERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/helpers/*.c))

all: $(BUILD)/husk $(BUILD)/libhusk.so
.PHONY: all deps demo check unit corpus fuzz fuzzers analyze test test-vm test-attack test-attack-weak test-faults lint integration differential bench test-engines helpers install uninstall clean

# ---- husk-init: static, musl, at most 64 KiB -------------------------------------------------
# The kernel's headers come last: musl has its own of everything else.  Not position-independent:
# Debian 12's musl-gcc cannot link a static-pie.  musl has no _FORTIFY_SOURCE.
ARCHINC := /usr/include/$(shell uname -m)-linux-gnu
INITFLAGS := $(STD) $(WARN) -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	     -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero \
	     $(CFI) -fno-pic -idirafter /usr/include \
	     -idirafter $(ARCHINC)
$(BUILD)/init/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(CPPFLAGS) $(INITFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/husk-init: $(INIT)
	$(Q)$(MUSL_CC) -static -no-pie -Wl,--gc-sections -Wl,-z,norelro -Wl,--build-id=none \
		-Wl,-z,noseparate-code -s -o $@ $^
	@test $$(stat -c %s $@) -le 65536 || { echo "husk-init is larger than 64 KiB"; exit 1; }

$(BUILD)/init_blob.o: $(BUILD)/husk-init runtime/init_blob.S
	$(Q)$(CC) -DINIT_PATH='"$(BUILD)/husk-init"' -c -o $@ runtime/init_blob.S

# ---- libhusk and husk ------------------------------------------------------------------------
# Which commit this is: `make HUSK_COMMIT=...` says it where there is no checkout.
ifndef HUSK_COMMIT
HUSK_COMMIT := $(if $(wildcard .git),$(shell git describe --always --dirty --abbrev=40 \
	       --exclude='*' 2>/dev/null))
endif
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(HUSK_COMMIT)' | cmp -s - $@ || echo '$(HUSK_COMMIT)' >$@
COMMIT := $(BUILD)/runtime/commit.o $(BUILD)/static/runtime/commit.o
$(COMMIT): $(BUILD)/commit
$(COMMIT): CPPFLAGS += -DHUSK_COMMIT='"$(HUSK_COMMIT)"'
.PHONY: FORCE

$(BUILD)/libhusk.a: $(LIB)
	$(Q)$(RM) $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libhusk.so: $(LIB) runtime/husk.map
	$(Q)$(CC) -shared -Wl,-soname,libhusk.so.0 -Wl,--version-script=runtime/husk.map $(LDFLAGS) \
		-o $@ $(LIB) $(LDLIBS)

$(BUILD)/husk-dynamic: $(CLI) $(BUILD)/libhusk.a
	$(Q)$(CC) -pie $(LDFLAGS) -o $@ $^ $(LDLIBS)

# husk itself is static, with musl, and has the dynamic program inside: cli/dynamic_static.c.  Debian 12's
# musl-gcc cannot link a static-pie, so this names its parts.  The sanitizers have no musl.
ifneq ($(SAN),)
$(BUILD)/husk: $(BUILD)/husk-dynamic
	$(Q)cp $< $@
else
MUSL    := /usr/lib/$(shell uname -m)-linux-musl
STATICFLAGS = $(STD) $(WARN) $(filter-out -D_FORTIFY_SOURCE%,$(HARDEN)) $(CFI) -fPIE \
	       -fvisibility=hidden -ffunction-sections -fdata-sections $(CFLAGS) \
	       -idirafter /usr/include -idirafter $(ARCHINC)
$(BUILD)/static/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(CPPFLAGS) $(STATICFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/husk: $(SMALL)
	$(Q)$(CC) -static-pie -nostdlib $(LDFLAGS) -Wl,--gc-sections -o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o \
		$(shell $(CC) -print-file-name=crtbeginS.o) $^ -L$(MUSL) -lc -lgcc \
		$(shell $(CC) -print-file-name=crtendS.o) $(MUSL)/crtn.o

$(BUILD)/dynamic_blob.o: $(BUILD)/husk-dynamic cli/dynamic_blob.S
	$(Q)strip -o $(BUILD)/husk-dynamic.stripped $<
	$(Q)$(CC) -DDYNAMIC_PATH='"$(BUILD)/husk-dynamic.stripped"' -c -o $@ cli/dynamic_blob.S
endif

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LIBFLAGS) $(DEPFLAGS) -c -o $@ $<

# Its child runs on the caller's stack and never returns: see the file.
$(BUILD)/runtime/spawn_child.o: HARDEN := -fno-sanitize=all -fno-stack-protector
$(BUILD)/static/runtime/spawn_child.o: HARDEN := -fno-stack-protector

# ---- tests -----------------------------------------------------------------------------------
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libhusk.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# A test of the program is linked with the one file it tests.
$(BUILD)/tests/unit/test_cli_%: $(BUILD)/tests/unit/test_cli_%.o $(BUILD)/cli/%.o $(BUILD)/libhusk.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# A fuzz target: with libFuzzer (FUZZING), or with a main() that takes the inputs of its corpus.
FUZZMAIN := $(if $(FUZZING),,$(BUILD)/tests/fuzz/replay.o)
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZMAIN) $(BUILD)/libhusk.a
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(LDLIBS)
# All of the program but its main().
$(BUILD)/tests/fuzz/cli.o: $(CLI)
	$(Q)$(LD) -r -o $@ $^
	$(Q)objcopy --redefine-sym main=husk_main $@
$(BUILD)/tests/fuzz/fuzz_options: $(BUILD)/tests/fuzz/cli.o

fuzzers: $(FUZZERS)

# Static musl: the probe is the whole root filesystem of most tests.
$(BUILD)/tests/helpers/%: tests/helpers/%.c Makefile
	@mkdir -p $(@D)
	$(MUSL_CC) $(CPPFLAGS) $(STD) -Wall -Wextra -O2 -static -idirafter /usr/include \
		-idirafter $(ARCHINC) -o $@ $(filter %.c,$^)
$(BUILD)/tests/helpers/probe: $(wildcard tests/helpers/probe/*)

# A program that uses the library is built as the library is.
$(BUILD)/tests/helpers/threads: $(BUILD)/tests/helpers/threads.o $(BUILD)/libhusk.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -pthread

# As systemd, it is a program of the host.
$(BUILD)/tests/helpers/fakesystemd: tests/helpers/fakesystemd.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(STD) -Wall -Wextra -O2 -o $@ $< -lsystemd

# What `make bench` is made of: small, so that it costs nothing beside what it measures.
BENCH := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
$(BUILD)/tests/bench/%: tests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(CPPFLAGS) $(STD) -Wall -Wextra -Os -s -static -idirafter /usr/include \
		-idirafter $(ARCHINC) $(DEPFLAGS) -o $@ $<

$(BUILD)/tests/bench/library: $(BUILD)/tests/bench/library.o $(BUILD)/libhusk.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

helpers: $(HELPERS) $(BUILD)/tests/bench/floor

bench: all helpers $(BENCH)
	@tests/bench/run.sh $(BUILD) $(ITEMS)

deps:
	@tests/deps.sh

demo: deps
	@$(MAKE) --no-print-directory all
	@tests/demo.sh $(BUILD)

check: unit corpus lint

unit: $(TESTS)
	@tests/run-unit.sh $(TESTS)

corpus: $(FUZZERS)
	@tests/fuzz/run.sh $(BUILD)

# T: seconds for each target.  CC and HARDEN on the command line win over the rules above.
T ?= 60
FUZZBUILD := $(BUILD)-fuzz
fuzz:
	@tests/deps.sh fuzz
	@$(MAKE) --no-print-directory BUILD=$(FUZZBUILD) FUZZING=1 CC=clang CFLAGS='-O1 -g' \
		HARDEN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' \
		LDFLAGS='-fsanitize=address,undefined' fuzzers
	@tests/fuzz/run.sh $(FUZZBUILD) $(T)

analyze:
	@tests/deps.sh analyze
	@tests/analyze.sh

lint: $(BUILD)/libhusk.so $(BUILD)/husk $(BUILD)/tests/helpers/count
	@tests/run-lint.sh $(BUILD)

integration: all helpers
	@tests/run-integration.sh $(BUILD)

test-attack: all helpers
	@tests/run-attack.sh $(BUILD)

# A build of its own; BUILD-weak beside the one that is asked for.
test-attack-weak:
	@$(MAKE) --no-print-directory WEAKEN=1 BUILD=$(BUILD)-weak all helpers
	@tests/run-weak.sh $(BUILD)-weak

test-faults: all helpers
	@tests/run-faults.sh $(BUILD)

differential: all helpers
	@tests/conformance/differential/run.sh $(BUILD)

# WRITE=1 keeps the table in tests/engines/TABLE.md.
test-engines: all helpers
	@tests/engines/run.sh $(BUILD) $(if $(WRITE),--write)

test: deps
	@tests/run-all.sh

test-vm:
	@tests/deps.sh vm
	@$(MAKE) --no-print-directory all helpers
	@tests/vm/run.sh $(if $(VM),-b $(VM)) $(BUILD)
	@$(if $(VM),,HUSK_VM_LSM=selinux ROUNDS=root tests/vm/run.sh $(BUILD) process/selinux)

# What is generated when installed; the names are those that each program looks for.
SHARE := man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 755 $(BUILD)/husk $(DESTDIR)$(PREFIX)/bin/husk
	install -m 755 $(BUILD)/libhusk.so $(DESTDIR)$(PREFIX)/lib/libhusk.so.0
	ln -sf libhusk.so.0 $(DESTDIR)$(PREFIX)/lib/libhusk.so
	install -m 644 runtime/include/husk.h $(DESTDIR)$(PREFIX)/include/husk.h
	install -d $(patsubst %,$(DESTDIR)$(PREFIX)/share/%,$(SHARE))
	$(BUILD)/husk help --man >$(DESTDIR)$(PREFIX)/share/man/man1/husk.1
	$(BUILD)/husk help --completion=bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/husk
	$(BUILD)/husk help --completion=zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_husk
	$(BUILD)/husk help --completion=fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/husk.fish
	install -d $(DESTDIR)$(PREFIX)/share/husk/engines
	for file in cli/packaging/engines/*; do \
		sed 's|@BINDIR@|$(PREFIX)/bin|' $$file \
			>$(DESTDIR)$(PREFIX)/share/husk/engines/$${file##*/} || exit 1; \
	done

# Takes away what install has put there, and directories only where they are husk's own.
uninstall:
	$(RM) $(addprefix $(DESTDIR)$(PREFIX)/,bin/husk lib/libhusk.so lib/libhusk.so.0 include/husk.h \
		share/man/man1/husk.1 share/bash-completion/completions/husk \
		share/zsh/site-functions/_husk share/fish/vendor_completions.d/husk.fish)
	$(RM) -r $(DESTDIR)$(PREFIX)/share/husk

clean:
	$(RM) -r build build-san build-fuzz

-include $(BENCH:=.d) $(LIB:.o=.d) $(CLI:.o=.d) $(SMALL:.o=.d) $(INIT:.o=.d) $(TESTS:=.d) $(FUZZERS:=.d) \
	$(BUILD)/tests/fuzz/replay.d $(HELPERS:=.d)
.SECONDARY:
