# lifecycle/delete - what delete ends and removes.
# covers: R-05 2.2-delete
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe fork 3 -- sleep

start_container "$ID"
exits 0 "a container with several processes"
pid=$(pid_of)
run husk delete --force "$ID"
exits 0 "delete --force while it runs"
# Ended, it is a zombie until its parent, not husk, has collected it.
ok "its process is gone" wait_until 5 not test -d "/proc/$pid"

create_container "$ID"
pid=$(pid_of)
run husk delete --force "$ID"
exits 0 "delete --force before start"
ok "its process is gone" wait_until 5 test ! -d "/proc/$pid"

create_container "$ID"
pid=$(pid_of)
run husk kill "$ID" KILL
exits 0 "kill before start"
ok "it stops" wait_until 5 has_status stopped
run husk delete "$ID"
exits 0 "delete after that"

done_testing
