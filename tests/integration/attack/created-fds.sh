# attack/created-fds - what husk-init holds while a created container waits for start.
# CVE-2024-21626: a directory of the host that stays open is a way out.
# attacks: T-FD1
# covers: 3.5-self-exe
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
echo volume >"$CASE_DIR/volume"
add_mount /volume bind "$CASE_DIR/volume" bind
# held COMMAND...: husk, whose caller has left open what there is, without close-on-exec
held()
{
	run "$HUSK_PROBE" hold "$HUSK_BIN" --root "$STATE_DIR" $MANAGER "$@" 3</ 5</sys 7</proc 9<"$CASE_DIR"
}
held create --bundle "$BUNDLE" "$ID"
exits 0 "create, with descriptors of every kind open"
unlike "$(output)" '^hold' "all of them"
pid=$(pid_of)
# Its plan, procfs for the labels, the start socket; 0, 1 and 2 are the caller's.
is "$(for fd in /proc/"$pid"/fd/*; do
	[ "${fd##*/}" -gt 2 ] || continue
	readlink "$fd" | sed 's/:\[[0-9]*\]$//'
done | sort)" "$(printf '%s\n' '/memfd:husk-plan (deleted)' /proc socket)" \
	"its plan, procfs and the start socket, and nothing else"
is "$(stat -c %u:%g "/proc/$pid/mem")" 0:0 "its files in /proc are root's"
is "$(readlink "/proc/$pid/exe")" "/memfd:husk-init (deleted)" "it runs no file of the host"
not_ok "which nobody can write" dd if=/dev/null of="/proc/$pid/exe" conv=notrunc
# F_SEAL_SEAL, SHRINK, GROW and WRITE: nor ever will, by whatever way; Linux adds EXEC to a new one.
run "$HUSK_PROBE" seals "/proc/$pid/exe"
like "$(output)" ' (f|2f)$' "because it is sealed"
held start "$ID"
exits 0 "start, with descriptors of every kind open"
is "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 " "started, it has 0, 1 and 2"
held exec --detach --pid-file "$CASE_DIR/pid" "$ID" /probe sleep
exits 0 "exec, with descriptors of every kind open"
pid=$(cat "$CASE_DIR/pid")
is "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 " "what exec has started has 0, 1 and 2"
held exec --detach --preserve-fds 1 --pid-file "$CASE_DIR/pid" "$ID" /probe sleep
exits 0 "exec with one to preserve"
pid=$(cat "$CASE_DIR/pid")
is "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 3 " "what it has started has that one, too"
is "$(readlink "/proc/$pid/fd/3")" / "which is the one that was asked for"
destroy

# Preserved by create, and by run: those and no others.
set_args /probe fds
held run --bundle "$BUNDLE" "$ID"
is "$(grep -c '^fd ' "$OUT")" 3 "run, with descriptors of every kind open: it has 0, 1 and 2"
held run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
is "$(sed -n 's/^fd \([0-9]*\) .*/\1/p' "$OUT" | tr '\n' ' ')" "0 1 2 3 " "run with one to preserve: that one, too"

done_testing
