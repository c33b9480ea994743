# process/userns - the program of a container with a user namespace, and of an ordinary user.
# covers: C-26 C-29 C-34 C-36 L-07
# runs as: root user
# one id
. "$HUSK_TESTS/lib.sh"

make_bundle
if [ "$HUSK_USER" = root ]; then
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 2000}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 2000}]'
	chmod 755 "$CASE_DIR" "$BUNDLE" "$ROOTFS"
fi

config '.process.oomScoreAdj = 321'
set_args /probe ids -- caps -- sched -- keyring
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "root of the namespace"
has uid "0 0 0" "uid"
has gid "0 0 0" "gid"
has effective 0000000020000420 "capabilities"
has bounding 0000000020000420 "bounding set"
has dumpable 1 "the program is dumpable"
has oom_score_adj 321 "oom_score_adj of a process that the host's root does not own"
like "$(value keyring)" "_ses.$ID\$" "a session keyring of its own"
is "$(errors)" "" "and nothing to warn of"

set_args /probe sleep
start_container "$ID"
jq -n '{args: ["/probe", "sched", "--", "rlimits", "--", "caps"], cwd: "/", env: [],
	user: {uid: 0, gid: 0}, oomScoreAdj: 654,
	rlimits: [{type: "RLIMIT_NOFILE", soft: 50, hard: 60}]}' >"$CASE_DIR/process.json"
run husk --log-level warn exec --process "$CASE_DIR/process.json" "$ID"
exits 0 "exec"
has oom_score_adj 654 "its oom_score_adj"
has RLIMIT_NOFILE "50 60" "its limits"
has effective 0000000020000420 "its capabilities, which the document leaves out: the container's"
is "$(errors)" "" "and nothing to warn of"
destroy

config '.process.user.uid = 60000'
probe ids
fails_with '/process/user/uid: .*60000 is not mapped' "a uid that is not mapped"
config '.process.user.uid = 0'

if [ "$HUSK_USER" = root ]; then
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [7]}'
	probe ids
	has uid "1000 1000 1000" "a user of the namespace"
	has gid "1001 1001 1001" "its group"
	has groups "7" "its groups"
	hard=$(ulimit -H -n)
	if have_cap 24; then
		config '.process.rlimits = [{type: "RLIMIT_MSGQUEUE", soft: 9999999, hard: 9999999}]'
		probe rlimits
		has RLIMIT_MSGQUEUE "9999999 9999999" "root of the host raises a hard limit inside"
	fi
else
	config '.process.user.additionalGids = [0]'
	probe ids
	exits 0 "additional groups that cannot be set are no error"
fi

done_testing
