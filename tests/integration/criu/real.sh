# criu/real - a container is dumped and restored by criu itself, where that works.
# covers: 2.2-checkpoint 2.2-restore
# timeout: 180
# alone
. "$HUSK_TESTS/lib.sh"

criu=
for dir in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
	[ -n "$criu" ] || [ ! -x "$dir/criu" ] || criu=$dir/criu
done
[ -n "$criu" ] || skip_all "criu is not installed"
why=$("$criu" check 2>&1) ||
	skip_all "criu cannot work here: $(printf '%s\n' "$why" | grep Error | tail -n 1)"

make_bundle
add_busybox
mkdir "$CASE_DIR/data"
add_mount /data bind "$CASE_DIR/data" bind,rw
mkdir "$ROOTFS/data"
config '.linux.maskedPaths += ["/proc/keys", "/proc/scsi"]'
set_args /bin/sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/data/count; echo $i; sleep 0.1; done'
images=$CASE_DIR/images
# criu mounts cgroup2 with other options than the host's, which changes the host's.
v2=$(v2)
options=$(awk -v at="$v2" '$2 == at { print $4; exit }' /proc/self/mounts)

counted()	# N: has it got that far?
{
	[ "$(cat "$CASE_DIR/data/count" 2>/dev/null || echo 0)" -ge "$1" ] 2>/dev/null
}

# Pipes, as engines give them: files of the host would not be there for criu.
sh -c '"$@" 2>&1 </dev/null | cat >"$0"' "$CASE_DIR/first" "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --detach \
	--bundle "$BUNDLE" "$ID" &
wait_until 10 counted 5
run husk checkpoint --image-path "$images" --leave-running "$ID"
if [ "$STATUS" -ne 0 ]; then
	cat "$images/dump.log" >&2
	reason=$(errors | head -n 1)
	destroy
	skip_all "criu could not dump here: $reason"
fi
pass "checkpoint --leave-running"
n=$(cat "$CASE_DIR/data/count")
ok "the container goes on" wait_until 10 counted $((n + 5))
run husk checkpoint --image-path "$images" "$ID"
exits 0 "checkpoint"
is "$(status_of)" "" "the container is deleted"
n=$(cat "$CASE_DIR/data/count")

sh -c '"$@" 2>&1 </dev/null | cat >"$0"' "$CASE_DIR/second" "$HUSK_BIN" --root "$STATE_DIR" $MANAGER restore --detach \
	--bundle "$BUNDLE" --image-path "$images" --pid-file "$CASE_DIR/pid" "$ID-2" &
wait_until 20 has_status running "$ID-2" || cat "$images/restore.log" >&2
is "$(status_of "$ID-2")" running "restore, under another ID"
is "$(cat "$CASE_DIR/pid")" "$(pid_of "$ID-2")" "--pid-file"
ok "it goes on from where it was" wait_until 10 counted $((n + 5))
ok "its standard output is the new one" wait_until 10 test -s "$CASE_DIR/second"
run husk exec "$ID-2" /bin/cat /proc/keys
is "$(output)" "" "what was masked is masked"
destroy "$ID-2"
[ -z "$v2" ] || mount -o "remount,$options" "$v2"
done_testing
