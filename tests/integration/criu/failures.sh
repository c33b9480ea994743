# criu/failures - checkpoint and restore say what went wrong, and leave all as it was.
# attacks: T-RESTORE1
# covers: 2.2-checkpoint 2.2-restore
# timeout: 120
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
images=$CASE_DIR/images
mkdir "$images"
log="hint: the whole log: $images/dump.log; \"criu check\" tells what this kernel lacks"

fake_criu
start_container "$ID"
dump()
{
	run husk checkpoint --image-path "$images" "$@" "$ID"
}

# says TEXT NAME: the last run failed with exactly that
says()
{
	is "$STATUS $(errors)" "1 husk: checkpoint of container \"$ID\": $1" "$2"
	is "$(status_of)" running "... and the container goes on"
}

# It is an old log that must not be taken for the new one; and no link is followed.
echo "(00.1) Error (criu/old.c:1): old" >"$images/dump.log"
fake_criu "fail 16 the first error"
dump
says "criu 3.17.1 could not dump it (Device or resource busy): the first error
  $log" "criu's own message"
echo keep >"$CASE_DIR/precious"
ln -sf "$CASE_DIR/precious" "$images/dump.log"
fake_criu "log (00.000001) Running on x" "log (00.012345) Error (criu/mount.c:1): mnt: No such thing" \
	"log (00.012346) Error (criu/cr-dump.c:2): Dumping FAILED." "fail 22 other"
dump
says "criu 3.17.1 could not dump it (Invalid argument): mnt: No such thing
  $log" "the last error of its log, but for the one that says nothing"
is "$(cat "$CASE_DIR/precious")" keep "a link by the log's name is not followed"

fake_criu "say Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds" \
	"say Error (criu/crtools.c:260): Could not initialize kernel features detection." "quit 1"
dump
says "criu ended with status 1 before it had answered: vdso: Unexpected rt vDSO area bounds; Could not initialize kernel features detection.
  $log" "criu that cannot work on this kernel"
like "$(cat "$images/dump.log")" "Could not initialize" "the log has what it printed"
fake_criu "die"
dump
says "criu 3.17.1 was killed by signal 9 before it had answered
  $log" "criu that dies"
fake_criu "freeze" "die"
dump
says "criu 3.17.1 was killed by signal 9 before it had answered
  $log" "criu that dies while the container is frozen"
fake_criu "garbage"
dump
says "criu's answer of 2 bytes is not in the form of its rpc.proto" "an answer that is none"
fake_criu "version 3 10 0"
dump
says "checkpoint needs criu 3.11 or newer; this is 3.10.0" "an old criu"
fake_criu
dump --network-lock skip
says "--network-lock=skip needs criu 3.19 or newer; this is 3.17.1" "an option that criu lacks"

# Ctrl-C ends a criu that hangs.
fake_criu "freeze" "hang"
"$HUSK_BIN" --root "$STATE_DIR" $MANAGER checkpoint --image-path "$images" "$ID" >"$OUT" 2>"$ERR" &
husk_pid=$!
wait_until 5 grep -q "request 1$" "$CRIU/criu.got"
wait_until 5 has_status paused
kill -INT "$husk_pid"
STATUS=0
wait "$husk_pid" || STATUS=$?
says "dump was cancelled: criu was killed" "a signal ends a criu that hangs"

# A program that cannot be executed, or is not there.
fake_criu
dump --parent-path "$images"
says "--parent-path should be relative to --image-path: \"$images\"" "an absolute --parent-path"
dump --parent-path nowhere
says "invalid --parent-path: nowhere: No such file or directory" "a --parent-path that is not there"
touch "$images/file"
dump --parent-path file
says "invalid --parent-path: file: Not a directory" "a --parent-path that is a file"
dump --lazy-pages --status-fd 99
says "invalid --status-fd argument 99: Bad file descriptor" "a --status-fd that is closed"
run sh -c '"$@" 8</dev/null' - "$HUSK_BIN" --root "$STATE_DIR" $MANAGER checkpoint --image-path "$images" --lazy-pages --status-fd 8 "$ID"
says "invalid --status-fd argument 8: not writable" "a --status-fd that is read-only"
run husk checkpoint --image-path "$images/file" "$ID"
fails_with "image directory: $images/file: not a directory" "an image directory that is a file"
run husk checkpoint --image-path "$images" --work-path "$images/file" "$ID"
fails_with "work directory" "a work directory that is a file"
is "$(status_of)" running "the container goes on"
for bad in 1234 :1 host: host:0 host:65536 host:x; do
	dump --page-server "$bad"
	is "$STATUS $(errors)" "1 husk: Use --page-server ADDRESS:PORT to specify page server: \"$bad\"" "--page-server $bad"
done
dump --empty-ns pid
is "$STATUS $(errors)" "1 husk: --empty-ns: namespace \"pid\" is not supported, only \"network\"" "--empty-ns pid"
dump --manage-cgroups-mode none
fails_with "soft, full, strict, ignore|\"none\"" "--manage-cgroups-mode none"

# States.
destroy
dump
is "$STATUS $(errors)" "1 husk: container does not exist: \"$ID\"" "no container"
create_container "$ID"
dump
is "$STATUS $(errors)" "1 husk: checkpoint of container \"$ID\": Container cannot be checkpointed in created state: \"$ID\"" "a created one"
run husk kill "$ID" KILL
wait_until 5 has_status stopped
dump
is "$STATUS $(errors)" "1 husk: checkpoint of container \"$ID\": Container cannot be checkpointed in stopped state: \"$ID\"" "a stopped one"
not_asked "request 1$" "criu was not asked"
destroy

# Restore.
back()
{
	run husk restore --detach --bundle "$BUNDLE" --image-path "$images" "$@" "$ID"
}
gone()
{
	is "$(status_of)" "" "... and nothing is left"
	[ ! -d "$STATE_DIR/$ID" ] || fail "the state directory is gone"
}
run husk restore --detach --bundle "$BUNDLE" --image-path "$CASE_DIR/nowhere" "$ID"
is "$STATUS $(errors)" "1 husk: restore container \"$ID\": image directory $CASE_DIR/nowhere: No such file or directory" "images that are not there"
gone
run husk restore --detach --bundle "$BUNDLE" --image-path "$images/file" "$ID"
is "$STATUS $(errors)" "1 husk: restore container \"$ID\": image directory $images/file: Not a directory" "images that are a file"
echo '["pipe:[1]"' >"$images/descriptors.json"
back
fails_with "restore container \"$ID\": descriptors.json of the images: " "descriptors.json that is none"
gone
rm "$images/descriptors.json"
ln -s "$CASE_DIR/precious" "$images/descriptors.json"
back
fails_with "open descriptors.json of the images: Too many levels of symbolic links" "descriptors.json that is a link"
rm "$images/descriptors.json"
echo '["/dev/null","/dev/null","/dev/null"]' >"$images/descriptors.json"
ln -sf "$CASE_DIR/precious" "$images/restore.log"
ln -sf "$CASE_DIR/precious" "$images/stats-restore"
fake_criu "exec /probe sleep" "notify setup-namespaces" \
	"log (00.1) Error (criu/files.c:1): Can't open file" \
	"log (00.2) Error (criu/cr-restore.c:2): Restoring FAILED." "fail 2"
back
is "$STATUS $(errors)" "1 husk: restore container \"$ID\": criu 3.17.1 could not restore it (No such file or directory): Can't open file
  hint: the whole log: $images/restore.log; \"criu check\" tells what this kernel lacks" "criu's last error"
is "$(cat "$CASE_DIR/precious")" keep "links among the images are not followed"
gone
fake_criu "exec /probe sleep" "notify setup-namespaces" "die"
back
fails_with "criu 3.17.1 was killed by signal 9" "criu that dies half-way"
gone
fake_criu "notify setup-namespaces"
back
fails_with "criu names the restored process 0" "a process that is none"
gone
fake_criu "exec /probe sleep" "notify setup-namespaces" "hang"
"$HUSK_BIN" --root "$STATE_DIR" $MANAGER restore --detach --bundle "$BUNDLE" --image-path "$images" "$ID" >"$OUT" 2>"$ERR" &
husk_pid=$!
wait_until 5 grep -q "request 6" "$CRIU/criu.got"
kill -TERM "$husk_pid"
STATUS=0
wait "$husk_pid" || STATUS=$?
is "$STATUS $(errors)" "1 husk: restore container \"$ID\": restore was cancelled: criu was killed" "a signal ends a restore that hangs"
gone
fake_criu "version 3 15 0"
back --lsm-profile apparmor:x
fails_with "--lsm-profile needs criu 3.16 or newer; this is 3.15.0" "--lsm-profile with an old criu"
gone
fake_criu "exec /probe sleep" "notify setup-namespaces"
config '.hooks.createRuntime = [{path: "/usr/bin/env", args: ["env", "false"]}]'
back
fails_with "createRuntime hook 0 .*exit status 1" "a createRuntime hook that fails"
gone
config '.hooks = {poststart: [{path: "/usr/bin/env", args: ["env", "false"]}]}'
back
fails_with "poststart hook 0 .*exit status 1" "a poststart hook that fails"
gone
config 'del(.hooks)'
fake_criu "exec /probe sleep"
start_container "$ID"
back
is "$STATUS $(errors)" "1 husk: restore container \"$ID\": container with given ID already exists: \"$ID\"" "an ID that is taken"
is "$(status_of)" running "... and whose container goes on"
destroy

# No criu at all: everything by that name cannot be executed.
fake_criu
start_container "$ID"
chmod -x "$CRIU/criu"
covered=
for dir in /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
	if [ -x "$dir/criu" ]; then
		mount --bind "$CRIU/criu" "$dir/criu" && covered="$covered $dir/criu"
	fi
done
dump
says "criu was not found in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  hint: install it (Debian's package is criu); \$PATH is not searched, see SECURITY.md" "no criu"
mkdir "$CASE_DIR/path"
printf '#!/bin/sh\ntouch %s\n' "$CASE_DIR/executed" >"$CASE_DIR/path/criu"
chmod +x "$CASE_DIR/path/criu"
PATH=$CASE_DIR/path:$PATH dump
not_ok "a criu in \$PATH is not executed" test -e "$CASE_DIR/executed"
[ -z "$covered" ] || umount $covered
destroy
no_criu
done_testing
