# cgroups/bite - limits stop the container: memory, processes, CPU time, CPUs.
# covers: L-18 L-25 L-28 L-33
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

make_bundle

if [ -n "$(dir_of memory)" ]; then
	config '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	probe alloc 8
	has "alloc 8" ok "less memory than the limit"
	probe alloc 64
	is "$STATUS" 137 "more than the limit: killed"
	# The first process sees its child killed, and says so.
	probe child alloc 64
	like "$(output)" '^child .*9' "a child above the limit is killed"
	config 'del(.linux.resources)'
else
	skip "memory" "no memory controller"
fi

if [ -n "$(dir_of pids)" ]; then
	config '.linux.resources = {pids: {limit: 4}}'
	probe forks 10
	has "forks 3" EAGAIN "the fifth process is refused"
	config '.linux.resources.pids.limit = -1'
	probe forks 10
	has "forks 10" ok "-1 is no limit"
	config '.linux.resources.pids.limit = 0'
	probe forks 1
	has "forks 0" EAGAIN "0 is a limit: no process beside the first"
	config 'del(.linux.resources)'
else
	skip "pids" "no pids controller"
fi

if [ -n "$(dir_of cpu)" ]; then
	config '.linux.resources = {cpu: {quota: 5000, period: 50000}}'
	set_args /probe spin 30
	start_container "$ID"
	throttled()
	{
		[ "$(awk '$1 == "nr_throttled" { print $2 }' "$(dir_of cpu)/cpu.stat")" -gt 3 ]
	}
	ok "a busy loop is throttled" wait_until 10 throttled
	used()
	{
		husk events --stats "$ID" | jq .data.cpu.usage.total
	}
	before=$(used) start=$(date +%s%N)
	sleep 1
	share=$((($(used) - before) * 100 / ($(date +%s%N) - start)))
	if [ "$share" -ge 3 ] && [ "$share" -le 20 ]; then pass "to 10 % of a CPU"
	else fail "to 10 % of a CPU" "$share %"; fi
	destroy
	config 'del(.linux.resources)'
else
	skip "cpu" "no cpu controller"
fi

if [ -n "$(dir_of cpuset)" ]; then
	for cpu in 0 "$(($(nproc) - 1))"; do
		config '.linux.resources = {cpu: {cpus: $c}}' --arg c "$cpu"
		probe sched
		has affinity "$cpu" "only CPU $cpu"
	done
else
	skip "cpuset" "no cpuset controller"
fi

done_testing
