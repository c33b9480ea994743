# lifecycle/create-start - create, start, state, kill and delete, one after the other.
# covers: R-01 R-02 R-03 R-04 R-05 2.2-create 2.2-start 2.2-state 2.2-delete 2.3-status
# covers: 8-13
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config '.annotations = {"org.example.key": "a value"}'
set_args /probe create /tmp/started -- trap 15

create_container "$ID"
exits 0 "create"
is "$(output)$(errors)" "" "create prints nothing"
is "$(status_of)" created "its status"
pid=$(pid_of)
ok "its process exists" test -d "/proc/$pid"
not_ok "the program does not run yet" test -e "$ROOTFS/tmp/started"

run husk state "$ID"
is "$(jq -r .id "$OUT")" "$ID" "state: id"
is "$(jq -r .bundle "$OUT")" "$BUNDLE" "state: bundle"
is "$(jq -r .rootfs "$OUT")" "$ROOTFS" "state: rootfs"
is "$(jq -r '.annotations["org.example.key"]' "$OUT")" "a value" "state: annotations"
like "$(jq -r .ociVersion "$OUT")" '^1\.[0-9]+\.[0-9]+' "state: ociVersion"
like "$(jq -r .created "$OUT")" '^20[0-9-]+T[0-9:.]+Z$' "state: created is RFC 3339"

create_container "$ID"
fails_with "already exists" "the same ID a second time"
is "$(pid_of)" "$pid" "which does not disturb the first"

run husk start "$ID"
exits 0 "start"
is "$(status_of)" running "its status"
ok "the program runs" wait_until 5 test -e "$ROOTFS/tmp/started"
is "$(pid_of)" "$pid" "as the same process"

run husk start "$ID"
fails_with "cannot start an already running container" "a second start"

run husk delete "$ID"
fails_with "cannot delete container $ID that is not stopped: running" "delete while it runs"

# The program may still be on its way to its handler.
wait_until 5 grep -q '^SigCgt:.*4...$' "/proc/$pid/status"
run husk kill "$ID" TERM
exits 0 "kill"
ok "it stops" wait_until 5 has_status stopped
is "$(pid_of)" 0 "state: pid 0 once it has stopped"

run husk start "$ID"
fails_with "cannot start a container that has stopped" "start after it has stopped"
run husk kill "$ID" TERM
fails_with "container not running" "kill after it has stopped"

run husk delete "$ID"
exits 0 "delete"
run husk state "$ID"
fails_with "container does not exist" "state of a container that was deleted"
run husk start "$ID"
fails_with "container does not exist" "start"
run husk kill "$ID" TERM
fails_with "container does not exist" "kill"
run husk delete "$ID"
fails_with "container does not exist" "delete"
run husk delete --force "$ID"
exits 0 "delete --force of a container that does not exist"

done_testing
