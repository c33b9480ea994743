# lifecycle/list - list shows every container once, sorted, in three forms.
# covers: 2.2-list
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep

run husk list
exits 0 "list before there is a state directory"
run husk list --quiet
is "$(output)" "" "which shows none"

set_cgroup "$ID-b"
start_container "$ID-b"
set_cgroup "$ID-a"
create_container "$ID-a"

run husk list --quiet
is "$(output)" "$ID-a
$ID-b" "list --quiet"

run husk list --format json
is "$(jq -r '.[] | .id + " " + .status' "$OUT")" "$ID-a created
$ID-b running" "list --format json"
is "$(jq -r '.[1].pid' "$OUT")" "$(pid_of "$ID-b")" "with the pid"

run husk list
like "$(line 1)" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$' "list: its heading"
like "$(line 3)" "^$ID-b +$(pid_of "$ID-b") +running +$BUNDLE +20[0-9].*" "list: a line"

destroy "$ID-a"
destroy "$ID-b"
run husk list --quiet
is "$(output)" "" "none is left"

done_testing
