# process/attributes - oom score, scheduling, memory policy, personality, session, keyring.
# covers: C-28 C-29 C-30 C-31 L-40 L-52 3.5-keyring
. "$HUSK_TESTS/lib.sh"

make_bundle
own=$(cat /proc/self/oom_score_adj)

probe sched -- self -- keyring -- signals
exits 0 "nothing configured"
has oom_score_adj "$own" "oom_score_adj is the caller's"
has policy 0 "scheduling policy"
has nice 0 "nice"
has ioprio "0 0" "no I/O priority"
numa=$(value mempolicy)
[ -z "$numa" ] || has mempolicy "0 0" "no memory policy"
has personality 0 "personality"
has dumpable 1 "dumpable"
has no_new_privs 1 "no_new_privs"
has sid 1 "it leads a session"
has pgid 1 "and a process group"
has blocked 0000000000000000 "no signal is blocked"
has ignored 0000000000000000 "or ignored"
like "$(value keyring)" "^keyring;0;0;.*;_ses.$ID\$" "it has a session keyring of its own"

config '.process.noNewPrivileges = false'
probe sched
has no_new_privs 0 "noNewPrivileges: false"

config '.process.oomScoreAdj = 500 | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} |
	.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"} |
	.linux.personality = {domain: "LINUX32"} | .process.scheduler = {policy: "SCHED_BATCH", nice: 3}'
[ -n "$numa" ] || config 'del(.linux.memoryPolicy)'
probe sched -- uts
exits 0 "everything configured"
has oom_score_adj 500 "oomScoreAdj"
has ioprio "2 6" "ioPriority"
[ -z "$numa" ] || has mempolicy "3 1" "memoryPolicy"
has personality 8 "personality"
has policy 3 "scheduler.policy"
has nice 3 "scheduler.nice"
if [ "$(setarch linux32 uname -m)" = "$(uname -m)" ]; then
	skip "uname of LINUX32" "this kernel has one name only"
else
	like "$(value machine)" '^i[3-6]86$|^arm|^[^x]' "uname of LINUX32"
fi

config '.process.scheduler = {policy: "SCHED_BATCH", flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
probe sched
has flags 1 "scheduler.flags"

for policy in 'SCHED_OTHER 0 0' 'SCHED_IDLE 5 0' 'SCHED_FIFO 1 7' 'SCHED_RR 2 9'; do
	set -- $policy
	config '.process.scheduler = {policy: $p, priority: ($prio | tonumber)}' --arg p "$1" --arg prio "$3"
	probe sched
	if [ "$STATUS" -ne 0 ] && errors | grep -q "sched_setattr.*Operation not permitted"; then
		skip "$1" "real-time scheduling is not allowed here"
	else
		is "$(value policy) $(value priority)" "$2 $3" "$1"
	fi
done
config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, period: 20000000}'
probe sched
if [ "$STATUS" -ne 0 ]; then
	skip SCHED_DEADLINE "not allowed here: $(errors)"
else
	is "$(value policy) $(value runtime)" "6 10000000 20000000 20000000" "SCHED_DEADLINE"
fi
config '.process.scheduler = {policy: "SCHED_FIFO"}'
probe sched
fails_with '/process/scheduler/priority' "a real-time policy without a priority"
config 'del(.process.scheduler)'

for mode in 'MPOL_BIND 2 1' 'MPOL_PREFERRED 1 1' 'MPOL_PREFERRED_MANY 5 1' 'MPOL_WEIGHTED_INTERLEAVE 6 1' \
		'MPOL_LOCAL 4 0' 'MPOL_DEFAULT 0 0'; do
	set -- $mode
	[ -n "$numa" ] || { skip "$1" "this kernel has no memory policies"; continue; }
	config '.linux.memoryPolicy = {mode: $m} + (if $n == "1" then {nodes: "0"} else {} end)' \
		--arg m "$1" --arg n "$3"
	probe sched
	if [ "$STATUS" -ne 0 ] && errors | grep -q 'set_mempolicy.*Invalid argument'; then
		skip "$1" "not on this kernel"
	else
		has mempolicy "$2 $3" "$1"
	fi
done
# get_mempolicy(2) tells the flags in the mode.
for flag in 'MPOL_F_STATIC_NODES 32770' 'MPOL_F_RELATIVE_NODES 16386'; do
	set -- $flag
	[ -n "$numa" ] || { skip "$1" "this kernel has no memory policies"; continue; }
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$f]}' --arg f "$1"
	probe sched
	has mempolicy "$2 1" "$1"
done
config '.linux.memoryPolicy = {mode: "MPOL_BIND"}'
probe sched
fails_with '/linux/memoryPolicy' "a mode without its nodes"
config 'del(.linux.memoryPolicy)'

if ! have_cap 24; then
	config '.process.oomScoreAdj = ($own - 1)' --argjson own "$own"
	probe sched
	fails_with 'oom_score_adj.*CAP_SYS_RESOURCE' "oomScoreAdj below the caller's without the right to"
fi
config '.process.oomScoreAdj = 1001'
probe sched
fails_with 'oomScoreAdj' "oomScoreAdj out of range"
config 'del(.process.oomScoreAdj)'

# Namespaces of keyrings do not exist; with the option the caller's is kept.
set_args /probe keyring
run_container --no-new-keyring
unlike "$(value keyring)" "_ses.$ID" "--no-new-keyring"

done_testing
