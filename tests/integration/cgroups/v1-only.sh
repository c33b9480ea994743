# cgroups/v1-only - members of linux.resources for which only cgroup v1 ever had a file.
# covers: L-19 L-22 L-27
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
is "$(every_cgroup "/$ID")" "" "no cgroup is left"

done_testing
