# attack/procfs - what labels, sysctls and limits are written through is not the procfs it seems.
# CVE-2025-52881: a write that is led elsewhere configures the host, or leaves a container unconfined.
# Only harmless files are led to: this also runs on a developer's machine.
# attacks: T-PROC3 T-PROC4 T-PROC5 T-PROC6
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"
have_cap 21 || skip_all "no CAP_SYS_ADMIN"

canary procfs
make_bundle
# A new network namespace has directory entries of its own for its sysctls, which what is mounted here does not
# cover; kernel.domainname is set by setdomainname(2); kernel.msgmax is what a file is written for.
config '.linux.sysctl = {"kernel.domainname": "set.by.husk", "kernel.msgmax": "8191", "net.core.somaxconn": "1234"} | .process.oomScoreAdj = 321'
set_args /probe sysctl kernel.domainname kernel.msgmax net.core.somaxconn -- sched

# written NAME: either it said that it could not, or it has done it; in no case elsewhere
written()
{
	if [ "$STATUS" -ne 0 ]; then
		like "$(errors)" '^husk: ' "$1: refused"
	else
		has "sysctl kernel.domainname" set.by.husk "$1: the sysctl is set"
		has "sysctl kernel.msgmax" 8191 "$1: that of the IPC namespace, too"
		has "sysctl net.core.somaxconn" 1234 "$1: that of the network, too"
		has oom_score_adj 321 "$1: and oom_score_adj"
	fi
	is "$(status_of)" "" "$1: nothing is left"
	canary_intact "$1"
}
run_container
written "as it should be"
has "sysctl kernel.domainname" set.by.husk "and set"

# The case has a mount namespace of its own; whatever it mounts here ends with it.
mount --bind "$CANARY/file" /proc/sys/kernel/domainname
mount --bind "$CANARY/file" /proc/sys/kernel/msgmax
mount --bind "$CANARY/file" /proc/sys/net/core/somaxconn
run_container
written "a file over the sysctl"
umount /proc/sys/kernel/domainname /proc/sys/kernel/msgmax /proc/sys/net/core/somaxconn
cp "$CANARY/file" "$CANARY/domainname"
cp "$CANARY/file" "$CANARY/msgmax"
canary_again "$CANARY"
mount --bind "$CANARY" /proc/sys/kernel
run_container
written "a directory over a part of /proc/sys"
umount /proc/sys/kernel

# All of /proc.
fake=$CASE_DIR/fake
mkdir -p "$fake/1/attr/apparmor" "$fake/1/ns" "$fake/1/fd"
ln -s 1 "$fake/self"
for file in oom_score_adj attr/exec attr/current attr/apparmor/exec uid_map gid_map setgroups timens_offsets loginuid; do
	echo fake >"$fake/1/$file"
done
mkdir -p "$fake/sys/kernel"
echo fake >"$fake/sys/kernel/domainname"
# What is read of it before anything is written must not give it away.
ln -s 1 "$fake/thread-self"
# The leak sanitizer reads there whether it is wanted, and would end husk for want of the rest.
printf 'ASAN_OPTIONS=detect_leaks=0\0' >"$fake/1/environ"
cp /proc/self/cgroup /proc/self/mountinfo /proc/self/status "$fake/1"
echo fake >"$fake/sys/kernel/msgmax"
canary_again "$fake"
bash=$(command -v bash || echo sh)
over()	# MOUNT-ARGUMENT...
{
	# No program of this may need /proc while it is covered.
	unshare -m --propagation private "$bash" -c '
		mount "$@" /proc || exit 99
		exec "$0" --root "'"$STATE_DIR"'" run --bundle "'"$BUNDLE"'" "'"$ID"'"' "$HUSK_BIN" "$@"
}
run over -t tmpfs tmpfs
isnt "$STATUS" 99 "a tmpfs can be mounted there"
written "a tmpfs over /proc"
run over --bind "$fake"
written "a directory over /proc"
canary_intact "a directory over /proc" "$fake"
run over --bind /proc/self
written "a part of procfs over /proc"
run over -t sysfs sysfs
written "sysfs over /proc"

# The container has done it to itself, and somebody comes in by exec.
make_bundle "$CASE_DIR/inside"
cp -r "$fake" "$ROOTFS/fake"
canary_again "$ROOTFS/fake"
config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) | .linux.readonlyPaths = [] | .linux.maskedPaths = []'
set_args /probe mount /fake /proc bind -- create /done x -- sleep
start_container "$ID"
ok "the container covers its /proc" wait_until 5 test -s "$ROOTFS/done"
jq -n '{args: ["/probe", "sleep"], cwd: "/", user: {uid: 0, gid: 0}, oomScoreAdj: 456}' >"$CASE_DIR/process.json"
run husk exec --detach --pid-file "$CASE_DIR/pid" --process "$CASE_DIR/process.json" "$ID"
exits 0 "exec with a false /proc"
is "$(cat "/proc/$(cat "$CASE_DIR/pid")/oom_score_adj")" 456 "its oom_score_adj is set"
run husk exec --apparmor unconfined --user 0 "$ID" /probe exit 0
run husk exec --apparmor docker-default "$ID" /probe exit 0
[ -e /sys/module/apparmor/parameters/enabled ] || isnt "$STATUS" 0 "a label that cannot be set: is refused"
canary_intact "exec with a false /proc" "$ROOTFS/fake"
destroy

# The same label, with nothing to write it to but the attacker's file.
make_bundle "$CASE_DIR/label"
mkdir -p "$ROOTFS/proc/self/attr/apparmor" "$ROOTFS/proc/1/attr"
for file in self/attr/exec self/attr/apparmor/exec 1/attr/exec; do
	echo image >"$ROOTFS/proc/$file"
done
canary_again "$ROOTFS/proc"
config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = [] |
	.process.apparmorProfile = "husk-no-such-profile"'
run_container
refused "a profile that is not there"
config 'del(.process.apparmorProfile) | .process.selinuxLabel = "system_u:system_r:no_such_t:s0"'
run_container
refused "an SELinux label that is not there"
canary_intact "files of the image by those names" "$ROOTFS/proc"

done_testing
