# process/seccomp-default - the profile of husk spec, as programs feel it.
# covers: L-42 L-43
# runs as: root user
. "$HUSK_TESTS/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "system call numbers of x86_64"
make_bundle
mkdir "$CASE_DIR/spec"
rootless=
[ "$(id -u)" = 0 ] || rootless=--rootless
run husk spec $rootless --bundle "$CASE_DIR/spec"
exits 0 "husk spec"
run husk validate --bundle "$CASE_DIR/spec"
exits 0 "is valid"
config '.linux.seccomp = $s[0].linux.seccomp' --slurpfile s "$CASE_DIR/spec/config.json"

# 41 socket, 56 clone, 135 personality, 165 mount, 272 unshare, 304 open_by_handle_at, 321 bpf, 425
# io_uring_setup, 435 clone3, 250 keyctl
probe syscall 272 268435456 -- syscall 165 0 0 0 0 -- syscall 425 1 0 -- syscall 321 0 -- syscall 250 0 -- \
	syscall 304 0 0 0 -- syscall 435 0 0 -- syscall 9999 -- syscall 56 268435456 -- sched
exits 0 "a program under it"
for nr in 272 165 425 321 250 304 56; do
	has "syscall $nr" "-1 EPERM" "system call $nr is refused"
done
has "syscall 435" "-1 ENOSYS" "clone3 is not there: C libraries take clone"
has "syscall 9999" "-1 ENOSYS" "nor what is newer than the profile"
has seccomp 2 "a filter is loaded"
unlike "$(value ssb)" mitigated "without speculative store bypass mitigation"
probe syscall 41 40 1 0 -- syscall 41 38 5 0 -- syscall 135 262144
has "syscall 41" "-1 EPERM" "no AF_VSOCK"
is "$(grep -c '^syscall 41 -1 EPERM' "$OUT")" 2 "nor AF_ALG"
has "syscall 135" "-1 EPERM" "nor ADDR_NO_RANDOMIZE"
probe syscall 41 2 1 0 -- syscall 41 1 1 0 -- syscall 41 16 3 0 -- forks 2 -- child exit 0 -- ids
exits 0 "what programs do"
is "$(grep -c '^syscall 41 [0-9].* ok' "$OUT")" 3 "sockets of IP, UNIX, netlink"

# Programs of the host, by its dynamic linker and C library.
config '.root.path = "/" | .root.readonly = true | .mounts = [.mounts[] | select(.destination == "/proc")]'
set_args /bin/sh -c 'ls -l / | grep -c bin; date >/dev/null && test -r /proc/self/status && echo well'
run_container
exits 0 "shell, ls, grep and date of the host"
is "$(line 2)" well "work"

done_testing
