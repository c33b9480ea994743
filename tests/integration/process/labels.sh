# process/labels - linux.mountLabel, process.selinuxLabel and apparmorProfile of a host that has no such module.
# covers: L-51 C-25 C-33 2.5-attributes
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe exit 0
label=system_u:object_r:container_file_t:s0:c1,c2
plain=$(cat "$BUNDLE/config.json")

# refused POINTER VALUE MODULE: husk says so, and what to do
refused()
{
	is "$(errors)" "husk: $1: \"$2\" is named, but $3 is not enabled on this host
  hint: remove it from the configuration, or boot a kernel with $3" "$1 without $3"
	exits 1 "$1: exit code"
	is "$(status_of)" "" "$1: nothing is left"
}

# What the kernel would be asked, which needs no SELinux: the file systems that can carry a label.
config '.linux.mountLabel = $l' --arg l "$label"
run_husk plan --bundle "$BUNDLE"
for mount in /dev /dev/pts /dev/shm; do
	like "$(output)" "mount (tmpfs|devpts) on $mount: .*\"context=$label\"" "the plan labels $mount"
done
unlike "$(output)" "on (/proc|/sys): .*context=" "and not /proc and /sys"
if [ -e /sys/fs/selinux/enforce ]; then
	skip "linux.mountLabel without SELinux" "this host has SELinux"
else
	run_container
	refused /linux/mountLabel "$label" SELinux
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	config '.process.selinuxLabel = $l' --arg l "$label"
	run_container
	refused /process/selinuxLabel "$label" SELinux
fi
printf '%s\n' "$plain" >"$BUNDLE/config.json"
if [ -e /sys/module/apparmor/parameters/enabled ]; then
	skip "process.apparmorProfile without AppArmor" "this host has AppArmor"
else
	config '.process.apparmorProfile = "husk-test"'
	run_container
	refused /process/apparmorProfile husk-test AppArmor
	config '.process.apparmorProfile = "unconfined"'
	run_container
	exits 0 "unconfined is what it is without AppArmor"
	set_args /probe sleep
	start_container "$ID"
	run husk exec --apparmor unconfined "$ID" /probe exit 3
	exits 3 "exec --apparmor unconfined"
	run husk exec --apparmor husk-test "$ID" /probe exit 3
	is "$(errors)" 'husk: /process/apparmorProfile: "husk-test" is named, but AppArmor is not enabled on this host
  hint: remove it from the configuration, or boot a kernel with AppArmor' "exec --apparmor of a profile"
	destroy
	set_args /probe exit 0
fi
# What the kernel says to a label, which needs a module only as far as husk looks for one: podman knows
# such errors by the path between backticks.
printf '%s\n' "$plain" >"$BUNDLE/config.json"
config '.process.selinuxLabel = "wrong"'
run unshare -m --propagation private sh -c 'mount -t tmpfs fs /sys/fs && mkdir /sys/fs/selinux &&
	: >/sys/fs/selinux/enforce && exec "$@"' sh "$HUSK_BIN" --root "$STATE_DIR" --cgroup-manager=disabled \
	run --bundle "$BUNDLE" --no-new-keyring "$ID"
exits 1 "a label that the kernel does not take"
like "$(head -n 1 "$ERR")" \
	'^husk: .*: write `/proc/self/attr/exec` wrong: (Invalid argument|Permission denied|No such file or directory)$' \
	"names the file between backticks"
like "$(errors)" '^  in config.json: /process/selinuxLabel$' "and the member"
if [ ! -e /sys/module/apparmor/parameters/enabled ]; then
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	config '.process.apparmorProfile = "wrong"'
	run unshare -m --propagation private sh -c 'mount -t tmpfs module /sys/module &&
		mkdir -p /sys/module/apparmor/parameters && echo Y >/sys/module/apparmor/parameters/enabled &&
		exec "$@"' sh "$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
	exits 1 "a profile that the kernel does not take"
	like "$(errors)" '^husk: .*: (write `/proc/self/attr/(apparmor/)?exec`|AppArmor profile is not loaded) wrong: ' \
		"names the file between backticks, or what is missing"
	like "$(errors)" '^  in config.json: /process/apparmorProfile$' "and the member"
fi
printf '%s\n' "$plain" >"$BUNDLE/config.json"
config '.process.selinuxLabel = "" | .process.apparmorProfile = "" | .linux.mountLabel = ""'
run_container
exits 0 "empty labels are none"

done_testing
