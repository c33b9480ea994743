# lifecycle/ps-user - the processes of a container that has no cgroup.
# runs as: user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

! is_delegated || skip_all "this user has a delegated cgroup, which lists them"

pids()	# a line of host pids
{
	run husk ps --format json "$ID"
	jq -r '.[]' "$OUT" | paste -sd' ' -
}

make_bundle
set_args /probe sleep 60
create_container "$ID"
init=$(pid_of)
is "$(pids)" "$init" "before it has started"
run husk start "$ID"
is "$(pids)" "$init" "the init alone"

# One that comes in from outside, and one in a pid namespace below.
husk exec "$ID" /probe sleep 60 >/dev/null 2>&1 &
wait_until 5 sh -c "[ \$('$HUSK_BIN' --root '$STATE_DIR' ps --format json '$ID' | jq length) = 2 ]"
entered=$(pids)
like "$entered" "^$init [0-9]+\$" "and a second one"
second=${entered#* }
is "$(tr '\0' ' ' <"/proc/$second/cmdline")" "/probe sleep 60 " "which is what was executed"
run husk ps "$ID"
is "$(wc -l <"$OUT")" 3 "as ps(1) shows them"
destroy
run husk ps --format json "$ID"
fails_with 'does not exist' "afterwards"

# In the host's pid namespace: the descendants.
make_bundle
no_namespace pid
set_args /probe fork -- sleep 60
start_container "$ID"
init=$(pid_of)
like "$(pids)" "^$init( [0-9]+)?\$" "without a pid namespace of its own"
destroy

done_testing
