# cgroups/systemd-fake - what the systemd manager asks systemd for, and what it makes of the answers.
# covers: 3.4-systemd
. "$HUSK_TESTS/lib.sh"
only_cgroupfs "its systemd is the same in every round"
. "$HUSK_TESTS/integration/cgroups/fake-systemd"

make_bundle
config '.linux.cgroupsPath = $path' --arg path "$SLICE:husk:$TAG"
config '.linux.resources.pids.limit = 40'
config '.annotations = {"org.systemd.property.TimeoutStopSec": "7",
	"org.systemd.property.After": "['\''a.service'\'', '\''b.service'\'']"}'
set_args /probe sleep

systemd()
{
	run husk --systemd-cgroup "$@"
}

fake ok
systemd create --bundle "$BUNDLE" "$ID"
exits 0 "create"
called "StartTransientUnit $UNIT fail" "asks for the scope that cgroupsPath names"
called "Slice=s \"$SLICE\"" "in its slice"
called "PIDs=au [ one ]" "with a process"
called "Delegate=b 1" "delegated"
called "DefaultDependencies=b 0" "without default dependencies"
called "CollectMode=s \"inactive-or-failed\"" "that is forgotten when it has failed"
for kind in Memory CPU Tasks; do
	called "${kind}Accounting=b 1" "$kind is accounted"
done
called "TimeoutStopUSec=t 7000000" "an annotation's seconds are told as microseconds"
called "After=as [ \"a.service\" \"b.service\" ]" "and a list as a list"
called "TasksMax=t 40" "the limit of pids is a property"
called 'DevicePolicy=s "strict"' "and so are the devices"
is "$(cat "$SCOPE/cgroup.procs")" "$(pid_of)" "the init is in the scope, and nobody else"
systemd start "$ID"
exits 0 "start"
run husk exec --detach "$ID" /probe sleep
is "$(grep -c . "$SCOPE/cgroup.procs")" 2 "exec joins it"
run husk update --pids-limit 50 "$ID"
exits 0 "update, by a husk that was not told of the manager"
called "SetUnitProperties $UNIT 1" "tells systemd, for this run"
called "TasksMax=t 50" "of the new limit"
run husk delete --force "$ID"
exits 0 "delete"
called "StopUnit $UNIT" "stops the unit"
called "ResetFailedUnit $UNIT" "and has it forgotten"
not_ok "the cgroup is gone" test -e "$SCOPE"

config 'del(.linux.resources.pids)'
fake old
systemd run --bundle "$BUNDLE" --detach "$ID"
exits 0 "a systemd that does not know a property is asked without it"
is "$(grep -c StartTransientUnit "$FAKE_LOG")" 2 "once more"
called "TasksMax=t 18446744073709551615" "no limit of pids is none, not systemd's default"
destroy

fake set-refuse
systemd run --bundle "$BUNDLE" --detach "$ID"
run husk update --pids-limit 60 "$ID"
fails_with 'systemd: SetUnitProperties .*: Value out of range' "a property that is refused"
is "$(husk state "$ID" | jq -r .status)" running "leaves the container running"
destroy

fake exists
systemd create --bundle "$BUNDLE" "$ID"
fails_with "unable to start unit \"$UNIT\": Unit $UNIT was already loaded or has a fragment file\\." \
	"a unit that exists already is refused in runc's words"
called "ResetFailedUnit $UNIT" "after a try to have one that failed forgotten"

fake failed
systemd create --bundle "$BUNDLE" "$ID"
fails_with "error creating systemd unit \`$UNIT\`: got \`failed\`" "the result of the job is looked at"
like "$(errors)" "journalctl -u $UNIT" "the hint says where to look"

fake refuse
systemd create --bundle "$BUNDLE" "$ID"
fails_with "systemd: StartTransientUnit $UNIT: Access denied" "a refusal is told as it is"
is "$(husk list -q)" "" "nothing is left of these"

end_fake
systemd create --bundle "$BUNDLE" "$ID"
fails_with "cannot connect to systemd's system manager: unix:path=/run/systemd/private" "no systemd"
like "$(errors)" "is systemd PID 1 here" "the hint asks for it"

# ---- a user whose processes are in no cgroup of the user's systemd ----

if [ -e "$(v2)/user.slice" ]; then
	skip "from outside" "a real systemd has the fake one's cgroups; cgroups/outside is about that"
else
	user_scope=$(v2)/user.slice/user-0.slice/user@0.service/user.slice/$UNIT
	user_systemd()
	{
		run env XDG_RUNTIME_DIR=/run "$HUSK_BIN" --root "$STATE_DIR" --rootless true \
			--cgroup-manager systemd "$@"
	}
	config '.annotations = {} | .linux.resources = {} | .linux.cgroupsPath = $path |
		.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}])' --arg path ":husk:$TAG"
	fake user
	user_systemd run --bundle "$BUNDLE" --detach "$ID"
	exits 0 "run"
	called "AttachProcessesToUnit $UNIT \"\"" "systemd is asked to move the init"
	is "$(cat "$user_scope/cgroup.procs")" "$(pid_of)" "which is in the scope, alone"
	user_systemd exec "$ID" /probe read /proc/self/cgroup
	like "$(output)" '0::/$' "so is a process of exec, and the scope is the cgroup namespace's root"
	mkdir "$user_scope/inner"
	pid_of >"$user_scope/inner/cgroup.procs"
	fake user,attach-refuse
	user_systemd exec "$ID" /probe exit 4
	fails_with "cgroups: systemd: AttachProcessesToUnit $UNIT: Permission denied" "systemd refuses it"
	called "AttachProcessesToUnit $UNIT \"/inner\"" "also where the init is now"
	rmdir "$user_scope/inner" 2>/dev/null || true
	user_systemd delete --force "$ID"
	user_systemd run --bundle "$BUNDLE" "$ID-2"
	fails_with "cgroups: systemd: AttachProcessesToUnit husk-$TAG.scope: Permission denied" "and refuses the init"
	like "$(errors)" 'hint: .*start it by `systemd-run --user --scope husk' "the hint says from where it works"
	is "$(husk list -q)" "" "nothing is left"
	# Those above, also in the hierarchies of v1.
	find /sys/fs/cgroup -depth -path '*/user.slice*' -name 'user*' -type d -exec rmdir '{}' ';' 2>/dev/null
fi

config '.linux.cgroupsPath = "/a/b"'
systemd create --bundle "$BUNDLE" "$ID"
fails_with 'to be of format "slice:prefix:name" for systemd cgroups, got "/a/b" instead' \
	"a path of cgroupfs"
config '.annotations = {"org.systemd.property.TasksMax": "many"} | del(.linux.cgroupsPath)'
systemd create --bundle "$BUNDLE" "$ID"
fails_with '/annotations/org.systemd.property.TasksMax: "many": expected a number' \
	"an annotation that is no value"

fake_done
