# spec/lifecycle - what runtime.md says about config.json and the process, beyond lifecycle/.
# covers: C-01 C-05 C-17 C-49 C-50 L-53 L-54 L-01 R-06 R-03 3.3-xdg-runtime-dir
. "$HUSK_TESTS/lib.sh"

make_bundle
probe mounts
for dest in /proc /sys /dev/pts /dev/shm; do
	like "$(output)" "^mount $dest " "$dest is there"
done

# config.json changes after create: neither start nor exec nor delete looks at it.
set_args /probe sleep
config '.process.env += ["WHEN=before"] | .annotations = {"org.opencontainers.image.stopSignal":
	"KILL", "org.example": "before"}'
create_container "$ID"
config '.process.args = ["/probe", "exit", "9"] | .process.env = ["WHEN=after"] |
	.annotations = {"org.example": "after"} | .process.user.uid = 77'
run husk start "$ID"
exits 0 "start, after config.json was changed"
run husk exec "$ID" /probe env
like "$(output)" 'WHEN=before$' "exec has the environment of create"
run husk exec "$ID" /probe ids
has uid "0 0 0" "and its user"
is "$(husk state "$ID" | jq -r '.annotations["org.example"]')" before "state: its annotations"
rm "$BUNDLE/config.json"
run husk exec "$ID" /probe exit 8
exits 8 "exec without any config.json"
run husk kill "$ID"
exits 0 "kill without a signal"
ok "sends the one that the annotation names" wait_until 10 has_status stopped
run husk delete "$ID"
exits 0 "delete without any config.json"

# process may be left out until start.
make_bundle
config 'del(.process)'
create_container "$ID"
exits 0 "create without a process"
is "$(status_of)" created "it is created"
run husk start "$ID"
exits 1 "start without a process"
is "$(errors)" "husk: container \"$ID\" has no process: config.json lacks /process" "says what is missing"
destroy

# What is for other platforms, or for nobody, changes nothing; what it holds is not even looked at.
make_bundle
config '. + {zos: {namespaces: "x"}, solaris: {limitpriv: 1}, windows: {layerFolders: {}}, freebsd: [1],
	"org.example.unknown": {a: [null]}} | .process.unknown = 1 | .linux.resources.unknown = {x: "y"} |
	.mounts[0].unknown = [] | .linux.namespaces[0].unknown = {}'
set_args /probe echo plain
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
is "$STATUS $(output) $(errors)" "0 plain " "members for other platforms, and unknown ones"

# A virtual machine is not what husk makes: it says so where somebody wants to know, and checks it.
config '.vm = {hypervisor: {path: "/usr/bin/vmm", parameters: ["a"]}, kernel: {path: "/boot/k", parameters: [],
	initrd: "/boot/i"}, image: {path: "/i", format: "raw"}, hwConfig: {vcpus: 2, memory: 1024}}'
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
is "$STATUS $(output)" "0 plain" "vm"
is "$(errors)" "husk: warning: /vm: husk makes no virtual machines; this will be an ordinary container, ignoring" \
	"is warned of"
config '.vm.image.format = "img"'
run_container
is "$(errors)" "husk: $BUNDLE/config.json: /vm/image/format: \"img\" is not a disk image format; allowed: qcow2, raw, vdi, vhd, vmdk" \
	"a mistake in it"
exits 1 "is an error"

# Versions, and what may be missing.
make_bundle
set_args /probe echo plain
for version in 1.0.0 1.0.0-rc5 1.2.1 1.3.0 1.3.1-dev 1.99.0+build; do
	config '.ociVersion = $v' --arg v "$version"
	run_container
	is "$STATUS $(output)$(errors)" "0 plain" "ociVersion $version"
done
for version in 2.0.0 0.9.0 1 1.3 x ''; do
	config '.ociVersion = $v' --arg v "$version"
	run_container
	is "$STATUS $(errors)" "1 husk: $BUNDLE/config.json: /ociVersion: \"$version\" is not a version of the \
runtime specification that husk knows; allowed: 1.x.y, such as 1.3.0" "ociVersion \"$version\""
done
config '{ociVersion: "1.3.0", root: .root, process: .process, linux: {namespaces: [{type: "mount"}, {type: "pid"}]}}'
run_container
is "$STATUS $(output)$(errors)" "0 plain" "no mounts, no hostname, no annotations"
config '.annotations = {"": "x"}'
run_container
is "$(errors)" "husk: $BUNDLE/config.json: /annotations/: the name \"\" is not a name; allowed: one character or more" \
	"an annotation without a name"

# The state directory of a user, and of a root that a user's namespace has.
in_namespace()	# COMMAND...: husk's, as such a root
{
	run env -u USER XDG_RUNTIME_DIR="$CASE_DIR/xdg" unshare --user --map-root-user \
		"$HUSK_BIN" --rootless=true "$@"
}
mkdir -p "$CASE_DIR/xdg"
make_bundle
config 'del(.linux.cgroupsPath)'
set_args /probe sleep
in_namespace run -d --bundle "$BUNDLE" "$ID"
exits 0 "run with XDG_RUNTIME_DIR"
ok "keeps its state there" test -d "$CASE_DIR/xdg/husk/$ID"
in_namespace delete --force "$ID"
exits 0 "and finds it there"

done_testing
