# lifecycle/console - a terminal: its master goes to the console socket.
# covers: C-18 2.3-console-socket 2.3-pidfd-socket 3.5-console
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
socket=$CASE_DIR/console.sock

receive()	# [FDRECV ARG]...
{
	fdrecv "$CASE_DIR/received" stream "$socket" "$@"
}

receive relay
set_args /probe tty -- self -- stat /dev/console
create_container "$ID" --console-socket "$socket"
exits 0 "create --console-socket"
run husk start "$ID"
exits 0 "start"
wait "$RECEIVER"
tr -d '\r' <"$CASE_DIR/received" >"$OUT"
like "$(output)" '^received /(dev/|dev/pts/)?ptmx' "the socket receives a master"
like "$(value "tty 0")" '^yes /dev/(pts/0|console) 33x77 136:' "standard input is the terminal, of the wanted size"
like "$(value "tty 1")" '^yes ' "standard output"
like "$(value "tty 2")" '^yes ' "standard error"
has ctty ok "it is the controlling terminal"
has sid 1 "the program leads its session"
like "$(value "stat /dev/console")" '^char 0[0-9]* [0-9]+ [0-9]+ 136:' "/dev/console is the terminal"
destroy

# A line, and the end of input: the program goes on until it has read both.
receive relay "$(printf 'typed\n\004')"
config '.process.terminal = false'
set_args /probe sleep
start_container "$ID"
add_exec()
{
	jq -n '{terminal: true, user: {uid: 0, gid: 0}, cwd: "/", env: [], args: $args}' \
		--argjson args "$(json_array "$@")" >"$CASE_DIR/process.json"
}
add_exec /probe tty -- cat
run husk exec --detach --process "$CASE_DIR/process.json" --console-socket "$socket" "$ID"
exits 0 "exec with a terminal"
wait "$RECEIVER"
tr -d '\r' <"$CASE_DIR/received" >"$OUT"
like "$(value "tty 0")" '^yes ' "its standard input is a terminal"
has ctty ok "it is the controlling terminal"
# The echo may come in the middle of a line of the program's.
is "$(output | grep -c 'typed$')" 2 "what is typed is echoed, and read"
destroy

config '.process.terminal = true'
create_container "$ID"
isnt "$STATUS" 0 "create with a terminal and no console socket"
destroy

# In the foreground of a terminal: husk relays between that one and the container's.
if command -v script >/dev/null 2>&1; then
	config '.process.terminal = true | del(.process.consoleSize)'
	set_args /probe tty -- exit 6
	script -qec "'$HUSK_BIN' --root '$STATE_DIR' run --bundle '$BUNDLE' '$ID'" /dev/null \
		>"$OUT" 2>"$ERR" </dev/null
	is "$?" 6 "run in the foreground of a terminal: the exit status"
	like "$(output)" 'tty 0 yes ' "and the program has a terminal of its own"
fi

if "$HUSK_BIN" create --help 2>&1 | grep -q pidfd-socket; then
	config '.process.terminal = false'
	receive
	create_container "$ID" --pidfd-socket "$socket"
	exits 0 "create --pidfd-socket"
	wait "$RECEIVER"
	like "$(cat "$CASE_DIR/received")" '^received .*pidfd' "the socket receives a pidfd"
	destroy
fi

done_testing
