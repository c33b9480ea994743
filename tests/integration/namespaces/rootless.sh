# namespaces/rootless - a caller without privilege: its own ids, or newuidmap's.
# covers: L-05 L-07 3.5-rootless
# runs as: user
# one id
. "$HUSK_TESTS/lib.sh"

make_bundle
probe ids -- read /proc/self/uid_map -- read /proc/self/setgroups -- ns
exits 0 "its own id"
has uid "0 0 0" "root inside"
like "$(output)" "^ *0 +$(id -u) +1\$" "only its own id is mapped"
like "$(output)" '^deny$' "setgroups is denied"
isnt "$(value user)" "$(stat -Lc %i /proc/self/ns/user)" "in a new user namespace"

# Without a user namespace in the configuration one is added.
make_bundle
config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
probe ids -- read /proc/self/uid_map
exits 0 "no user namespace asked for"
has uid "0 0 0" "root inside all the same"
like "$(output)" "^ *0 +$(id -u) +1\$" "with its own id"

config '.process.user = {uid: 77, gid: 78}'
probe ids
exits 0 "and another user"
has uid "77 77 77" "its own id is that user's"

make_bundle
set_args /probe sleep 60
start_container "$ID"
exits 0 "start"
run husk exec "$ID" /probe ids -- ns
exits 0 "exec"
has uid "0 0 0" "exec: root inside"
has user "$(stat -Lc %i "/proc/$(pid_of)/ns/user")" "exec: in that user namespace"
destroy

# What it has made itself it may join.
unshare --user --map-root-user --net --ipc sleep 100 >/dev/null 2>&1 </dev/null &
holder=$!
wait_until 5 grep -q sleep "/proc/$holder/comm"
make_bundle
config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(
	if .type == "user" or .type == "ipc" then .path = "/proc/\($pid)/ns/\(.type)"
	elif .type == "network" then .path = "/proc/\($pid)/ns/net" else . end)' --arg pid "$holder"
probe ns -- ids
exits 0 "join user, network and ipc"
for file in user net ipc; do
	has "$file" "$(stat -Lc %i "/proc/$holder/ns/$file")" "$file is the joined one"
done
has uid "0 0 0" "root inside"

# Without its user namespace there is no privilege over the others.
make_bundle
config '.linux.namespaces |= map(
	if .type == "network" then .path = "/proc/\($pid)/ns/net" else . end)' --arg pid "$holder"
run_container
fails_with 'join the network namespace.*not permitted' "a network namespace without its user namespace"
kill -KILL "$holder"
wait "$holder" 2>/dev/null

# Ids that nobody gave it
make_bundle
config '.linux.uidMappings += [{containerID: 1, hostID: 3000000000, size: 10}]'
run_container
if [ -x /usr/bin/newuidmap ]; then
	fails_with '/linux/uidMappings/1: host uids 3000000000 to 3000000009 are not given to .* by /etc/subuid' \
		"ids that nobody gave it"
	like "$(errors)" 'usermod --add-subuids' "and what to do about it"
else
	fails_with 'newuidmap is not installed' "more ids without newuidmap"
fi

done_testing
