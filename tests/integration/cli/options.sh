# cli/options - every option of runc's and crun's commands is accepted, in every spelling.
# covers: 2.1-root 2.1-log 2.1-log-format 2.1-log-level 2.1-debug 2.1-rootless 2.1-criu
# covers: 2.1-cgroup-manager 2.1-single-dash 2.2-create 2.2-run 2.2-exec 2.2-state 2.2-start
# covers: 2.2-kill 2.2-delete 2.2-list 2.2-ps 2.6-conmon 8-01 8-14 8-15 8-16
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep

# A spelling of the global options, and then a command that fails in a known way.
accepts()
{
	run "$HUSK_BIN" "$@" state "$ID"
	like "$(errors)" "container does not exist: ..?$ID" "global options: $*"
}
accepts --root "$STATE_DIR"
accepts --root="$STATE_DIR"
accepts -root "$STATE_DIR"
accepts -root="$STATE_DIR"
for options in --debug -debug --debug=true --debug=false "--log $CASE_DIR/log" \
	"--log=$CASE_DIR/log" "--log file:$CASE_DIR/log" "--log journald:$TAG" "--log syslog:$TAG" \
	"--log-format json" "--log-format=json" "-log-format=json" "--log-format text" \
	"--log-level error" "--log-level=warn" "--log-level warning" "--log-level info" \
	"--log-level debug" --rootless=true --rootless=false "--rootless auto" \
	"--cgroup-manager cgroupfs" --cgroup-manager=disabled "--criu /usr/sbin/criu"; do
	accepts --root "$STATE_DIR" $options
done
run husk --rootless=maybe list
is "$(head -n 1 "$ERR")" \
	'husk: option --rootless: "maybe" is not one of: true, false, auto' "but not --rootless=maybe"
run husk --log-format yaml list
is "$(head -n 1 "$ERR")" \
	'husk: option --log-format: "yaml" is not one of: text, json' "nor --log-format yaml"
run "$HUSK_BIN" --root / list
exits 1 "nor --root /"
like "$(errors)" '^husk: state directory: "/" is not allowed' "which it says"
run husk --root
is "$(head -n 1 "$ERR")" 'husk: option --root needs a value' "nor --root without a value"

# As conmon, containerd's shim and BuildKit write it.
run husk --log-format=json --log "$CASE_DIR/log" create --bundle "$BUNDLE" \
	--pid-file "$CASE_DIR/pid" --no-pivot --no-new-keyring --preserve-fds 0 "$ID"
exits 0 "create, as conmon does"
run husk --log "$CASE_DIR/log" --log-format json start "$ID"
exits 0 "start"
run husk exec --pid-file "$CASE_DIR/pid2" --detach --preserve-fds 0 "$ID" /probe sleep
exits 0 "exec --detach"
for options in "--cwd /" "-cwd /" "-e A=1" "--env A=1" "-eA=1" "-t=false" "--tty=false" "-u 0" \
	"--user 0:0" "-g 5" "--additional-gids 5" "-g 5,6" "--no-new-privs" "-c CAP_KILL" \
	"--cap=CAP_KILL" "--ignore-paused" "--preserve-fds 0" "--no-subreaper" "-no-subreaper" \
	"--cgroup /" "--process-label=" "--apparmor="; do
	run husk exec $options "$ID" /probe exit 3
	exits 3 "exec $options"
done
jq '.process | .args = ["/probe", "exit", "5"]' "$BUNDLE/config.json" >"$CASE_DIR/process.json"
for options in "-p $CASE_DIR/process.json" "--process=$CASE_DIR/process.json"; do
	run husk exec $options "$ID"
	exits 5 "exec $options"
done
for command in "ps --format json" "ps -f json" "ps -f table" "ps -format json"; do
	run husk $command "$ID"
	exits 0 "$command"
done
run husk ps "$ID" -o pid,args
like "$(line 1)" '^ *PID COMMAND$' "ps: options of ps(1) behind the ID"
run husk kill --all "$ID" 0
exits 0 "kill --all"
run husk kill -a "$ID" SIGKILL
exits 0 "kill -a with a signal's name"
ok "which kills" wait_until 10 has_status stopped
run husk kill --all "$ID" 9
exits 0 "kill --all of what has stopped"
run husk delete --force "$ID"
exits 0 "delete --force"
run husk delete -f "$ID"
exits 0 "delete --force of what does not exist"

cp "$BUNDLE/config.json" "$CASE_DIR/elsewhere.json"
for options in "-b $BUNDLE" "-bundle $BUNDLE -no-subreaper" "--bundle=$BUNDLE --no-subreaper" \
	"-b $BUNDLE -f $CASE_DIR/elsewhere.json" "-b $BUNDLE --config=$CASE_DIR/elsewhere.json" \
	"-b $BUNDLE --keep --no-pivot --no-new-keyring"; do
	run husk run -d $options "$ID"
	exits 0 "run -d $options"
	destroy
done
set_args /probe exit 4
run husk run --bundle "$BUNDLE" --keep "$ID"
exits 4 "run --keep"
is "$(status_of)" stopped "keeps what has stopped"
destroy

done_testing
