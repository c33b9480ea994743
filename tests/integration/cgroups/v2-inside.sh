# cgroups/v2-inside - cgroup v2 as the container sees it: the mount with and without a cgroup
# namespace, a container that divides its cgroup, exec into it, and a limit too low to start.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

has_v2 memory && has_v2 pids || skip_all "cgroup v2 has no controllers here"
dir=$(v2)$CGROUP
make_bundle
add_busybox
config '.process.env = ["PATH=/bin"]'
plain=$(cat "$BUNDLE/config.json")
cgroupns='.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'

for type in cgroup cgroup2; do
	for access in ro rw; do
		printf '%s\n' "$plain" >"$BUNDLE/config.json"
		add_mount /sys/fs/cgroup "$type" cgroup "nosuid,noexec,nodev,relatime,$access"
		config "$cgroupns"
		probe read /proc/self/cgroup -- mkdir /sys/fs/cgroup/below -- mounts /sys/fs/cgroup
		exits 0 "$type, $access, with a cgroup namespace"
		like "$(output)" '0::/$' "its cgroup is the root"
		like "$(output)" '^mount /sys/fs/cgroup cgroup2' "the mount is v2's"
		if [ "$access" = ro ]; then has "mkdir /sys/fs/cgroup/below" EROFS "read-only"
		else has "mkdir /sys/fs/cgroup/below" ok "it can be divided"; fi

		no_namespace cgroup
		probe read /proc/self/cgroup -- mkdir /sys/fs/cgroup/below -- \
			stat /sys/fs/cgroup/cgroup.events
		exits 0 "$type, $access, without one"
		like "$(output)" "0::$CGROUP\$" "its cgroup has the host's name"
		like "$(value "stat /sys/fs/cgroup/cgroup.events")" '[0-9]' "the mount shows that cgroup alone"
		if [ "$access" = ro ]; then has "mkdir /sys/fs/cgroup/below" EROFS "read-only"
		else has "mkdir /sys/fs/cgroup/below" ok "it can be divided"; fi
		not_ok "nothing is left" test -e "$dir"
	done
done

# What a service manager does: it moves down, then passes controllers on.  Its own cgroup takes no
# process any more; exec goes where the first process is.
printf '%s\n' "$plain" >"$BUNDLE/config.json"
add_mount /sys/fs/cgroup cgroup2 cgroup nosuid,noexec,nodev,relatime,rw
config "$cgroupns"
set_args sh -c 'cd /sys/fs/cgroup && mkdir init.scope && echo 1 >init.scope/cgroup.procs &&
	echo "+memory +pids" >cgroup.subtree_control && exec sleep 100'
start_container "$ID"
ok "a container passes controllers on" wait_until 10 grep -q memory "$dir/cgroup.subtree_control"
run husk exec "$ID" /probe read /proc/self/cgroup
exits 0 "exec"
like "$(output)" '0::/init.scope$' "is where the first process is"
run husk exec --cgroup init.scope "$ID" /probe read /proc/self/cgroup
exits 0 "exec --cgroup of a cgroup that the container made"
run husk pause "$ID"
is "$(grep frozen "$dir/init.scope/cgroup.events")" "frozen 1" "pause reaches what is below"
run husk resume "$ID"
run husk update --pids-limit 40 "$ID"
is "$(cat "$dir/pids.max")" 40 "update is of the container's cgroup"
run husk delete --force "$ID"
exits 0 "delete --force"
not_ok "removes what the container made" test -e "$dir"

printf '%s\n' "$plain" >"$BUNDLE/config.json"
# Too little to execute husk-init, too little to finish.  (Between them User Mode Linux 7.2 panics:
# execve there does not survive a page that it may not have.)
set_args /probe exit 0
for kib in 16 112; do
	config '.linux.resources = {memory: {limit: ($k | tonumber * 1024), swap: ($k | tonumber * 1024)}}' \
		--arg k "$kib"
	run_container
	# What the kernel charges varies: it may do, or last until the program itself is killed.
	case $STATUS in
	0 | 137) ;;
	*)	fails_with 'memory limit too low\?' "a limit of $kib KiB"
		like "$(errors)" \
			"hint: raise /linux/resources/memory/limit from $((kib * 1024)) to 262144 bytes, by $(((256 - kib) * 1024))" \
			"by how much, and what to do" ;;
	esac
	not_ok "leaves no cgroup" test -e "$dir"
done
config '.linux.resources = {memory: {limit: 524288, swap: 524288}}'
set_args true
run_container
exits 0 "512 KiB are enough for true"

done_testing
