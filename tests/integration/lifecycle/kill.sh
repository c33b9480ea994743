# lifecycle/kill - signals by name and number, to one process or to all.
# covers: 2.2-kill
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle

# sends NAME NUMBER: the program gets it
sends()
{
	set_args /probe trap "$2"
	husk create --bundle "$BUNDLE" "$ID" >"$CASE_DIR/said" 2>&1 </dev/null
	run husk start "$ID"
	wait_until 5 grep -q '^trap ready' "$CASE_DIR/said"
	run husk kill "$ID" "$1"
	wait_until 5 has_status stopped
	is "$(tail -n 1 "$CASE_DIR/said")" "trap $2" "kill ID $1"
	destroy
}

sends TERM 15
sends SIGUSR1 10
sends 12 12
sends SIGRTMIN+3 37

set_args /probe sleep
start_container "$ID"
run husk kill "$ID" NOSUCH
isnt "$STATUS" 0 "a signal that does not exist"
is "$(status_of)" running "does nothing"
all=--all
# Without a cgroup nobody knows what "all" is.
[ "$HUSK_USER" = root ] || all=
run husk kill $all "$ID" KILL
exits 0 "kill $all"
ok "it stops" wait_until 5 has_status stopped
destroy

done_testing
