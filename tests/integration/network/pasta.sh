# network/pasta - a network for a user without privilege, by the program pasta.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
need_command pasta
need_command setpriv
own_network
[ -n "${HUSK_OWN_MOUNTS-}" ] || HUSK_OWN_MOUNTS=1 exec unshare --mount --propagation private sh "$0"
mknod "$CASE_DIR/tun" c 10 200 2>/dev/null || skip_all "no device node can be made"
chmod 666 "$CASE_DIR/tun"
mkdir -p /dev/net && [ -e /dev/net/tun ] && mount --bind "$CASE_DIR/tun" /dev/net/tun ||
	skip_all "no /dev/net/tun"

# What the user sees as the host: an uplink with a default route.
ip link add up0 type veth peer name up1
ip addr add 192.0.2.1/24 dev up0
ip -6 addr add 2001:db8::1/64 nodad dev up0
ip link set up0 up
ip link set up1 up
ip route add default via 192.0.2.2
ip -6 route add default via 2001:db8::2
uid=12345
as_user()
{
	setpriv --reuid $uid --regid $uid --clear-groups "$@"
}
user_husk()
{
	as_user "$HUSK_BIN" --root "$CASE_DIR/user/state" --cgroup-manager disabled "$@"
}
config '.linux.namespaces += [{"type": "user"}] | del(.linux.cgroupsPath, .linux.resources) |
	.linux.uidMappings = [{"containerID": 0, "hostID": 12345, "size": 1}] |
	.linux.gidMappings = .linux.uidMappings |
	.mounts |= map(if .destination == "/dev/pts" then .options -= ["gid=5"] else . end)'
mkdir "$CASE_DIR/user"
chmod 755 "$CASE_DIR"
chown -R $uid:$uid "$CASE_DIR/user" "$BUNDLE"
pastas()
{
	pgrep -u $uid -f -- "$CASE_DIR/user/state" || true
}

set_args /probe serve tcp 80
chown -R $uid:$uid "$BUNDLE"
run user_husk run --detach --bundle "$BUNDLE" --network pasta --publish 8080:80 --dns 10.1.1.1 "$ID"
exits 0 "pasta"
pid=$(user_husk state "$ID" | jq .pid)
like "$(nsenter --target "$pid" --net ip -o addr show eth0)" '192\.0\.2\.1/24' "the container has the host's address"
like "$(nsenter --target "$pid" --net ip route)" '^default via 192\.0\.2\.2' "and its default route"
is "$(user_husk state "$ID" | jq -c .network)" \
	'{"mode":"pasta","interface":"eth0","addresses":["192.0.2.1/24","2001:db8::1/64"],"ports":["8080:80/tcp"],"egressList":false}' \
	"the state tells them"
like "$(host_reach tcp 127.0.0.1 8080)" '^from ' "a published port is reached"
isnt "$(pastas)" "" "pasta runs"
run user_husk delete --force "$ID"
exits 0 "delete"
ok "ends it" wait_until 5 sh -c "! pgrep -u $uid -f -- '$CASE_DIR/user/state'"
is "$(ls -A "$CASE_DIR/user/state" | grep -v seccomp)" "" "nothing stays"

set_args /probe net
chown -R $uid:$uid "$BUNDLE"
run user_husk run --bundle "$BUNDLE" --network pasta,name=net0,mtu=1400 "$ID"
like "$(value "if net0")" '^up' "name="
exits 0 "and mtu="

set_args /nowhere
chown -R $uid:$uid "$BUNDLE"
run user_husk run --bundle "$BUNDLE" --network pasta "$ID"
fails_with 'no such file' "a container that fails"
ok "leaves no pasta" wait_until 5 sh -c "! pgrep -u $uid -f -- '$CASE_DIR/user/state'"

run user_husk run --bundle "$BUNDLE" --network veth "$ID"
fails_with 'network: make bridge husk0: Operation not permitted' "a bridge takes privilege"
is "$(ls -A "$CASE_DIR/user/state" | grep -v seccomp)" "" "nothing stays of the attempt"

chmod 600 "$CASE_DIR/tun"
run user_husk run --bundle "$BUNDLE" --network pasta "$ID"
fails_with 'pasta: exit status 1' "no access to /dev/net/tun"
umount /dev/net/tun
mount --bind /dev/null /usr/bin/pasta
run user_husk run --bundle "$BUNDLE" --network pasta "$ID"
is "$(errors | head -1)" "husk: network: there is no program pasta at /usr/bin, /usr/local/bin or /bin that belongs to root and only root can write" \
	"pasta is not there"
umount /usr/bin/pasta
done_testing
