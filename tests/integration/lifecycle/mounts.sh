# lifecycle/mounts - mounts added to a running container, and taken away.
# covers: 1.2-hot 2.2-mounts
# runs as: root user
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
src=$CASE_DIR/src
mkdir -p "$src/dir" "$BUNDLE/near"
echo content >"$src/file"
echo near >"$BUNDLE/near/file"
set_args /probe sleep
file=$CASE_DIR/mounts.json

# list MOUNT...: what FILE holds; ' stands for "
list()
{
	_all=
	for _one; do
		_all="$_all${_all:+,}{$_one}"
	done
	printf '[%s]\n' "$_all" | tr "'" '"' >"$file"
}

inside()	# PROBE-COMMAND...
{
	run husk exec "$ID" /probe "$@"
}

mounted()	# how much the container has mounted
{
	husk exec "$ID" /probe mounts | grep -c '^mount '
}

start_container "$ID"
before=$(mounted)

list "'destination':'/data','type':'bind','source':'$src','options':['rbind','rprivate']" \
	"'destination':'/etc/one','source':'$src/file','options':['bind','ro']" \
	"'destination':'/near','source':'near','options':['bind']" \
	"'destination':'/scratch','type':'tmpfs','source':'tmpfs','options':['nosuid','size=64k']"
run husk mounts add "$ID" "$file"
exits 0 "mounts add"
inside $(reads /data/file /etc/one /near/file) write /etc/one x -- mounts /scratch -- \
	create /scratch/new -- mounts /data
holds /data/file content "a directory"
holds /etc/one content "a file"
holds /near/file near "a source in the bundle"
has "write /etc/one" EROFS "ro"
like "$(value "mount /scratch")" '^tmpfs .*nosuid' "a tmpfs"
has "create /scratch/new" ok "can be written to"
is "$(mounted)" $((before + 4)) "no more than those"
if [ "$HUSK_USER" = user ]; then
	skip "nothing of it on the host" "an unprivileged user could not"
else
	not_ok "nothing of it on the host" grep -q "$ROOTFS/\(data\|scratch\)" /proc/self/mountinfo
fi

# Only destinations count; the last goes first, so one on top of another can go with it.
mkdir -p "$src/dir/below"
list "'destination':'/data/dir','type':'tmpfs'"
run husk mounts add "$ID" "$file"
exits 0 "one on top of another"
list "'destination':'/data'" "'destination':'/data/dir'" "'destination':'/etc/../etc/one'" \
	"'destination':'near'" "'destination':'/scratch'"
run husk mounts remove "$ID" "$file"
exits 0 "mounts remove"
is "$(mounted)" "$before" "they are gone"
inside stat /etc/one -- read /data/file
like "$(output)" 'ENOENT' "what they showed is gone"

# All or none.
list "'destination':'/one','type':'tmpfs'" "'destination':'/two','source':'$src','options':['bind']" \
	"'destination':'/probe','source':'$src','options':['bind']"
run husk mounts add "$ID" "$file"
fails_with 'mount a directory onto a file' "the third cannot be made"
is "$(mounted)" "$before" "the others are taken back"
list "'destination':'/one','type':'tmpfs'" "'destination':'/two','type':'nosuchfs'"
run husk mounts add "$ID" "$file"
fails_with 'fsopen nosuchfs on /two: No such device' "no such file system"
is "$(mounted)" "$before" "the other is taken back"
list "'destination':'/one','type':'tmpfs'" "'destination':'/two','source':'$src/none','options':['bind']"
run husk mounts add "$ID" "$file"
fails_with "open_tree $src/none: No such file or directory" "no such source"
is "$(mounted)" "$before" "nothing has been mounted"
list "'destination':'/tmp/x','type':'tmpfs'"
run husk mounts add "$ID" "$file"
list "'destination':'/tmp/x'" "'destination':'/etc'"
run husk mounts remove "$ID" "$file"
fails_with 'nothing is mounted on /etc' "a destination that is no mountpoint"
is "$(mounted)" $((before + 1)) "then all stay"
list "'destination':'/tmp/x'"
run husk mounts remove "$ID" "$file"
is "$(mounted)" "$before" "until it is left out"

# Links lead nowhere but into the container.
mkdir -p "$CASE_DIR/outside"
ln -s "$CASE_DIR/outside" "$ROOTFS/link"
list "'destination':'/link','type':'tmpfs'"
run husk mounts add "$ID" "$file"
exits 0 "a destination that is a link"
inside mounts "$CASE_DIR/outside"
like "$(value "mount $CASE_DIR/outside")" '^tmpfs' "is followed inside the container"
is "$(ls -A "$CASE_DIR/outside")" "" "nothing outside"
run husk mounts remove "$ID" "$file"
exits 0 "and removed the same way"
is "$(mounted)" "$before" "it is gone"

# What is refused says why.
refused()	# MEMBERS MESSAGE
{
	list "$1"
	run husk mounts add "$ID" "$file"
	is "$STATUS $(errors | head -n 1)" "1 husk: $file: $2" "refused: $2"
}
refused "'destination':'/','type':'tmpfs'" "/0: the root itself cannot be mounted on"
refused "'destination':'/proc/1','type':'tmpfs'" "/0/destination: \"/proc/1\" is inside /proc, where only cpuinfo, diskstats, loadavg, meminfo, slabinfo, stat, swaps, uptime, sys/crypto/fips_enabled and sys/kernel/ns_last_pid can be mounted on"
refused "'destination':'/x','options':['remount','ro']" "/0: \"remount\" makes no mount that could be added"
refused "'destination':'/x','type':'cgroup'" "/0: type \"cgroup\" is only for config.json"
refused "'type':'tmpfs'" '/0: "destination" is missing'
refused "'destination':'/x','type':'tmpfs','options':['bind']" "/0: a bind mount needs a source"
for _dest in / /proc /proc/kcore; do
	list "'destination':'$_dest'"
	run husk mounts remove "$ID" "$file"
	fails_with '(cannot|can) be unmounted' "$_dest stays"
done
is "$(mounted)" "$before" "nothing has changed"
printf '{"mounts":[]}\n' >"$file"
run husk mounts add "$ID" "$file"
fails_with 'expected an array of mounts, found an? object' "not an array"
printf '[' >"$file"
run husk mounts add "$ID" "$file"
isnt "$STATUS" 0 "not JSON"
run husk mounts add "$ID" "$CASE_DIR/none"
fails_with 'No such file or directory' "no such file"
run husk mounts move "$ID" "$file"
fails_with '"move" is neither add nor remove' "neither add nor remove"
printf '[]\n' >"$file"
run husk mounts add "$ID" "$file"
exits 0 "an empty list"

# Standard input, a container that was only created, one that is paused, one that has ended.
echo '[{"destination":"/early","type":"tmpfs"}]' | husk mounts add "$ID" - 2>"$ERR"
is "$?" 0 "from standard input"
inside mounts /early
like "$(value "mount /early")" '^tmpfs' "it is there"
destroy
if [ "$HUSK_USER" = root ]; then
	create_container "$ID"
	list "'destination':'/early','type':'tmpfs'"
	run husk mounts add "$ID" "$file"
	exits 0 "a created one"
	run husk start "$ID"
	inside mounts /early
	like "$(value "mount /early")" '^tmpfs' "its program sees it"
else
	start_container "$ID"
	skip "a created one" "husk-init lets no ordinary user look before it has started"
fi
if can_pause; then
	run husk pause "$ID"
	list "'destination':'/paused','type':'tmpfs'"
	run timeout 10 "$HUSK_BIN" --root "$STATE_DIR" mounts add "$ID" "$file"
	exits 0 "a paused one"
	run husk resume "$ID"
else
	skip "a paused one" "this user's containers have no cgroup that can be frozen"
fi

husk kill "$ID" KILL
wait_until 5 has_status stopped
run husk mounts add "$ID" "$file"
is "$(errors)" "husk: cannot change the mounts of container \"$ID\": it is stopped" "a stopped one"
destroy
run husk mounts add "$ID" "$file"
fails_with 'container does not exist' "no such container"

# A file system shows the namespaces of the container, not ours.
start_container "$ID"
list "'destination':'/tmp/sys','type':'sysfs'" "'destination':'/tmp/queues','type':'mqueue'"
run husk mounts add "$ID" "$file"
exits 0 "sysfs and mqueue"
inside ls /tmp/sys/class/net
is "$(output | grep -c eth)" 0 "the container's network"
destroy

# A user namespace: the source is one that only root of the host may reach.
if [ "$HUSK_USER" = root ]; then
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]'
	chmod 755 "$CASE_DIR" 2>/dev/null
	mkdir -m 700 "$CASE_DIR/private"
	mkdir -m 755 "$CASE_DIR/private/shown"
	echo shown >"$CASE_DIR/private/shown/file"
	# Its root may not make them: that of the host owns the directory.
	mkdir -p "$ROOTFS/tmp/shown" "$ROOTFS/tmp/src" "$ROOTFS/tmp/t"
	start_container "$ID"
	before=$(mounted)
	list "'destination':'/tmp/shown','source':'$CASE_DIR/private/shown','options':['bind','ro']" \
		"'destination':'/tmp/src','source':'$src','options':['bind']" \
		"'destination':'/tmp/t','type':'tmpfs'"
	run husk mounts add "$ID" "$file"
	exits 0 "in a user namespace"
	inside $(reads /tmp/shown/file /tmp/src/file) create /tmp/t/x
	holds /tmp/shown/file shown "a source that only the host's root may reach"
	holds /tmp/src/file content "one for everybody"
	has "create /tmp/t/x" ok "a file system of its own"
	run husk mounts remove "$ID" "$file"
	exits 0 "and removed"
	is "$(mounted)" "$before" "they are gone"
	destroy
	config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'

	# Nor does a container that shares the host's mounts.
	no_namespace mount
	config '.mounts = [] | del(.root.readonly, .linux.maskedPaths, .linux.readonlyPaths, .linux.rootfsPropagation)'
	start_container "$ID"
	list "'destination':'/tmp/no','type':'tmpfs'"
	run husk mounts add "$ID" "$file"
	fails_with "container \"$ID\" has no mount namespace of its own, so its mounts cannot be changed" "no mount namespace"
	destroy
else
	skip "a user namespace of root's" "an ordinary user"
fi

done_testing
