# attack/helpers - the image, and the caller's PATH, have programs with the names of husk's helpers.
# CVE-2026-84042: a helper looked up by name after the roots were switched is the image's, run as root.
# attacks: T-EXEC1
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary helpers
names='passt pasta newuidmap newgidmap criu ip iptables nft systemctl true sh mount umount modprobe husk husk-init
	runc crun busctl dbus-launch getent id'
# plant ROOT: they write where they ran.
plant()
{
	mkdir -p "$1/bin" "$1/sbin" "$1/usr/bin" "$1/usr/sbin" "$1/usr/local/bin" "$1/usr/local/sbin"
	for dir in bin sbin usr/bin usr/sbin usr/local/bin usr/local/sbin; do
		for name in $names; do
			cp "$CASE_DIR/evil" "$1/$dir/$name"
		done
	done
}
need_command busybox
shell=/busybox
cat >"$CASE_DIR/evil" <<END
#!$shell sh
echo "\$0" >>/ran
echo "\$0" >>$CASE_DIR/ran
END
chmod 755 "$CASE_DIR/evil"
# And in a directory of PATH, of a kind that runs on the host.
mkdir "$CASE_DIR/path"
for name in $names; do
	printf '#!/bin/sh\necho "$0" >>%s\n' "$CASE_DIR/ran" >"$CASE_DIR/path/$name"
	chmod 755 "$CASE_DIR/path/$name"
done
nothing_ran()
{
	is "$(cat "$ROOTFS/ran" "$CASE_DIR/ran" 2>/dev/null)" "" "$1: nothing of the image has run"
	rm -f "$ROOTFS/ran" "$CASE_DIR/ran"
}

make_bundle
cp "$(command -v busybox)" "$ROOTFS$shell"
plant "$ROOTFS"
cp "$BUNDLE/config.json" "$CASE_DIR/plain.json"
set_args /bin/ip
run_container
is "$(sort -u "$ROOTFS/ran")" /bin/ip "they run when they are asked for"
rm -f "$ROOTFS/ran" "$CASE_DIR/ran"

# with NAME [FILTER]: run, and run with a PATH of the attacker's, whatever comes of it
with()
{
	cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
	set_args /probe exit 0
	[ -z "${2-}" ] || config "$2"
	run_container
	run env PATH="$CASE_DIR/path:$ROOTFS/bin:$ROOTFS/usr/bin:$PATH" \
		"$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
	destroy
	nothing_ran "$1"
}
with plain
with "a terminal" '.process.terminal = true'
with "a network" '.annotations = {"org.husk.network": "veth"}'
with pasta '.annotations = {"org.husk.network": "pasta"}'
with "mapped ids" '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 0, size: 10}] | .linux.gidMappings = .linux.uidMappings'
with "more file systems" '.mounts += [{destination: "/fuse", type: "fuse.nothing", source: "x"}]'
with "a relative PATH" '.process.env = ["PATH=:.:bin"] | .process.args = ["exit"]'

# A hook is what the configuration names, on the host; one of the container's is found in it.
hook='[{path: "/bin/true", args: ["true"], env: ["PATH=/usr/bin:/bin"]}]'
with "hooks of the host" ".hooks = {prestart: $hook, createRuntime: $hook, createContainer: $hook,
	poststart: $hook, poststop: $hook}"

# exec, and everything else that has to do with a container that runs
cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
set_args /probe sleep
start_container "$ID"
husk exec "$ID" /probe exit 0 </dev/null >/dev/null 2>&1
husk exec --user 7 --cwd /bin "$ID" /probe exit 0 </dev/null >/dev/null 2>&1
husk ps "$ID" >/dev/null 2>&1
husk pause "$ID" >/dev/null 2>&1
husk resume "$ID" >/dev/null 2>&1
husk kill "$ID" KILL
wait_until 5 has_status stopped
destroy
nothing_ran "exec, ps, pause, resume, kill and delete"
canary_intact helpers

done_testing
