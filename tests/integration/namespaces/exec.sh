# namespaces/exec - exec comes into the container's namespaces, wherever the caller is himself.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/namespaces/functions"

need_command nsenter
kinds="cgroup ipc mnt net pid time user uts"

# expect WHAT: it was in all of the container's.
expect()
{
	exits 0 "$1"
	for file in $kinds; do
		has "$file" "$(inode "$pid" "$file")" "$1: $file"
	done
}

make_bundle
config '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]'
set_args /probe sleep
start_container "$ID"
pid=$(pid_of)
run husk exec "$ID" /probe ns
expect "from outside"
for kind in ipc net uts cgroup; do
	run nsenter --target "$pid" "--$kind" "$HUSK_BIN" --root "$STATE_DIR" $MANAGER exec "$ID" /probe ns
	expect "from its $kind namespace"
done
destroy

# Those that it shares with the caller, when that is another caller.
make_bundle
no_namespace network
no_namespace ipc
set_args /probe sleep
start_container "$ID"
pid=$(pid_of)
run unshare --net --ipc "$HUSK_BIN" --root "$STATE_DIR" $MANAGER exec "$ID" /probe ns
expect "by who has a network of his own"
destroy

hold --net --uts
make_bundle
config 'del(.hostname)'
join network "/proc/$holder/ns/net"
join uts "/proc/$holder/ns/uts"
set_args /probe sleep
start_container "$ID"
pid=$(pid_of)
run husk exec "$ID" /probe ns
expect "joined ones"
run nsenter --target "$holder" --net --uts "$HUSK_BIN" --root "$STATE_DIR" $MANAGER exec "$ID" /probe ns
expect "from joined ones"
destroy
let_go
done_testing
