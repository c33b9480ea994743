#!/bin/sh
# tests/lint/self.sh - the rules of this directory find what is planted against them.
#
# Each is given a tree, or a build, of a few files of which one is an offence; it has to fail and to name
# it, and to be content when the offence is taken out.  help.sh and cross.sh look at all of husk and are
# left out.
set -eu

here=$PWD
cc=${CC:-gcc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
planted=0 bad=0

# A tree without an offence, as $tree, and a build of it, as $BUILD.
tree=$tmp/tree
BUILD=$tmp/build
export BUILD
fresh()
{
	rm -rf "$tree" "$BUILD"
	for dir in runtime/base runtime/include runtime/init specs namespaces cgroups rootfs cli tests/helpers \
		tests/data tests/integration tests/unit tests/conformance .ci; do
		mkdir -p "$tree/$dir" "$BUILD/$dir" "$BUILD/init/$dir" "$BUILD/static/$dir"
	done
	cp -r "$here/tests/lint" "$tree/tests/lint"
	rm "$tree/tests/lint/self.sh"
	cd "$tree"
	echo '/* Public. */' >runtime/include/husk.h
	echo '# Title' >SECURITY.md
	: >Makefile
}

complain()
{
	echo "$1"
	bad=1
}

# content SCRIPT: it finds nothing
content()
{
	log=$(sh "tests/lint/$1.sh" 2>&1) || complain "$1.sh is not content with what is right: $log"
}

# finds SCRIPT TEXT...: it fails, and says each of that
finds()
{
	script=$1
	shift
	planted=$((planted + $#))
	if log=$(LC_ALL=C sh "tests/lint/$script.sh" 2>&1); then
		complain "$script.sh does not notice: $1"
		return
	fi
	for text; do
		case $log in *"$text"*) ;; *) complain "$script.sh does not say \"$text\", but: $log" ;; esac
	done
}

# plant FILE TEXT: a source with its opening comment
plant()
{
	printf '/* Planted. */\n%s\n' "$2" >"$1"
}

# object PATH TEXT: $BUILD/PATH.o is compiled of it
object()
{
	printf '%s\n' "$2" | $cc -w -fno-builtin -x c -c -o "$BUILD/$1.o" -
}

# ---- layers.sh -----------------------------------------------------------------------------------
fresh
content layers
plant namespaces/x.c '#include "cgroups/cgroups.h"'
plant cgroups/x.c '#include "rootfs/mount_steps.h"'
plant rootfs/x_steps.c '#include "specs/specs.h"'
plant runtime/init/x.c '#include "runtime/container.h"'
plant cli/x.c '#include "runtime/container.h"'
plant runtime/base/x.c '#include "specs/specs.h"'
plant specs/x.c '#include <jsmn.h>'
plant runtime/x.c '#include "x.h"'
finds layers 'namespaces/x.c:2: may not include cgroups/cgroups.h' 'cgroups/x.c:2: may not include' \
	'rootfs/x_steps.c:2: part of husk-init, may not include specs/specs.h' \
	'runtime/init/x.c:2: part of husk-init, may not include the library half' \
	'cli/x.c:2: may not include runtime/container.h' 'runtime/base/x.c:2: may not include specs/specs.h' \
	'specs/x.c:2: <jsmn.h> belongs to' 'runtime/x.c:2: "x.h": write the path'

# ---- calls.sh ------------------------------------------------------------------------------------
fresh
object init/rootfs/rootfd 'int open(), mount(); void f(void) { open(); mount(); }'
object init/rootfs/hot_steps 'int umount2(); void f(void) { umount2(); }'
object specs/good 'int openat(); void f(void) { openat(); }'
content calls
object init/rootfs/x_steps 'int open(), mount(), stat(), malloc(), printf(), execvp(), atoi(), fork();
	void f(void) { open(); mount(); stat(); malloc(); printf(); execvp(); atoi(); fork(); }'
object init/runtime/init/x 'int chmod(), umount2(), execve(); void f(void) { chmod(); umount2(); execve(); }'
object specs/x 'int strtol(); void f(void) { strtol(); }'
object runtime/x 'int fork(), exit(), posix_spawnp(), setns(), sprintf(), puts(), umask();
	void f(void) { fork(); exit(); posix_spawnp(); setns(); sprintf(); puts(); umask(); }'
set --
for call in open mount stat malloc printf execvp atoi fork; do
	set -- "$@" "init/rootfs/x_steps.c: husk-init may not call $call()"
done
for call in chmod umount2 execve; do
	set -- "$@" "init/runtime/init/x.c: husk-init may not call $call()"
done
for call in fork exit posix_spawnp setns sprintf puts umask; do
	set -- "$@" "runtime/x.c: libhusk may not call $call()"
done
finds calls "$@" 'specs/x.c: specs may not call strtol()'

# ---- headers.sh, scripts.sh ------------------------------------------------------------------------
fresh
content headers
echo 'int f(void);' >specs/x.c
finds headers 'specs/x.c:1: does not open with a comment'
rm specs/x.c
plant specs/x.h 'struct a { size_t n; };'
finds headers 'unknown type name'
fresh
content scripts
printf 'if true\n' >tests/x.sh
finds scripts 'tests/x.sh'
rm tests/x.sh
plant specs/x.c "/* as in /ho""me/somebody/file */"
finds scripts 'a path of some machine'

# ---- weak.sh ---------------------------------------------------------------------------------------
fresh
: >"$BUILD/husk-init"
: >tests/integration/case.sh
mkdir tests/integration/area
: >tests/integration/area/case.sh
printf 'some-defence\t1\tarea/case\twhat\n' >tests/data/weak.rows
plant rootfs/x.c 'int f(void) { return weakened("some-defence"); }'
printf '## Rules the code keeps\n\n1. A rule.\n' >SECURITY.md
content weak
plant rootfs/y.c 'int g(void) { return weakened("other-defence"); }'
finds weak other-defence
rm rootfs/y.c
printf 'third-defence\t1\tarea/none\twhat\n' >>tests/data/weak.rows
finds weak third-defence 'there is no case area/none'
printf 'some-defence\t1\tarea/case\twhat\n' >tests/data/weak.rows
printf '2. Another rule.\n' >>SECURITY.md
finds weak 'rule 2 of SECURITY.md'
printf '## Rules the code keeps\n\n1. A rule.\n' >SECURITY.md
plant cli/x.c 'const char *x = "HUSK_WEAKEN";'
finds weak 'only runtime/base/weak.h may know'
rm cli/x.c
echo HUSK_WEAKEN >"$BUILD/husk-init"
finds weak 'was made with WEAKEN=1'

# ---- attacks.sh, coverage.sh -----------------------------------------------------------------------
fresh
mkdir tests/integration/area
printf '# attacks: T-1\n# covers: R-1\n' >tests/integration/area/case.sh
printf '## Part\nT-1\t-\twhat\n' >tests/data/attacks.rows
printf '## Part\nR-1\twhat\n' >tests/data/coverage.rows
: >tests/data/weak.rows
for script in attacks coverage; do
	sh "tests/lint/$script.sh" --write
	content $script
done
printf 'T-2\t-\tsomething new\n' >>tests/data/attacks.rows
finds attacks 'T-2 has neither a case nor a reason'
printf '## Part\nT-1\t-\tsomething else\n' >tests/data/attacks.rows
finds attacks 'SECURITY.md is not current'
printf '## Part\nR-1\tsomething else\n' >tests/data/coverage.rows
finds coverage 'specs/COVERAGE.md is not current'
printf '# attacks: T-9\n# covers: R-9\n' >tests/integration/area/case.sh
finds attacks 'attacks T-9, which is no row'
finds coverage 'covers R-9, which is no row'

# ---- symbols.sh, init.sh, hardening.sh ---------------------------------------------------------------
fresh
echo 'int husk_one(void) { return 1; } int husk_two(void) { return 2; } int main(void) { return 0; }' >"$tmp/x.c"
$cc -shared -fPIC -o "$BUILD/libhusk.so" "$tmp/x.c" -Wl,-z,norelro -Wl,-z,lazy -Wl,-z,execstack -Wl,-rpath,/x \
	2>/dev/null
$cc -no-pie -Wl,-z,norelro -Wl,-z,lazy -o "$BUILD/husk" "$tmp/x.c"
cp "$BUILD/husk" "$BUILD/husk-dynamic"
echo 'HUSK_API int husk_one(void);' >runtime/include/husk.h
finds symbols 'exported, but not declared in husk.h: husk_two'
echo 'HUSK_API int husk_three(void);' >>runtime/include/husk.h
finds symbols 'declared in husk.h, but not exported: husk_three'
cp "$BUILD/husk" "$BUILD/husk-init"
finds init 'is not static'
truncate -s 65537 "$BUILD/husk-init"
finds init '65537 bytes are more than 65536'
object runtime/x 'int f(void) { return 0; }'
$cc -fcf-protection=none -c -o "$BUILD/runtime/x.o" "$tmp/x.c" 2>/dev/null || true
finds hardening 'husk: has no read-only relocations' 'husk-dynamic: resolves symbols lazily' \
	'husk-dynamic: has no stack protector' 'husk-dynamic: has no FORTIFY' 'husk: is not position-independent' \
	'husk: is not static' 'husk: has no stack protector' 'husk: does not protect its relocations' \
	'libhusk.so: looks for libraries in a place' 'husk-init: has no stack protector'
[ "$(uname -m)" != x86_64 ] || finds hardening 'runtime/x.o: has no marks for IBT and SHSTK'

[ "$planted" -ge 50 ] || complain "only $planted offences were planted"
[ $bad -ne 0 ] || echo "$planted offences planted, $planted found"
exit $bad
