# process/limits - process.rlimits.
# covers: C-22 C-23 C-24
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config '.process.rlimits = [
	{type: "RLIMIT_NOFILE", soft: 64, hard: 128}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
	{type: "RLIMIT_FSIZE", soft: 1000, hard: 2000}, {type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}]'
probe rlimits
exits 0 "limits"
has RLIMIT_NOFILE "64 128" "RLIMIT_NOFILE"
has RLIMIT_CORE "0 0" "RLIMIT_CORE"
has RLIMIT_FSIZE "1000 2000" "RLIMIT_FSIZE"
has RLIMIT_STACK "1048576 2097152" "RLIMIT_STACK"

# Fewer than the init itself holds open.
config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3, hard: 3}, {type: "RLIMIT_AS", soft: 67108864, hard: 67108864}]'
probe rlimits
exits 0 "a limit lower than the init itself needs"
has RLIMIT_NOFILE "3 3" "RLIMIT_NOFILE"

# Not even for asking why the groups of an ordinary user stay.
if [ "$HUSK_USER" = root ] && command -v setpriv >/dev/null 2>&1; then
	good=$(cat "$BUNDLE/config.json")
	config '.linux.namespaces += [{"type": "user"}] | del(.linux.cgroupsPath) |
		.linux.uidMappings = [{"containerID": 0, "hostID": ($uid | tonumber), "size": 1}] |
		.linux.gidMappings = .linux.uidMappings |
		.mounts |= map(if .destination == "/dev/pts" then .options -= ["gid=5"] else . end)' \
		--arg uid "$TEST_UID"
	mkdir -m 777 "$CASE_DIR/user"
	run setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --groups "$TEST_UID,$((TEST_UID + 1))" --inh-caps=-all \
		"$HUSK_BIN" --root "$CASE_DIR/user/state" run --bundle "$BUNDLE" "$ID"
	exits 0 "the same for a user with more groups than can be mapped"
	has RLIMIT_NOFILE "3 3" "RLIMIT_NOFILE"
	printf '%s\n' "$good" >"$BUNDLE/config.json"
fi

if ! have_cap 24; then
	config '.process.rlimits = [{type: "RLIMIT_NICE", soft: 40, hard: 40}]'
	hard=$(awk '/^Max nice priority/ { print $5 }' /proc/self/limits)
	create_container "$ID"
	is "$(errors)" "husk: setrlimit RLIMIT_NICE to 40 (the caller's own is $hard, and raising a hard \
limit needs CAP_SYS_RESOURCE on the host): Operation not permitted
  in config.json: /process/rlimits/0
  hint: ask for no more than $hard, or raise the caller's limit (ulimit -H)" \
		"create: raising a hard limit without the right to"
	is "$(status_of)" "" "and nothing is left"
	hard=$(awk '/^Max locked memory/ { print $5 }' /proc/self/limits)
	if [ "$hard" != unlimited ]; then
		# jq rounds it.
		config '.process.rlimits = [{type: "RLIMIT_MEMLOCK", soft: "MOST", hard: "MOST"}]'
		sed -i 's/"MOST"/18446744073709551615/' "$BUNDLE/config.json"
		create_container "$ID"
		fails_with "^husk: setrlimit RLIMIT_MEMLOCK to unlimited \(the caller's own is $hard," "no limit, by name"
	fi
fi

config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 1, hard: 1}]'
probe rlimits
fails_with 'RLIMIT_CORE is set twice' "one limit twice"
config '.process.rlimits = [{type: "RLIMIT_FOO", soft: 0, hard: 0}]'
probe rlimits
fails_with 'RLIMIT_FOO' "a limit that does not exist"
config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
probe rlimits
fails_with 'soft limit' "a soft limit above the hard one"

done_testing
