# cgroups/hardware - linux.intelRdt and resources.rdma: with the hardware what they do, without it an error.
# covers: L-34 L-37 L-38 L-39
# alone
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

make_bundle
set_args /probe sleep

# refused MESSAGE HINT NAME: the whole of what is said, and nothing is made
refused()
{
	create_container "$ID"
	exits 1 "$3: exit code"
	is "$(errors)" "husk: $1
  hint: $2" "$3"
	is "$(status_of)" "" "$3: no container is left"
	is "$(every_cgroup "/$ID")" "" "$3: no cgroup is left"
}

# ---- rdma --------------------------------------------------------------------------------------------

device=$(ls /sys/class/infiniband 2>/dev/null | head -n 1)
config '.linux.resources.rdma = {($d): {hcaHandles: 3, hcaObjects: 10000}}' --arg d "${device:-mlx5_1}"
if [ -z "$(dir_of rdma)" ]; then
	refused "/linux/resources/rdma/mlx5_1: the rdma controller is not available on this host" \
		"mount its hierarchy or enable it (kernel command line, cgroup.subtree_control of the parents), or remove the setting" \
		"rdma without its controller"
	skip "rdma.max" "this kernel has no rdma controller; unit/test_cgroups_cg_resources.c has what is written"
elif [ -z "$device" ]; then
	create_container "$ID"
	fails_with '/linux/resources/rdma/mlx5_1: write "mlx5_1 hca_handle=3 hca_object=10000' "rdma without such a device"
	skip "rdma.max" "this machine has no RDMA device"
else
	start_container "$ID"
	is "$(sed -n "s/^$device //p" "$(dir_of rdma)/rdma.max")" "hca_handle=3 hca_object=10000" "rdma.max"
fi
destroy
config 'del(.linux.resources.rdma)'

# ---- intelRdt ----------------------------------------------------------------------------------------

# No other file system can stand in for resctrl: what husk looks for is the type of the mount.
config '.linux.intelRdt = {closID: $c, schemata: ["MB:0=50"], enableMonitoring: true}' --arg c "$TAG"
resctrl=$(awk '$3 == "resctrl" { print $2; exit }' /proc/self/mounts)
if [ -z "$resctrl" ] && [ -d /sys/fs/resctrl ] && mount -t resctrl resctrl /sys/fs/resctrl 2>/dev/null; then
	resctrl=/sys/fs/resctrl
	trap 'umount /sys/fs/resctrl' EXIT
fi
if [ -z "$resctrl" ]; then
	refused "/linux/intelRdt: resctrl is not mounted" \
		"on hardware that has it: mount -t resctrl resctrl /sys/fs/resctrl; else remove linux.intelRdt" \
		"intelRdt without resctrl"
	for what in '{}' '{closID: "/"}' '{l3CacheSchema: "L3:0=f"}' '{memBwSchema: "MB:0=50"}' '{enableMonitoring: true}'; do
		config ".linux.intelRdt = $what"
		create_container "$ID"
		like "$(errors)" '^husk: /linux/intelRdt: resctrl is not mounted$' "intelRdt $what is not ignored"
	done
	skip "groups of resctrl" "this processor has neither RDT nor MPAM; unit/test_cgroups_cg_rdt.c has them on a directory"
	done_testing
fi

# What the root group says is a schema that the hardware takes.
schema=$(sed 's/^ *//; q' "$resctrl/schemata")
group=$resctrl/$TAG
config '.linux.intelRdt = {closID: $c, schemata: [$s]}' --arg c "$TAG" --arg s "$schema"
start_container "$ID"
exits 0 "a group of its own"
is "$(sed 's/^ *//' "$group/schemata" | grep -cxF "$schema")" 1 "its schemata"
is "$(grep -cx "$(pid_of)" "$group/tasks")" 1 "its process is in it"
destroy
not_ok "delete removes it" test -e "$group"

config '.linux.intelRdt = {closID: $c}' --arg c "$TAG"
create_container "$ID"
fails_with "/linux/intelRdt/closID: there is no group $group\$" "a closID alone does not make a group"
mkdir "$group"
start_container "$ID"
exits 0 "one that was there"
is "$(grep -cx "$(pid_of)" "$group/tasks")" 1 "its process is in it"
destroy
ok "stays" test -d "$group"
rmdir "$group"

done_testing
