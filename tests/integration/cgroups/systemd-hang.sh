# cgroups/systemd-hang - a systemd that does not answer costs time, and leaves nothing behind or frozen.
# timeout: 150
. "$HUSK_TESTS/lib.sh"
only_cgroupfs "its systemd is the same in every round"
. "$HUSK_TESTS/integration/cgroups/fake-systemd"

make_bundle
config '.linux.cgroupsPath = $path' --arg path "$SLICE:husk:$TAG"
set_args /probe sleep

# within SECONDS COMMAND...: it ends by itself in that time
within()
{
	begin=$(date +%s) limit=$1
	shift
	run "$@"
	took=$(($(date +%s) - begin))
	if [ "$took" -le "$limit" ]; then pass "ends within $limit s"; else
		fail "ends within $limit s" "$took s"; fi
}

fake hang-connect
within 14 husk --systemd-cgroup create --bundle "$BUNDLE" "$ID"
fails_with "cannot connect to systemd's system manager: .*\(Connection timed out\)" "nobody answers"
like "$(errors)" "does not answer within 10 s" "the hint tells how long it waited"

fake hang
within 14 husk --systemd-cgroup create --bundle "$BUNDLE" "$ID"
fails_with "systemd: StartTransientUnit $UNIT: no answer within 10 s" "a call without an answer"

fake no-job
within 34 husk --systemd-cgroup create --bundle "$BUNDLE" "$ID"
fails_with "systemd: start $UNIT: the job did not end within 30 s" "a job without an end"
is "$(husk list -q)" "" "no container is left of these"
for dir in "$SCOPE"; do
	[ ! -d "$dir" ] || rmdir "$dir"		# the fake's: systemd itself removes an empty scope
done

fake hang-stop
run husk --systemd-cgroup run --bundle "$BUNDLE" --detach "$ID"
exits 0 "a container; then systemd hangs"
printf '%s' '{"pids": {"limit": 50}, "devices": [{"allow": true, "type": "c", "major": 1,
	"minor": 3, "access": "rwm"}]}' >"$CASE_DIR/resources"
within 14 husk update --resources "$CASE_DIR/resources" "$ID"
fails_with "systemd: SetUnitProperties $UNIT: no answer within 10 s" "update"
is "$(status_of)" running "the container is not left frozen"
run husk exec "$ID" /probe exit 3
exits 3 "it goes on"
within 14 husk --log-level warn delete --force "$ID"
exits 0 "delete goes on by itself"
like "$(errors)" "systemd: StopUnit $UNIT: no answer within 10 s, ignoring" "with a warning"
not_ok "the cgroup is gone" test -e "$SCOPE"

fake_done
