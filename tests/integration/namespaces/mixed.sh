# namespaces/mixed - some created, some joined, with a user namespace among them: who owns what.
# covers: L-02 L-03 L-06
# timeout: 120
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/namespaces/functions"

new_user()
{
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 300000, size: 65536}]'
	# A /sys needs a network namespace of the same user namespace.
	config '.mounts |= map(select(.destination != "/sys"))'
}

# ---- a new user namespace, others of the host joined ----
hold --net --uts
make_bundle
new_user
config 'del(.hostname)'
join network "/proc/$holder/ns/net"
join uts "/proc/$holder/ns/uts"
probe ns -- ids -- read /proc/self/uid_map
exits 0 "user created, network and uts joined"
has net "$(inode "$holder" net)" "network is the joined one"
has uts "$(inode "$holder" uts)" "uts is the joined one"
isnt "$(value user)" "$(inode self user)" "the user namespace is new"
isnt "$(value pid)" "$(inode self pid)" "the pid namespace is new"
has uid "0 0 0" "root inside"
like "$(output)" '^ *0 +200000 +65536$' "the map is written"

# What is created belongs to the new user namespace: its root may change it.
probe self
has pid 1 "pid is created behind the user namespace: still process 1"
let_go

# pid and ipc joined as well
hold_child --net --ipc
make_bundle
new_user
join network "/proc/$child/ns/net"
join ipc "/proc/$child/ns/ipc"
join pid "/proc/$child/ns/pid"
config '.mounts |= map(select(.destination != "/proc" and .destination != "/dev/mqueue")) |
	.linux.maskedPaths = [] | .linux.readonlyPaths = []'
set_args /probe exit 3
run_container
exits 3 "user created, pid, ipc and network joined"
let_go

# ---- a user namespace joined ----
hold --user --net --ipc
echo "0 400000 1000" >"/proc/$holder/uid_map"
echo "0 500000 1000" >"/proc/$holder/gid_map"
make_bundle
join user "/proc/$holder/ns/user"
join network "/proc/$holder/ns/net"
join ipc "/proc/$holder/ns/ipc"
probe ns -- ids -- read /proc/self/uid_map -- uts -- write /file x
exits 0 "user, network and ipc joined, the rest created"
for file in user net ipc; do
	has "$file" "$(inode "$holder" "$file")" "$file is the joined one"
done
for file in pid mnt uts; do
	isnt "$(value "$file")" "$(inode self "$file")" "$file is new"
done
has uid "0 0 0" "root of the joined user namespace"
like "$(output)" '^ *0 +400000 +1000$' "its map"
has hostname husk-test "the created uts namespace belongs to it: it takes a host name"

# ---- a user namespace joined, and a network of the host ----
hold_user=$holder
hold --net
make_bundle
config '.mounts |= map(select(.destination != "/sys"))'
join user "/proc/$hold_user/ns/user"
join network "/proc/$holder/ns/net"
probe ns
exits 0 "user joined, and a network namespace that does not belong to it"
has user "$(inode "$hold_user" user)" "user is the joined one"
has net "$(inode "$holder" net)" "network is the joined one"
let_go

# exec into it
make_bundle
join user "/proc/$hold_user/ns/user"
set_args /probe sleep 60
start_container "$ID"
exits 0 "start in a joined user namespace"
run husk exec "$ID" /probe ns -- ids
exits 0 "exec"
has user "$(inode "$hold_user" user)" "exec: in that user namespace"
has pid "$(inode "$(pid_of)" pid)" "exec: in that pid namespace"
has uid "0 0 0" "exec: root there"
destroy
holder=$hold_user
let_go

done_testing
