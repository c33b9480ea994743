# process/exec - a process document of its own: every attribute of `exec --process`.
# attacks: T-CWD1
# covers: C-32 C-30 C-31 C-28 C-29 C-22
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
start_container "$ID"

document()	# FILTER ARG...
{
	_filter=$1
	shift
	jq -n '{args: $args, cwd: "/", env: [], user: {uid: 0, gid: 0}} | '"$_filter" \
		--argjson args "$(json_array "$@")" >"$CASE_DIR/process.json"
	run husk exec --process "$CASE_DIR/process.json" "$ID"
}

document '.user = {uid: 5, gid: 6, additionalGids: [9], umask: 7} | .cwd = "/tmp" |
	.env = ["X=1"] | .oomScoreAdj = 700 | .noNewPrivileges = true |
	.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0} | .scheduler = {policy: "SCHED_IDLE"} |
	.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 100}]' \
	/probe ids -- caps -- sched -- cwd -- env -- rlimits -- self
exits 0 "exec with everything"
has uid "5 5 5" "uid"
has gid "6 6 6" "gid"
has groups "9" "groups"
has umask 0007 "umask"
has bounding 0000000020000420 "no capabilities are given, the container's bound it"
has oom_score_adj 700 "oomScoreAdj"
has no_new_privs 1 "noNewPrivileges"
has ioprio "3 0" "ioPriority"
has policy 5 "scheduler"
has cwd /tmp "cwd"
has RLIMIT_NOFILE "100 100" "rlimits"
is "$(grep -c '^X=1$' "$OUT")" 1 "env"
like "$(value sid)" "^$(value pid)\$" "it leads a session of its own"

document . /probe caps
has effective 0000000020000420 "what a document does not say about capabilities is as in the container"

document '.capabilities = {}' /probe caps
has bounding 0000000000000000 "none are had when none are given"

document '.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}' \
	/probe caps
has effective 0000000000000020 "capabilities"
has inheritable 0000000000000000 "none of them inheritable"

cpu=$(awk '/^Cpus_allowed_list/ { split($2, a, "[-,]"); print a[1] }' /proc/self/status)
jq -n '{args: ["/probe", "sched"], cwd: "/", user: {uid: 0, gid: 0},
	execCPUAffinity: {initial: $cpu, final: $cpu}}' --arg cpu "$cpu" >"$CASE_DIR/process.json"
run husk exec --process "$CASE_DIR/process.json" "$ID"
has affinity "$cpu" "execCPUAffinity"
# Joining a cpuset cgroup may take "initial" back: that it was set tells only one that cannot be.
last=$(awk '/^Cpus_allowed_list/ { n = split($2, a, "[-,]"); print a[n] }' /proc/self/status)
jq '.execCPUAffinity = {initial: $a, final: $b}' --arg a "$cpu" --arg b "$last" "$CASE_DIR/process.json" \
	>"$CASE_DIR/p2.json"
run husk exec --process "$CASE_DIR/p2.json" "$ID"
has affinity "$last" "execCPUAffinity.final comes after the initial one"
jq '.execCPUAffinity = {initial: "4000"}' "$CASE_DIR/process.json" >"$CASE_DIR/p2.json"
run husk exec --process "$CASE_DIR/p2.json" "$ID"
fails_with 'process: step 0: run on CPUs 4000: sched_setaffinity 4000: Invalid argument' \
	"an initial CPU that does not exist, before anything else"
jq '.execCPUAffinity = {final: "4000"}' "$CASE_DIR/process.json" >"$CASE_DIR/p2.json"
run husk exec --process "$CASE_DIR/p2.json" "$ID"
fails_with 'sched_setaffinity' "a CPU that does not exist"
jq '.execCPUAffinity = {final: "x"}' "$CASE_DIR/process.json" >"$CASE_DIR/p2.json"
run husk exec --process "$CASE_DIR/p2.json" "$ID"
fails_with 'execCPUAffinity' "no list of CPUs"

jq '.cwd = "/not/there"' "$CASE_DIR/process.json" >"$CASE_DIR/p2.json"
run husk exec --process "$CASE_DIR/p2.json" "$ID"
fails_with 'chdir /not/there: No such file or directory' "a working directory that does not exist"
not_ok "is not made" test -e "$ROOTFS/not"

# CVE-2024-21626 again, through exec.
for cwd in /proc/self/fd/3 /proc/self/fd/7 /proc/self/cwd /proc/1/root; do
	jq '.cwd = $c' --arg c "$cwd" "$CASE_DIR/process.json" >"$CASE_DIR/p2.json"
	run husk exec --process "$CASE_DIR/p2.json" "$ID" 7</
	isnt "$STATUS" 0 "cwd $cwd"
done

destroy
done_testing
