# attack/planted - a job plants links in a directory that the next container makes files in.
# CVE-2026-87766: what the first left behind led the second's set-up, which has the host's rights, out of it.
# attacks: T-BW1
# runs as: root user
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary planted
work=$CASE_DIR/work
mkdir "$work"
need_command busybox

# The first job, as any other: the directory is its own to write to.
make_bundle
cp "$BUNDLE/config.json" "$CASE_DIR/plain.json"
add_busybox
cat >"$ROOTFS/plant" <<END
cd /work
ln -s /oldroot$CANARY old
ln -s /proc/self/root$CANARY magic
ln -s $CANARY absolute
ln -s ../../../../../../../../../../../../../..$CANARY relative
ln -s $CANARY/new dangling
END
set_args /bin/sh /plant
add_mount /work bind "$work" bind
run_container
exits 0 "the first job"
is "$(find "$work" -type l | wc -l)" 5 "has planted its links"

# Whatever husk makes below the link, it is not the host's: a name and a config.json for each way to make
# something, and each link.
cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
set_args /probe lstat /work
add_mount /work bind "$work" bind
jq -r --arg user "$HUSK_USER" --arg source "$BUNDLE/config.json" '
	. as $plain
	| ("directory", "file", "cwd", "mask", if $user == "user" then empty else "device" end) as $way
	| ("old", "magic", "absolute", "relative", "dangling") as $link
	| "/work/\($link)" as $at
	| $plain
	| if $way == "directory" then
		.mounts += [{destination: "\($at)/b/c", type: "tmpfs", source: "tmpfs", options: ["mode=0700"]}]
	elif $way == "file" then
		.mounts += [{destination: "\($at)/data", type: "bind", source: $source, options: ["bind"]}]
	elif $way == "cwd" then
		.process.cwd = "\($at)/made/here"
	elif $way == "mask" then
		.linux.maskedPaths = ["\($at)/file"] | .linux.readonlyPaths = .linux.maskedPaths
	else
		.linux.devices = [{path: "\($at)/null", type: "c", major: 1, minor: 3, fileMode: 438}]
	end
	| "\($way) \($link)", tojson' "$BUNDLE/config.json" >"$CASE_DIR/configs"

tried=0
: >"$CASE_DIR/silent"
while read -r name && read -r config; do
	printf '%s\n' "$config" >"$BUNDLE/config.json"
	run_container
	# Refused, or made somewhere in the container.
	[ "$STATUS" -eq 0 ] || grep -q '^husk: ' "$ERR" || echo "$name" >>"$CASE_DIR/silent"
	tried=$((tried + 1))
done <"$CASE_DIR/configs"
is "$tried" "$([ "$HUSK_USER" = user ] && echo 20 || echo 25)" "each link, in each way"
is "$(cat "$CASE_DIR/silent")" "" "what was not done was refused with a message"
canary_intact "links that a job has planted"

done_testing
