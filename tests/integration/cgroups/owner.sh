# cgroups/owner - config-linux.md, "Cgroup ownership": to whom the container's cgroup belongs.
# covers: L-16
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

[ -n "$(v2)" ] || skip_all "no cgroup v2 hierarchy"
make_bundle
chmod 755 "$CASE_DIR"
cgroupns='.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
userns='.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 300000, size: 65536}] |
	.linux.gidMappings = [{containerID: 0, hostID: 400000, size: 65536}]'
set_args /probe sleep
plain=$(cat "$BUNDLE/config.json")
dir=$(v2)$CGROUP

# owner NAME UID FILTER... [-- OPTIONS]: whose the cgroup and its files are; OPTIONS of its mount
owner()
{
	_name=$1 _uid=$2
	shift 2
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	add_mount /sys/fs/cgroup cgroup cgroup "nosuid,noexec,nodev,${OPTIONS:-rw}"
	for _filter; do
		config "$_filter"
	done
	start_container "$ID"
	exits 0 "$_name"
	is "$(stat -c %u "$dir")" "$_uid" "$_name: the cgroup"
	# What the kernel names, or did before it named them.
	for _file in $(cat /sys/kernel/cgroup/delegate 2>/dev/null ||
		echo cgroup.procs cgroup.subtree_control cgroup.threads); do
		[ ! -e "$dir/$_file" ] || is "$(stat -c %u "$dir/$_file")" "$_uid" "$_name: $_file"
	done
	is "$(stat -c %u:%g "$dir/cgroup.type" "$dir/cgroup.max.depth")" "0:0
0:0" "$_name: files that a delegate must not write stay root's"
	is "$(stat -c %g "$dir")" 0 "$_name: the group is left alone"
	for _v1 in memory pids; do
		[ -z "$(v1 $_v1)" ] || is "$(stat -c %u "$(v1 $_v1)$CGROUP")" 0 "$_name: not on v1: $_v1"
	done
}

owner "a user namespace" 300000 "$cgroupns" "$userns"
inside=/sys/fs/cgroup/
[ -z "$(v1 memory)" ] || inside=/sys/fs/cgroup/unified/
run husk exec "$ID" /probe mkdir "${inside}below" -- stat "${inside}cgroup.procs"
has "mkdir ${inside}below" ok "its root may divide the cgroup"
like "$(value "stat ${inside}cgroup.procs")" '^file 0644 0 ' "and is the owner, seen from inside"
destroy
owner "another user of it" 300007 "$cgroupns" "$userns" '.process.user = {uid: 7, gid: 8}'
destroy
owner "a user without a user namespace" 1234 "$cgroupns" '.process.user = {uid: 1234, gid: 8}'
destroy

# Each condition counts.
owner "no cgroup namespace" 0 "$userns" '.linux.namespaces |= map(select(.type != "cgroup"))'
destroy
OPTIONS=ro owner "a read-only mount" 0 "$cgroupns" "$userns"
run husk exec "$ID" /probe mkdir "${inside}below"
has "mkdir ${inside}below" EROFS "it cannot be divided"
destroy
owner "no mount of cgroups" 0 "$cgroupns" "$userns" '.mounts |= map(select(.type != "cgroup"))'
destroy
not_ok "nothing is left" test -e "$dir"

done_testing
