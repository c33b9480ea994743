# peers/youki - what youki does wrong: each check names the defect of our list (D-nn) that it is about.
. "$HUSK_TESTS/lib.sh"

# D-21: options that were accepted and ignored.
make_bundle
set_args /probe sleep
start_container "$ID"
run husk list --quiet
is "$(output)" "$ID" "D-21: list --quiet"
run husk list --format json
is "$(jq -r '.[0].id' "$OUT")" "$ID" "D-21: list --format json"
if [ -n "$(v1 cpu)" ]; then
	run husk update --cpu-share 333 "$ID"
	is "$(cat "$(v1 cpu)$CGROUP/cpu.shares")" 333 "D-21: update --cpu-share"
else
	skip "D-21: update --cpu-share" "no cgroup v1 hierarchy with cpu"
fi

# D-22: exec looked at the bundle's config.json, as it is now.
run husk exec "$ID" /probe caps
before=$(output)
config '.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.capabilities.effective += ["CAP_SYS_ADMIN"] |
	.process.capabilities.permitted += ["CAP_SYS_ADMIN"] | .linux.namespaces = []'
run husk exec "$ID" /probe caps
is "$(output)" "$before" "D-22: a config.json that has changed since create"
rm "$BUNDLE/config.json"
run husk exec "$ID" /probe caps
is "$(output)" "$before" "D-22: one that is gone"

# D-27: any signal made it "stopped".
run husk kill "$ID" 0
is "$(status_of)" running "D-27: kill 0 leaves it running"
run husk kill "$ID" WINCH
is "$(status_of)" running "D-27: and so does a signal that is ignored"
destroy

# D-23
make_bundle
probe net -- keyring
has "if lo" "up,loopback,running" "D-23: the loopback interface is up"
like "$(value keyring)" "$ID" "D-23: a session keyring of its own"

# D-24
config '.linux.namespaces += [{type: "ipc"}]'
probe exit 0
fails_with 'namespaces.*ipc' "D-24: a namespace that is there twice"

# D-25
make_bundle
config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} | .linux.seccomp =
	{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
probe mkdir /tmp/new -- sched -- ids
exits 0 "D-25: a filter without noNewPrivileges runs"
has "mkdir /tmp/new" ENOSYS "D-25: it is there"
has uid "1000 1000 1000" "D-25: the user"
has no_new_privs 0 "D-25: no_new_privs"

# D-26
make_bundle
add_mount /a tmpfs tmpfs shared
add_mount /b tmpfs tmpfs unbindable
probe mounts /a -- mounts /b -- mounts /
like "$(value "mount /a")" ' shared' "D-26: a shared mount"
like "$(value "mount /b")" ' unbindable$' "D-26: an unbindable mount"
config '.linux.rootfsPropagation = "unbindable"'
probe mounts /
like "$(value "mount /")" ' unbindable$' "D-26: an unbindable root"

# D-28
make_bundle
probe crash
exits 139 "D-28: death by a signal"

# D-29
run husk features
for option in rro rnosuid rnodev rnoexec; do
	is "$(jq --arg o "$option" '.mountOptions | index($o) != null' "$OUT")" true "D-29: features: $option"
done
is "$(jq '.linux.seccomp.enabled' "$OUT")" true "D-29: features: seccomp"
is "$(jq '.linux.namespaces | index("user") != null' "$OUT")" true "D-29: features: user namespaces"

done_testing
