# attack/created-fds - what husk-init holds while a created container waits for start.
# CVE-2024-21626: a directory of the host that stays open is a way out.
# attacks: T-FD1
# covers: 3.5-self-exe
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
echo volume >"$CASE_DIR/volume"
add_mount /volume bind "$CASE_DIR/volume" bind
create_container "$ID" 3</ 5</sys 7</proc 9<"$CASE_DIR"
exits 0 "create, with directories open"
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
husk start "$ID"
is "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 " "started, it has 0, 1 and 2"
destroy

done_testing
