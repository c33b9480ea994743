# namespaces/id-maps - who is who in a user namespace.
# covers: L-07
. "$HUSK_TESTS/lib.sh"

maps()	# UID-MAPS GID-MAPS, each a JSON array of [container, host, size]
{
	make_bundle
	config 'def m: map({containerID: .[0], hostID: .[1], size: .[2]});
		.linux.namespaces |= (map(select(.type != "user")) + [{type: "user"}]) |
		.linux.uidMappings = ($u | m) | .linux.gidMappings = ($g | m)' \
		--argjson u "$1" --argjson g "$2"
}

plain()	# one space between numbers
{
	output | sed 's/^ *//; s/  */ /g'
}

maps '[[0, 100000, 65536]]' '[[0, 200000, 65536]]'
probe ids -- read /proc/self/uid_map -- read /proc/self/gid_map -- read /proc/self/setgroups
exits 0 "one range"
has uid "0 0 0" "one range: root"
has gid "0 0 0" "one range: group root"
like "$(plain)" '^0 100000 65536$' "one range: uid_map"
like "$(plain)" '^0 200000 65536$' "one range: gid_map"
like "$(plain)" '^allow$' "one range: setgroups is allowed"

chmod 777 "$ROOTFS/tmp"
probe create /tmp/made
is "$(stat -c %u:%g "$ROOTFS/tmp/made")" 100000:200000 "a file it makes is the mapped user's"

maps '[[0, 100000, 1], [1, 300000, 10], [1000, 0, 1]]' '[[0, 100000, 1000]]'
config '.process.user = {uid: 1000, gid: 5, additionalGids: [7, 9]}'
probe ids -- read /proc/self/uid_map
exits 0 "several ranges"
has uid "1000 1000 1000" "several ranges: the program's user"
has gid "5 5 5" "several ranges: its group"
has groups "7 9" "several ranges: its other groups"
is "$(plain | grep -c '^[0-9]* [0-9]* [0-9]*$')" 3 "several ranges: three lines"

maps '[[5, 100000, 10]]' '[[5, 100000, 10]]'
config '.process.user = {uid: 6, gid: 7} |
	.mounts |= map(if .destination == "/dev/pts" then .options -= ["gid=5"] else . end)'
probe ids
exits 0 "a map without root"
has uid "6 6 6" "a map without root: the program's user"
set_args /probe sleep 60
start_container "$ID"
run husk exec "$ID" /probe ids
exits 0 "a map without root: exec"
has uid "6 6 6" "a map without root: exec as the program's user"
destroy

# As many lines as fit into a page.
maps "$(jq -nc '[range(150) | [., . + 100000, 1]]')" "$(jq -nc '[range(150) | [., . + 100000, 1]]')"
probe read /proc/self/uid_map
exits 0 "150 ranges"
is "$(output | wc -l)" 150 "150 ranges: all are there"

# As many lines as the kernel takes at all.
maps "$(jq -nc '[range(340) | [., ., 1]]')" "$(jq -nc '[range(340) | [., ., 1]]')"
probe read /proc/self/uid_map -- read /proc/self/gid_map
exits 0 "340 ranges"
is "$(output | wc -l)" 680 "340 ranges: all are there, of users and of groups"
like "$(plain)" '^339 339 1$' "340 ranges: the last one"
maps "$(jq -nc '[range(341) | [., ., 1]]')" '[[0, 0, 1]]'
run_container
fails_with '/linux/uidMappings: 341 mappings; the kernel takes at most 340' "341 ranges"
maps '[[0, 100000, 65536]]' '[[0, 200000, 65536]]'

set_args /probe sleep 60
start_container "$ID"
run husk exec --user 3:4 "$ID" /probe ids -- ns
exits 0 "exec as a user of the namespace"
has uid "3 3 3" "exec: its user"
has user "$(stat -Lc %i "/proc/$(pid_of)/ns/user")" "exec: its user namespace"
destroy

# ---- mistakes ----
maps '[]' '[[0, 1000, 1]]'
run_container
fails_with '/linux/uidMappings: missing' "no uid maps"

maps '[[0, 1000, 0]]' '[[0, 1000, 1]]'
run_container
fails_with '/linux/uidMappings/0.*size' "an empty range"

maps '[[0, 1000, 10], [5, 5000, 1]]' '[[0, 1000, 10]]'
run_container
fails_with '/linux/uidMappings/1: container ids overlap' "ranges that overlap"

maps '[[0, 1000, 10]]' '[[0, 1000, 10]]'
config '.process.user.uid = 10'
run_container
fails_with '/process/user/uid: uid 10 is not mapped' "a user outside the map"

make_bundle
config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
run_container
fails_with '/linux/uidMappings.*user' "maps without a user namespace"

done_testing
