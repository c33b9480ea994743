# annotations/cgroups - run.oci.delegate-cgroup, .systemd.subgroup, .systemd.force_cgroup_v1, and
# attacks: T-ANN1
# org.systemd.property.*.
# covers: 3.1-force-cgroup-v1 3.1-subgroup 3.1-delegate-cgroup 3.1-systemd-property 8-19
# runs as: root
. "$HUSK_TESTS/lib.sh"

annotate()	# KEY VALUE
{
	config '.annotations = {($k): $v}' --arg k "$1" --arg v "$2"
}

make_bundle
set_args /probe read /proc/self/cgroup

for key in delegate-cgroup systemd.subgroup; do
	for bad in .. . a/b /a "$(printf 'a\nb')"; do
		annotate "run.oci.$key" "$bad"
		run_container
		fails_with "/annotations/run.oci.$key: " "$key \"$bad\""
	done
done
annotate run.oci.delegate-cgroup ""
run_container
fails_with '/annotations/run.oci.delegate-cgroup: is empty' "delegate-cgroup \"\""
is "$(status_of)" "" "nothing is left"

annotate run.oci.systemd.subgroup inner
run_container
exits 0 "subgroup is about systemd's scopes"

v2=$(v2)
annotate run.oci.delegate-cgroup inner
if [ -n "$v2" ]; then
	host_namespace cgroup 2>/dev/null || no_namespace cgroup
	run_container
	exits 0 "delegate-cgroup"
	like "$(output)" "^0::$CGROUP/inner\$" "the program is in the cgroup below the container's"

	config '.linux.namespaces += [{"type": "cgroup"}]'
	run_container
	like "$(output)" '^0::/inner$' "the cgroup namespace begins above it"

	set_args /probe sleep
	start_container "$ID"
	pid=$(pid_of)
	like "$(cat "/proc/$pid/cgroup")" "^0::$CGROUP/inner\$" "a created container, too"
	run_husk ps "$ID"
	like "$(output)" "$pid" "ps finds it there"
	destroy
	not_ok "delete removes both" test -e "$v2$CGROUP"
else
	run_container
	fails_with 'run.oci.delegate-cgroup: the container has no cgroup of version 2' "without v2"
fi

if [ -n "$(v1 name=systemd)" ]; then
	set_args /probe ls /sys/fs/cgroup -- mounts /sys/fs/cgroup/systemd -- mkdir \
		/sys/fs/cgroup/systemd/x
	add_mount /sys/fs/cgroup cgroup cgroup ro,nosuid,nodev,noexec
	annotate run.oci.systemd.force_cgroup_v1 /sys/fs/cgroup
	run_container
	exits 0 "force_cgroup_v1"
	has "ls /sys/fs/cgroup" systemd "shows one hierarchy"
	like "$(output)" '^mount /sys/fs/cgroup/systemd cgroup .*name=systemd' "which is name=systemd"
	has "mkdir /sys/fs/cgroup/systemd/x" ok "where systemd can make its own"
else
	skip "force_cgroup_v1" "no v1 hierarchy name=systemd here"
fi
annotate run.oci.systemd.force_cgroup_v1 /elsewhere
run_container
fails_with '/annotations/run.oci.systemd.force_cgroup_v1: ' "a place where nothing is mounted"

set_args /probe echo ran
for bad in ExecStart ExecStopPost Requires Conflicts Slice Ex "Memory Max"; do
	annotate "org.systemd.property.$bad" "'x'"
	run_container
	fails_with "/annotations/org.systemd.property.$bad: " "property $bad is refused"
done
annotate org.systemd.property.MemoryMax ""
run_container
fails_with 'org.systemd.property.MemoryMax: is empty' "a property without a value"
annotate org.systemd.property.TimeoutStopUSec "uint64 5000000"
run_container
exits 0 "a good one"
is "$(output)" ran "lets the container run"
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
if [ "${HUSK_MANAGER:-}" = systemd ]; then
	is "$(errors)" "" "without a warning"
else
	like "$(errors)" 'org.systemd.property.TimeoutStopUSec: has an effect only with the systemd' \
		"with a warning that it has no effect here"
fi

done_testing
