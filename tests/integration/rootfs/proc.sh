# rootfs/proc - what may be mounted on /proc and inside of it (CVE-2019-16884, CVE-2019-19921).
# attacks: T-PROC1
# covers: 1.2-proc
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
plain=$(cat "$BUNDLE/config.json")
mkdir "$CASE_DIR/dir"
echo ours >"$CASE_DIR/file"
again()
{
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	add_mount "$@"
}

# Files that tell about the machine, as lxcfs replaces them.
for file in cpuinfo diskstats loadavg meminfo slabinfo stat swaps uptime sys/kernel/ns_last_pid; do
	[ -e "/proc/$file" ] || continue
	again "/proc/$file" bind "$CASE_DIR/file" bind,ro
	probe $(reads "/proc/$file")
	exits 0 "a file on /proc/$file"
	holds "/proc/$file" ours "/proc/$file is that file"
done
again /proc/./../proc//meminfo bind "$CASE_DIR/file" bind
probe $(reads /proc/meminfo)
holds /proc/meminfo ours "however it is written"

# Anything else is what runtimes and programs trust.
allowed='cpuinfo, diskstats, loadavg, meminfo, slabinfo, stat, swaps, uptime, sys/crypto/fips_enabled and sys/kernel/ns_last_pid'
refused()	# SHOWN
{
	is "$(errors)" "husk: /mounts/6/destination: \"$1\" is inside /proc, where only $allowed can be mounted on" \
		"not on $1"
	exits 1 "not on $1: exit code"
	is "$(status_of)" "" "not on $1: nothing is left"
}
for file in self/attr/exec self/attr/current self/status 1/attr/exec sys sys/kernel/core_pattern sysrq-trigger \
	thread-self/attr/exec meminfo/x cpuinfox; do
	again "/proc/$file" bind "$CASE_DIR/file" bind
	run_container
	refused "/proc/$file"
done
again /x/../proc/self/attr/exec bind "$CASE_DIR/file" bind
run_container
refused /proc/self/attr/exec
for type in tmpfs proc; do
	again /proc/self $type $type ro
	run_container
	refused /proc/self
done

# On /proc itself: procfs, new or the host's.
again /proc tmpfs tmpfs ro
run_container
is "$(errors)" 'husk: /mounts/6/destination: only procfs can be mounted on /proc, not "tmpfs"' "a tmpfs on /proc"
again /proc bind "$CASE_DIR/dir" bind
run_container
fails_with 'mount what is not procfs /proc: Operation not permitted$' "a directory on /proc"
like "$(errors)" 'in config.json: /mounts/6$' "and which mount it was"
again /proc bind /proc rbind
probe pids
exits 0 "the host's procfs on /proc"
unlike "$(value pids)" '^1$' "shows the host's processes"

# A link of the image on the way does not lead there.
again /link/attr/exec bind "$CASE_DIR/file" bind
ln -s /proc/self "$ROOTFS/link"
run_container
fails_with '(/link/attr|/link)' "a link of the image to /proc/self"
is "$(status_of)" "" "nothing is left"

done_testing
