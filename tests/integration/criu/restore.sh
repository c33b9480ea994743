# criu/restore - what restore asks of criu, with a program in its place; and what it makes of it.
# attacks: T-RESTORE1
# covers: 2.2-restore 8-12
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
images=$CASE_DIR/images
mkdir "$images" "$CASE_DIR/data"
touch "$CASE_DIR/data/there" "$CASE_DIR/file"
add_mount /data bind "$CASE_DIR/data" rbind,rw
add_mount /data/inner bind "$CASE_DIR/file" bind,ro
add_mount /etc/file none "$CASE_DIR/file" bind
config '.annotations = {"a.b": "c"}'
echo '["pipe:[11]","/dev/null","pipe:[12]"]' >"$images/descriptors.json"

fake_criu "exec /probe sleep" "notify setup-namespaces" "notify post-restore"
run husk restore --detach --bundle "$BUNDLE" --image-path "$images" --pid-file "$CASE_DIR/pid" \
	--no-subreaper --no-pivot "$ID"
exits 0 "restore --detach"
is "$(output)$(errors)" "" "it prints nothing"
is "$(status_of)" running "the container runs"
pid=$(pid_of)
is "$(cat "$CASE_DIR/pid")" "$pid" "--pid-file"
is "$(husk state "$ID" | jq -r '.annotations["a.b"] + .bundle')" "c$BUNDLE" "its state has bundle and annotations"
is "$(husk ps --format json "$ID")" "[$pid]" "it is in its cgroup"
is "$(readlink "/proc/$pid/root/data" 2>/dev/null; ls "$ROOTFS/data" | wc -l)" 0 \
	"the bind mounts that criu makes were not left in the root"
ok "a place for a directory was made" test -d "$ROOTFS/data"
ok "a place for a file was made" test -f "$ROOTFS/etc/file"
ok "a place in a bind mount was made" test -f "$CASE_DIR/data/inner"
not_ok "the root's mount is not seen on the host" grep -q criu-root /proc/self/mountinfo
not_ok "nor is its directory left" test -e "$STATE_DIR/$ID/criu-root"
asked "request 10" "its version is asked for"
asked "request 2" "a restore is asked for"
asked "13 = $STATE_DIR/$ID/criu-root" "the root, as a mount of its own"
asked "10 = restore.log" "the log is runc's"
asked "6 = 1" "devices may have moved"
asked "26 = 1" "the process is a child of husk's"
asked "27 { 1 = pipe:[11], 2 = 4 }" "a pipe that was standard input is ours now"
asked "27 { 1 = pipe:[12], 2 = 6 }" "one that was standard error too"
is "$(grep -c '^27' "$CRIU/criu.got")" 2 "and no others"
asked "37 = mnt[/data]:$CASE_DIR/data" "a bind mount"
asked "37 = mnt[/data/inner]:$CASE_DIR/file" "one inside of it"
asked "37 = mnt[/etc/file]:$CASE_DIR/file" "one of a file"
asked "37 = mnt[/dev/null]:/dev/null" "what masks files"
like "$(cat "$CRIU/criu.got")" "^25 \{ 1 = .*, 2 = .*$CGROUP \}" "cgroups of the images go to the container's"
run husk kill "$ID" KILL
exits 0 "it can be signalled"
wait_until 5 has_status stopped
is "$(status_of)" stopped "and ends"
destroy

# Every option.
fake_criu "exec /probe sleep" "notify setup-namespaces"
run husk restore -d -b "$BUNDLE" --image-path "$images" --work-path "$CASE_DIR/work" \
	--tcp-established --tcp-close --ext-unix-sk --shell-job --file-locks --lazy-pages --auto-dedup \
	--link-remap --empty-ns network --manage-cgroups-mode full --network-lock iptables \
	--lsm-profile apparmor:p --lsm-mount-context system_u:x -no-subreaper --preserve-fds 0 "$ID"
exits 0 "restore with every option"
for on in 4 5 7 8 16 18 48 52; do
	asked "$on = 1" "option $on is on"
done
asked "34 = 4" "--manage-cgroups-mode"
asked "38 = 1073741824" "--empty-ns"
asked "53 = apparmor:p" "--lsm-profile"
asked "63 = system_u:x" "--lsm-mount-context"
asked "64 = 1" "--network-lock"
destroy
fake_criu "exec /probe sleep" "notify setup-namespaces"
run husk restore -d -b "$BUNDLE" --image-path "$images" --manage-cgroups-mode ignore "$ID"
exits 0 "restore --manage-cgroups-mode=ignore"
not_asked "25 " "leaves the images' cgroups alone"
destroy

# Another name, another cgroup.
fake_criu "exec /probe sleep" "notify setup-namespaces"
set_cgroup "$ID-other"
run husk restore -d -b "$BUNDLE" --image-path "$images" "$ID-b"
exits 0 "restore under another ID"
like "$(cat "$CRIU/criu.got")" "^25 \{ 1 = .*, 2 = .*$(cgroup_of "$ID-other") \}" "into the cgroup of that bundle"
destroy "$ID-b"
set_cgroup "$ID"

# In the foreground: our streams, its exit code, and it is deleted.
fake_criu "exec /probe stderr restored -- exit 7" "notify setup-namespaces" "notify post-restore"
run husk restore --bundle "$BUNDLE" --image-path "$images" "$ID"
exits 7 "restore in the foreground has the program's exit code"
like "$(errors)" "restored" "a pipe that was standard error is ours"
is "$(status_of)" "" "the container is deleted"

# Hooks, in order, with the process and the state.
hook()
{
	jq -n '{path: "/bin/sh", args: ["sh", "-c", $c]}' \
		--arg c "echo $1 \$(cat | tr -d '\\n ' | sed 's/.*\"pid\":\\([0-9]*\\),\"status\":\"\\([a-z]*\\)\".*/\\1 \\2/') >>$CASE_DIR/hooks"
}
config '.hooks = {prestart: [$a], createRuntime: [$b], createContainer: [$c], startContainer: [$c],
	poststart: [$d]}' --argjson a "$(hook prestart)" --argjson b "$(hook createRuntime)" \
	--argjson c "$(hook never)" --argjson d "$(hook poststart)"
fake_criu "exec /probe sleep" "notify setup-namespaces" "notify post-restore"
run husk restore -d -b "$BUNDLE" --image-path "$images" "$ID"
exits 0 "restore with hooks"
pid=$(pid_of)
is "$(cat "$CASE_DIR/hooks")" "prestart $pid creating
createRuntime $pid creating
poststart $pid running" "prestart and createRuntime, when the namespaces are there, and poststart"
destroy
config 'del(.hooks)'

# A terminal: its master goes to the console socket.
config '.process.terminal = true'
fake_criu "exec /probe sleep" "pts" "notify setup-namespaces"
socket=$CASE_DIR/console.sock
fdrecv "$CASE_DIR/received" stream "$socket"
run husk restore -d -b "$BUNDLE" --image-path "$images" --console-socket "$socket" "$ID"
exits 0 "restore --console-socket"
wait_until 5 grep -q received "$CASE_DIR/received"
like "$(cat "$CASE_DIR/received")" '^received /(dev/|dev/pts/)?ptmx' "the socket receives the master"
kill "$RECEIVER" 2>/dev/null
wait "$RECEIVER" 2>/dev/null
destroy
run husk restore -d -b "$BUNDLE" --image-path "$images" "$ID"
fails_with "cannot allocate tty if runc will detach without setting console socket" "a terminal needs one"
config '.process.terminal = false'
run husk restore -b "$BUNDLE" --image-path "$images" --console-socket "$socket" "$ID"
fails_with "cannot use console socket if runc will not detach or allocate tty" "and no other"

# Namespaces joined by path.
unshare -n -u sleep 100 &
sleeper=$!
wait_until 5 sh -c "[ \$(readlink /proc/$sleeper/ns/uts) != \$(readlink /proc/self/ns/uts) ]"
config '.linux.namespaces |= map(if .type == "network" then .path = $n
	elif .type == "uts" then .path = $u else . end) | del(.hostname)' \
	--arg n "/proc/$sleeper/ns/net" --arg u "/proc/$sleeper/ns/uts"
fake_criu "exec /probe sleep" "notify setup-namespaces"
run husk restore -d -b "$BUNDLE" --image-path "$images" "$ID"
exits 0 "restore with namespaces by path"
asked "27 { 1 = extRootNetNS, 2 = 7 }" "the network namespace is given by descriptor"
asked "39 { 1 = uts, 2 = /proc/$sleeper/ns/uts }" "the others criu joins"
destroy
kill "$sleeper"

# Images without descriptors.json (of another program): nothing can be connected.
rm "$images/descriptors.json"
fake_criu "exec /probe sleep" "notify setup-namespaces"
config '.linux.namespaces |= map(del(.path))'
run husk --log-level warn restore -d -b "$BUNDLE" --image-path "$images" "$ID"
exits 0 "restore without descriptors.json"
like "$(errors)" "the images have no descriptors.json" "with a warning"
destroy
no_criu
done_testing
