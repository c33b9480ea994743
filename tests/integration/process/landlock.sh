# process/landlock - Landlock rules as the program feels them, from the annotation, the command line and exec.
# covers: 3.1-landlock
# runs as: root user
# timeout: 180
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir -p "$ROOTFS/in/sub" "$ROOTFS/in2" "$ROOTFS/out" "$ROOTFS/tmp"
chmod 1777 "$ROOTFS/tmp"
for f in in/file in/gone out/file tmp/file; do
	echo "of $f" >"$ROOTFS/$f"
done
ln -s ../out "$ROOTFS/in/link"
husk features | jq -e '.annotations["org.husk.landlock.abi"]' >/dev/null ||
	fail "husk features names the ABI" "$(husk features | jq -c .annotations)" "org.husk.landlock.abi"
abi=$(husk doctor --json 2>/dev/null | jq -r '.findings[] | select(.name == "landlock") | .what' | grep -o '[0-9]*' | head -n 1)
[ "${abi:-0}" -ge 7 ] || skip_all "the kernel's Landlock has ABI ${abi:-none}: 7 is needed to try all"

rules()		# RULES: the annotation
{
	config '.annotations = {"org.husk.landlock": $v}' --arg v "$1"
}

# ---- files ----
rules "exec=/probe ro=/in"
probe read /in/file -- ls /in -- write /in/file x -- truncate /in/file -- create /in/new -- mkdir /in/d -- \
	rename /in/gone /in/g -- symlink x /in/l -- read /out/file -- ls / -- read /in/link/file -- exec /probe args
exits 0 "ro"
is "$(line 1)" "of in/file" "reads"
unlike "$(output)" "ls /in E" "lists"
has "write /in/file" EACCES "and does not write"
has "truncate /in/file" EACCES "nor truncate"
has "create /in/new" EACCES "nor make files"
has "mkdir /in/d" EACCES "nor directories"
has "rename /in/gone /in/g" EACCES "nor rename"
has "symlink x /in/l" EACCES "nor link"
has "read /out/file" EACCES "what no rule has is out of bounds"
has "ls /" EACCES "directories, too"
has "read /in/link/file" EACCES "also through a link from where one may read"
has "arg 0" /probe "its program can be executed again"

rules "exec=/probe rw=/in rw=/in2 ro=/out"
probe write /in/file new -- create /in/new -- mkdir /in/d -- mknod /in/pipe fifo -- rename /in/gone /in2/gone -- \
	rename /out/file /in/file2 -- rename /in/new /out/new -- symlink x /in/l -- mknod /in/dev char 1 3 -- exec /in/new
exits 0 "rw"
has "write /in/file" ok "writes"
has "create /in/new" ok "makes files"
has "mkdir /in/d" ok "and directories"
has "rename /in/gone /in2/gone" ok "moves from one such directory to another"
like "$(value "rename /out/file /in/file2")" 'E(XDEV|ACCES)' "but nothing out of what it can only read"
like "$(value "rename /in/new /out/new")" 'E(XDEV|ACCES)' "nor into it"
has "symlink x /in/l" ok "makes links"
has "exec /in/new" EACCES "and does not execute"
is "$(cat "$ROOTFS/out/file")" "of out/file" "what is out of bounds is as it was"

rules "execute+read_file=/probe write_file=/in"
probe write /in/file raw -- read /in/file -- truncate /in/file -- create /in/raw
has "write /in/file" ok "an access by the kernel's name"
has "read /in/file" EACCES "and that alone"
has "truncate /in/file" EACCES "(truncate)"
has "create /in/raw" EACCES "(make_reg)"

rules 'exec=/probe,ro=/in/file rw=-/nowhere ro=/with\ blank'
mkdir "$ROOTFS/with blank"
echo blank >"$ROOTFS/with blank/file"
probe read /in/file -- read "/with blank/file" -- read /in/gone
exits 0 "a path that may be missing, one with a blank"
is "$(line 2)" blank "reads below it"
rm -r "$ROOTFS/with blank"

rules "exec=/probe ro=/in"
set_args /in/file
run_container
fails_with 'permission denied' "a program that may not be executed"
like "$(errors)" 'hint: the Landlock rules must let it execute the program' "why"
is "$(status_of)" "" "nothing is left"

# ---- TCP ----
config '.linux.namespaces = [.linux.namespaces[] | select(.type != "network")] + [{type: "network"}]'
rules "tcp-bind=7001 tcp-connect=7002"
probe listen tcp 7001 -- listen tcp 7003 -- connect tcp 127.0.0.1 7001 -- connect tcp 127.0.0.1 7002 -- \
	listen udp 7003 -- read /out/file
has "listen tcp 7001" ok "a port that may be bound"
has "serve tcp 7003" EACCES "another one"
has "connect tcp 127.0.0.1 7001" EACCES "one that may not be connected to"
has "connect tcp 127.0.0.1 7002" ECONNREFUSED "one that may"
has "listen udp 7003" ok "UDP is no matter of Landlock"
like "$(output)" "^of out/file" "files are not restricted"
rules "tcp-connect=none"
probe listen tcp 7001 -- connect tcp ::1 7002
has "listen tcp 7001" ok "no word of bind"
has "connect tcp ::1 7002" EACCES "tcp-connect=none"

# ---- abstract sockets: of the network namespace, here the host's ----
config '.linux.namespaces = [.linux.namespaces[] | select(.type != "network")]'
"$HUSK_PROBE" abstract-listen "$TAG-host" -- sleep >"$CASE_DIR/listens" &
listener=$!
ok "somebody of the host listens" wait_until 10 grep -q 'dgram ok' "$CASE_DIR/listens"
reach="abstract-connect $TAG-host -- abstract-listen $TAG-own -- abstract-connect $TAG-own -- child abstract-connect $TAG-own"
rules "scope=signal"
probe $reach
is "$(output | grep -c '^abstract-connect .* ok$')" 6 "without that scope all can be reached"
rules "scope=abstract-unix-socket"
probe $reach
has "abstract-connect $TAG-host stream" EPERM "a socket of somebody outside of the rules"
has "abstract-connect $TAG-host dgram" EPERM "and one without connections"
is "$(output | grep -c "^abstract-connect $TAG-own .* ok\$")" 4 "those of its own can be reached, by a child, too"
kill $listener
wait $listener 2>/dev/null
set_args /probe abstract-listen "$TAG-own" -- abstract-connect "$TAG-own" -- create /tmp/listens -- sleep
start_container "$ID"
ok "a container listens" wait_until 10 test -e "$ROOTFS/tmp/listens"
run husk exec "$ID" /probe abstract-connect "$TAG-own"
has "abstract-connect $TAG-own stream" EPERM "exec has rules of its own: it is outside of the container's"
destroy
rm "$ROOTFS/tmp/listens"
config '.linux.namespaces = [.linux.namespaces[] | select(.type != "network")] + [{type: "network"}]'

# ---- users and privileges ----
if [ "$(id -u)" = 0 ]; then
	rules "exec=/probe ro=/in"
	config '.process.noNewPrivileges = false | .process.capabilities.bounding += ["CAP_SETUID", "CAP_SETGID"]
		| .process.capabilities.effective += ["CAP_SETUID", "CAP_SETGID"]
		| .process.capabilities.permitted += ["CAP_SETUID", "CAP_SETGID"]'
	chmod u+s "$ROOTFS/probe"
	probe sched -- setid 1000 1000 -- read /tmp/file -- exec /probe ids -- read /tmp/file
	has no_new_privs 0 "without no_new_privs"
	has "read /tmp/file" EACCES "the rules hold"
	probe setid 1000 1000 -- exec /probe read /tmp/file
	has "read /tmp/file" EACCES "also for a setuid program"
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [7]}'
	probe ids -- read /in/file -- read /tmp/file -- create /tmp/new
	exits 0 "for another user"
	is "$(value uid)" "1000 0 0" "whose setuid program is root"
	has "create /tmp/new" EACCES "and under the rules"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 4, hard: 4}]'
	probe create /tmp/new
	has "create /tmp/new" EACCES "where hardly a descriptor may be open"
	chmod u-s "$ROOTFS/probe"
	config 'del(.process.rlimits) | .process.user = {uid: 0, gid: 0} | .process.noNewPrivileges = true'
fi

# ---- exec: the same, and no more ----
rules "exec=/probe ro=/in scope=signal"
set_args /probe sleep
start_container "$ID"
exits 0 "a container with rules"
run husk exec "$ID" /probe read /in/file -- read /out/file -- write /in/file x -- kill 0 1
has "read /out/file" EACCES "exec is under them"
has "write /in/file" EACCES "in all their parts"
has "kill 1" EPERM "scope=signal: of other processes it can kill none"
run husk exec --landlock exec=/probe --landlock ro=/ "$ID" /probe read /out/file -- read /in/file
has "read /out/file" EACCES "what exec allows beside them is not added"
like "$(output)" "^raw" "and what both allow is possible"
run husk exec --landlock exec=/probe "$ID" /probe read /in/file
has "read /in/file" EACCES "exec can take away"
run husk exec --landlock ro=/in "$ID" /probe read /in/file
fails_with 'hint: the Landlock rules must let it execute' "also its program"
run husk exec --landlock nonsense "$ID" /probe read /in/file
is "$(errors)" 'husk: landlock: "nonsense": is no Landlock rule
  hint: ACCESS=PATH, tcp-bind=PORT, tcp-connect=PORT, scope=WHAT, log=on, abi=N, required, preferred' "a wrong rule of exec"
exits 255 "and its exit code"
if [ "$(id -u)" = 0 ]; then
	run husk checkpoint --image-path "$CASE_DIR/images" "$ID"
	fails_with 'the container is under Landlock rules, which criu does not keep' "checkpoint is refused"
	run husk restore --landlock ro=/ --bundle "$BUNDLE" --image-path "$CASE_DIR/images" "$ID-again"
	fails_with 'the container is under Landlock rules, which criu does not keep' "and restore under rules"
	is "$(status_of "$ID-again")" "" "which leaves nothing"
fi
destroy

# In a pid namespace a child is made late, with and without a filter: all the ways there are.
for profile in 'del(.linux.seccomp)' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' '.linux.seccomp =
	{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["setsid", "landlock_restrict_self", "landlock_create_ruleset",
	"landlock_add_rule"], action: "SCMP_ACT_ERRNO"}]}'; do
	for nnp in true false; do
		config "$profile"' | .process.noNewPrivileges = $n' --argjson n $nnp
		start_container "$ID"
		run husk exec "$ID" /probe read /out/file
		is "$STATUS $(output)" "0 read /out/file EACCES" "exec, noNewPrivileges $nnp, $(printf %.50s "$profile")"
		destroy
	done
done
config 'del(.linux.seccomp) | .process.noNewPrivileges = true'

# What the rules let the container change must not decide what a newcomer may do.
rules "exec=/probe rw=/in ro=/in/sub"
set_args /probe symlink /out /in/other -- sleep
start_container "$ID"
run husk exec "$ID" /probe read /in/file
fails_with 'trust /in/sub \(its name is in a directory that the rules let the container change\)' \
	"exec, with a rule about what the container can put there"
destroy
rm "$ROOTFS/in/other"
rules "exec=/probe rw=/in ro=-/in/sub preferred"
set_args /probe sleep
start_container "$ID"
run husk --log-level warn exec "$ID" /probe read /in/file -- write /in/file y
exits 0 "preferred: without that rule"
like "$(errors)" 'trust /in/sub .*, ignoring|trust /in/sub' "and with a warning"
destroy

# ---- the command line, and what else counts ----
config 'del(.annotations)'
set_args /probe read /in/file -- read /out/file
run_container --landlock exec=/probe --landlock "ro=/in"
has "read /out/file" EACCES "--landlock"
rules "exec=/probe ro=/"
run_container --landlock exec=/probe --landlock "ro=/in"
has "read /out/file" EACCES "it counts, not the annotation"

# ---- bad input ----
while IFS='|' read -r words said; do
	rules "$words"
	run_container
	like "$(errors)" "^husk: /annotations/org.husk.landlock: $said" "bad: $words"
	exits 1 "exit code of $words"
done <<'END'
required|there is no rule: nothing would be restricted
ro|"ro": is no Landlock rule
=/in|"=/in": expected an access before "="
ro+=/in|"ro\+=/in": an access is missing behind "\+"
fly=/in|"fly=/in": unknown access
ro=in|"ro=in": expected an absolute path behind "="
tcp-bind=65536|"tcp-bind=65536": expected a port from 0 to 65535, or none
tcp-connect=-1|"tcp-connect=-1": expected a port from 0 to 65535, or none
scope=world|"scope=world": expected abstract-unix-socket or signal
log=maybe|"log=maybe": expected on or off
abi=8 ro=/|"abi=8": expected an ABI from 1 to 7
abi=3 tcp-bind=1|abi=3 has no rules about TCP
abi=1 refer=/in|abi=1 has no refer
END
run_husk validate --bundle "$BUNDLE"
like "$(output)$(errors)" '/annotations/org.husk.landlock: abi=1 has no refer' "validate knows them, too"
rules "exec=/probe ro=/missing"
run_container
fails_with 'open /missing: No such file or directory' "a path that is missing"
like "$(errors)" 'in config.json: /annotations/org.husk.landlock' "where it says so"
rules "exec=/probe make_reg=/in/file"
run_container
fails_with 'landlock_add_rule /in/file: Invalid argument' "an access that a file has not"
rules "exec=/probe ro=/missing preferred"
set_args /probe read /in/file
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "preferred: a path that is missing"
like "$(errors)" '/missing' "is warned of"
has "read /in/file" EACCES "and the rest holds"

# ---- a kernel without ----
if [ "$HUSK_USER" = user ] && [ -n "${SUBIDS:-}" ]; then
	skip "a kernel without Landlock" "newuidmap loses its privilege in a husk that is traced"
	done_testing
fi
landlock=444
# A sanitizer cannot look for leaks while it is traced.
export ASAN_OPTIONS=detect_leaks=0
for e in 38 95 1; do	# ENOSYS, EOPNOTSUPP, EPERM
	rules "exec=/probe ro=/in"
	run "$HUSK_FAULT" caller $landlock 1 $e "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
	fails_with '/annotations/org.husk.landlock: Landlock is not to be had here: ' "required, errno $e"
	is "$(status_of)" "" "and nothing is left"
	rules "exec=/probe ro=/in preferred"
	run "$HUSK_FAULT" caller $landlock 1 $e "$HUSK_BIN" --root "$STATE_DIR" $MANAGER --log-level warn run --bundle "$BUNDLE" "$ID"
	exits 0 "preferred, errno $e"
	like "$(errors)" 'Landlock is not to be had here: .*, ignoring' "with a warning"
done
# Each call of the init, which only root may trace.
for call in 444 445 446; do
	[ "$(id -u)" = 0 ] || break
	run "$HUSK_FAULT" init $call 1 12 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
	fails_with ': landlock_[a-z_]*.*: Cannot allocate memory' "husk-init's call $call fails"
	is "$(status_of)" "" "and nothing is left"
done

# ---- log: what the kernel is asked for; audit, which would tell what comes of it, is off on most hosts ----
# LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON is 2, .._LOG_SAME_EXEC_OFF and .._LOG_SUBDOMAINS_OFF are 1 and 4.
while read -r log flags; do
	[ "$(id -u)" = 0 ] || break
	rules "exec=/probe ro=/in ${log#none}"
	run "$HUSK_FAULT" arguments "$CASE_DIR/calls" 446 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
	exits 0 "with $log"
	is "$(cut -d' ' -f1,3 "$CASE_DIR/calls")" "init $flags" "flags of landlock_restrict_self(2) with $log"
done <<'END'
none 0
log=on 2
log=off 5
END

done_testing
