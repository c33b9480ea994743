# cgroups/v2 - a host with cgroup v2 alone, as far as this one can show it: v1 is unmounted.
# covers: L-36 3.5-cgroup-layouts 1.2-cgroup
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

unified=$(v2)
[ -n "$unified" ] || skip_all "no cgroup v2"
# What is unmounted here stays mounted for the others.
if [ -z "${INNER:-}" ]; then
	INNER=1 exec unshare -m --propagation private sh "$0"
fi
was=$(cat "$unified/cgroup.subtree_control")
if [ "$unified" != /sys/fs/cgroup ]; then
	mount --bind "$unified" /mnt
	for mount in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts); do
		[ "$mount" = /mnt ] || umount "$mount"
	done
	umount /sys/fs/cgroup 2>/dev/null
	mount --move /mnt /sys/fs/cgroup
fi
is "$(v2)" /sys/fs/cgroup "v2 stands alone"

make_bundle
config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
config '.linux.resources.devices = [{allow: false, access: "rwm"},
	{allow: true, type: "c", major: 60, access: "rwm"},
	{allow: false, type: "c", major: 60, minor: 11, access: "r"}]'
probe mknod /tmp/out c 60 11 -- open /tmp/out -- mknod /tmp/in c 60 12 -- open /tmp/in -- mknod /tmp/sda b 8 0 -- open /tmp/sda -- \
	open /dev/null -- open /dev/zero
exits 0 "run"
has "open /tmp/in" ENXIO "a device that a rule allows"
has "open /tmp/out" EPERM "one taken out of that rule"
has "open /tmp/sda" EPERM "a device without a rule"
like "$(value "open /dev/null")" '^ok' "/dev/null"
like "$(value "open /dev/zero")" '^ok' "/dev/zero"
is "$(every_cgroup "$CGROUP")" "" "no cgroup is left"

set_args /probe sleep
start_container "$ID"
is "$(awk -F: '$1 == 0 { print $3 }' "/proc/$(pid_of)/cgroup")" "$CGROUP" "it is in its cgroup"
run husk exec "$ID" /probe read /proc/self/cgroup
like "$(output)" "0::$CGROUP" "so is a process of exec"
run husk pause "$ID"
is "$(cat "/sys/fs/cgroup$CGROUP/cgroup.freeze")" 1 "pause"
run husk resume "$ID"
is "$(cat "/sys/fs/cgroup$CGROUP/cgroup.freeze")" 0 "resume"
run husk kill --all "$ID" KILL
wait_until 5 has_status stopped
destroy

config '.linux.resources = {unified: {"cgroup.max.depth": "3", "cgroup.max.descendants": "7"}}'
start_container "$ID"
is "$(cat "/sys/fs/cgroup$CGROUP/cgroup.max.depth") $(cat "/sys/fs/cgroup$CGROUP/cgroup.max.descendants")" \
	"3 7" "unified"
destroy

# As it was: the controllers that husk passes on for their statistics.
for ctl in $(cat /sys/fs/cgroup/cgroup.subtree_control); do
	case " $was " in
	*" $ctl "*) ;;
	*) echo "-$ctl" >/sys/fs/cgroup/cgroup.subtree_control ;;
	esac
done

done_testing
