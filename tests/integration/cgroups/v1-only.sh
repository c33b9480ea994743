# cgroups/v1-only - members of linux.resources for which only cgroup v1 ever had a file.
# alone
# covers: L-19 L-20 L-21 L-22 L-27 L-29 L-32
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller memory
make_bundle
set_args /probe sleep
plain=$(cat "$BUNDLE/config.json")
again()	# FILTER
{
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	config "$1"
}

# warned NAME MEMBER: the last create said that the member of linux.resources.memory is ignored
warned()
{
	like "$(cat "$CASE_DIR/log")" "/linux/resources/memory/$2: .*, ignoring" "$1"
}
logged()
{
	rm -f "$CASE_DIR/log"
	run husk --log "$CASE_DIR/log" --log-level warn create --bundle "$BUNDLE" "$ID"
	exits 0 "create with $1"
}

# ---- memory.kernel, memory.kernelTCP -----------------------------------------------------------------

again '.linux.resources.memory = {kernel: 33554432, kernelTCP: 20480000}'
logged "limits of kernel memory"
warned "a limit of kernel memory, which Linux has no more" kernel
file=$(dir_of memory)/memory.kmem.tcp.limit_in_bytes
if [ -e "$file" ]; then
	is "$(cat "$file")" 20480000 "memory.kernelTCP"
	run husk update --kernel-memory-tcp 40960000 "$ID"
	exits 0 "update --kernel-memory-tcp"
	is "$(cat "$file")" 40960000 "has changed it"
elif [ -n "$(v1 memory)" ]; then
	skip "memory.kernelTCP" "this kernel has no memory.kmem.tcp.limit_in_bytes"
else
	warned "a limit of TCP memory, which cgroup v2 has not" kernelTCP
fi
destroy

# ---- memory.useHierarchy -----------------------------------------------------------------------------

again '.linux.resources.memory = {useHierarchy: true}'
logged "useHierarchy"
is "$(cat "$CASE_DIR/log" 2>/dev/null)" "" "memory is always accounted with what is below: no warning"
[ ! -e "$(dir_of memory)/memory.use_hierarchy" ] ||
	is "$(cat "$(dir_of memory)/memory.use_hierarchy")" 1 "memory.use_hierarchy"
destroy
again '.linux.resources.memory = {useHierarchy: false}'
logged "useHierarchy off"
warned "which no kernel of ours can do" useHierarchy
destroy

# ---- memory.swappiness, memory.disableOOMKiller ------------------------------------------------------

again '.linux.resources.memory = {limit: 67108864, swappiness: 17, disableOOMKiller: true}'
logged "swappiness and disableOOMKiller"
if [ -n "$(v1 memory)" ]; then
	is "$(cat "$(v1 memory)/$ID/memory.swappiness")" 17 "memory.swappiness"
	is "$(head -n 1 "$(v1 memory)/$ID/memory.oom_control")" "oom_kill_disable 1" "memory.disableOOMKiller"
	is "$(cat "$CASE_DIR/log" 2>/dev/null)" "" "without a warning"
else
	warned "no swappiness on cgroup v2" swappiness
	warned "nor disableOOMKiller" disableOOMKiller
fi
destroy
again '.linux.resources.memory = {swappiness: 0, disableOOMKiller: false}'
logged "swappiness 0 and an OOM killer"
if [ -n "$(v1 memory)" ]; then
	is "$(cat "$(v1 memory)/$ID/memory.swappiness")" 0 "a swappiness of 0 is one"
	is "$(head -n 1 "$(v1 memory)/$ID/memory.oom_control")" "oom_kill_disable 0" "memory.disableOOMKiller false"
fi
destroy

# ---- blockIO.weight, weightDevice, leafWeight -----------------------------------------------------------

disk=$(disk_of "$CASE_DIR")
again '.linux.resources.blockIO = {weight: 321}'
create_container "$ID"
file=$(dir_of blkio)/$(as_on blkio.bfq.weight io.bfq.weight blkio)
# D-12 of crun's: without BFQ it gave up for devices, though io.weight is there.
[ -n "$(v1 blkio)" ] || [ -e "$file" ] || file=$(dir_of blkio)/io.weight
if [ -e "$file" ]; then
	exits 0 "blockIO.weight"
	case $file in
	*/io.weight) is "$(cat "$file")" "default 3142" "blockIO.weight, in another range" ;;
	*) is "$(sed 's/^default //' "$file")" 321 "blockIO.weight" ;;
	esac
	destroy
	# Only a disk under that scheduler has a weight of its own.
	again '.linux.resources.blockIO = {weightDevice: [{major: 4000, minor: 9, weight: 100}]}'
	create_container "$ID"
	fails_with '/linux/resources/blockIO/weightDevice/0: write "4000:9 100?" to .*weight.*: No such device' \
		"blockIO.weightDevice of a disk that is not there"
elif [ -n "$(dir_of blkio)" ]; then
	fails_with '/linux/resources/blockIO/weight: ' "blockIO.weight of a kernel without weights"
	skip "blockIO.weight" "this kernel has no weights"
fi
destroy
if [ -n "$(v1 blkio)" ]; then
	again '.linux.resources.blockIO = {leafWeight: 200}'
	create_container "$ID"
	if [ -e "$(v1 blkio)/blkio.leaf_weight" ]; then
		is "$(cat "$(v1 blkio)/$ID/blkio.leaf_weight")" 200 "blockIO.leafWeight"
	else
		fails_with '/linux/resources/blockIO/leafWeight: .*blkio.leaf_weight: No such file' \
			"blockIO.leafWeight, which went with CFQ"
	fi
	destroy
fi

# ---- network.classID, network.priorities ------------------------------------------------------------

again '.linux.resources.network = {classID: 1048577, priorities: [{name: "lo", priority: 3}]}'
create_container "$ID"
if [ -z "$(v1 net_cls)" ]; then
	fails_with '^husk: /linux/resources/network/classID: the net_cls controller is not available on this host$' \
		"network.classID without its hierarchy"
	destroy
fi
if [ -n "$(v1 net_cls)" ]; then
	exits 0 "network"
	is "$(cat "$(v1 net_cls)/$ID/net_cls.classid")" 1048577 "network.classID"
	is "$(sed -n 's/^lo //p' "$(v1 net_prio)/$ID/net_prio.ifpriomap")" 3 "network.priorities"
	is "$(awk -F: '$2 ~ /net_cls/ { print $3 }' "/proc/$(pid_of)/cgroup")" "/$ID" "its process is counted there"
	destroy
else
	# To mount one would change the membership of every process of the machine.
	skip "network" "this host has no net_cls hierarchy"
fi

# ---- cpu.realtimeRuntime, cpu.realtimePeriod ---------------------------------------------------------

again '.linux.resources.cpu = {realtimeRuntime: 10000, realtimePeriod: 500000}'
create_container "$ID"
file=$(dir_of cpu)/cpu.rt_runtime_us
if [ -z "$(v1 cpu)" ]; then
	fails_with '^husk: /linux/resources/cpu/realtimeRuntime: cgroup v2 cannot limit real-time scheduling$' \
		"cpu.realtimeRuntime on cgroup v2"
	like "$(errors)" 'hint: remove cpu.realtimeRuntime and cpu.realtimePeriod$' "and what to do"
elif [ ! -e "$(v1 cpu)/cpu.rt_runtime_us" ]; then
	fails_with '^husk: cgroups: /linux/resources/cpu/realtime(Runtime|Period): ' \
		"cpu.realtimeRuntime of a kernel without CONFIG_RT_GROUP_SCHED"
elif [ "$STATUS" -ne 0 ]; then
	skip "cpu.realtimeRuntime" "the root cgroup has no real-time budget left: $(errors)"
else
	is "$(cat "$file" "$(dir_of cpu)/cpu.rt_period_us")" "10000
500000" "cpu.realtimeRuntime and realtimePeriod"
	run husk update --cpu-rt-runtime 5000 "$ID"
	exits 0 "update --cpu-rt-runtime"
	is "$(cat "$file")" 5000 "has changed it"
	destroy
	again '.linux.resources.cpu = {realtimeRuntime: 600000, realtimePeriod: 500000}'
	create_container "$ID"
	is "$(errors)" "husk: cgroups: /linux/resources/cpu/realtimeRuntime: write \"600000\" to $file: Invalid argument
  hint: the parent cgroup must have as much real-time budget, and by default it has none" \
		"more than a period"
fi
destroy
is "$(every_cgroup "$CGROUP")" "" "no cgroup is left"

done_testing
