# rootfs/overlay - overlays in a user namespace: lower layers that husk id-maps, or an engine has.
# covers: C-15 1.2-idmap
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/namespaces/functions"

# The case's own directory may be on an overlay, which cannot be an upper layer.
mount -t tmpfs rw "$CASE_DIR"
fresh_upper()	# its root is the container's, as an engine has it
{
	rm -rf "$CASE_DIR/upper" "$CASE_DIR/work"
	mkdir "$CASE_DIR/upper" "$CASE_DIR/work"
	chown 100000:100000 "$CASE_DIR/upper" "$CASE_DIR/work"
}

with_userns()
{
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = .linux.uidMappings'
}

one=$CASE_DIR/one two=$CASE_DIR/t:w
mkdir "$one" "$two"
echo first >"$one/file"
echo second >"$two/other"
chown 3:4 "$one/file"
chown 5:6 "$two/other"
escaped=$(printf '%s' "$two" | sed 's/:/\\&/g')

make_bundle
with_userns
chown 100000:100000 "$ROOTFS" "$ROOTFS"/*
fresh_upper
add_mount /over overlay overlay "lowerdir=$one:$escaped,upperdir=$CASE_DIR/upper,workdir=$CASE_DIR/work,idmap,nosuid"
config '.process.capabilities |= map_values(. + ["CAP_CHOWN"] | unique)'
probe lstat /over/file /over/other -- create /over/new -- chown /over/file 9 9 -- lstat /over/file -- mounts /over
if errors | grep -q 'hint: an overlay takes id-mapped layers from Linux 6.13 on'; then
	umount "$CASE_DIR"
	skip_all "this kernel takes no id-mapped layers by descriptor"
fi
exits 0 "an overlay with idmap"
like "$(value "lstat /over/file")" '^file 0644 3 4 ' "its first lower layer is mapped"
like "$(value "lstat /over/other")" '^file 0644 5 6 ' "and its second, whose path needs escapes"
has "create /over/new" ok "its upper layer can be written"
is "$(stat -c %u:%g "$CASE_DIR/upper/new" 2>&1)" 100000:100000 "and belongs to the container's root"
like "$(output)" '^chown .* ok$' "a file of a lower layer changes hands"
is "$(stat -c %u:%g "$CASE_DIR/upper/file" 2>&1)" 100009:100009 "in the upper one"
is "$(stat -c %u:%g "$one/file")" 3:4 "the lower one stays as it was"
like "$(value "mount /over")" '^overlay rw,nosuid' "with its flags"

# Maps of the mount's own; and without a user namespace.
maps='[{"containerID": 0, "hostID": 100007, "size": 65536}]'
make_bundle "$CASE_DIR/own"
with_userns
chown 100000:100000 "$ROOTFS"
add_mount /over overlay overlay "lowerdir=$one:$escaped,ro"
config '.mounts |= map(if .destination == "/over" then .uidMappings = $m | .gidMappings = $m else . end)' \
	--argjson m "$maps"
probe lstat /over/file -- create /over/new
like "$(value "lstat /over/file")" '^file 0644 10 11 ' "maps of the mount's own"
has "create /over/new" EROFS "without an upper layer it is read-only"
make_bundle "$CASE_DIR/init-userns"
add_mount /over overlay overlay "lowerdir=$one:$escaped,ro,ridmap=uids=3-20-1;gids=4-30-1"
probe lstat /over/file
like "$(value "lstat /over/file")" '^file 0644 20 30 ' "ridmap=, without a user namespace"

# While the container runs.
make_bundle "$CASE_DIR/hot"
with_userns
chown 100000:100000 "$ROOTFS"
set_args /probe sleep 60
start_container "$ID"
jq -n '[{destination: "/hot", type: "overlay", source: "overlay", options: ["idmap", $l]}]' \
	--arg l "lowerdir=$one:$escaped" >"$CASE_DIR/mounts.json"
run husk mounts add "$ID" "$CASE_DIR/mounts.json"
exits 0 "mounts add"
run husk exec "$ID" /probe lstat /hot/file
like "$(value "lstat /hot/file")" '^file 0644 3 4 ' "id-maps it, too"
destroy

# What an engine has id-mapped itself, as a layer of an overlay that husk mounts, as a bind, and as the root.
hold --user
echo '0 100000 65536' >"/proc/$holder/uid_map"
echo '0 100000 65536' >"/proc/$holder/gid_map"
mkdir "$CASE_DIR/mapped" "$CASE_DIR/merged"
is "$("$HUSK_PROBE" idmap "$one" "$CASE_DIR/mapped" "/proc/$holder/ns/user")" "idmap $CASE_DIR/mapped ok" \
	"an engine's id-mapped layer"
make_bundle "$CASE_DIR/layer"
with_userns
chown 100000:100000 "$ROOTFS"
fresh_upper
add_mount /over overlay overlay "lowerdir=$CASE_DIR/mapped,upperdir=$CASE_DIR/upper,workdir=$CASE_DIR/work"
probe lstat /over/file -- create /over/new -- lstat /over/new
exits 0 "an overlay of it"
like "$(value "lstat /over/file")" '^file 0644 3 4 ' "has its ids"
has "create /over/new" ok "and can be written"
like "$(value "lstat /over/new")" '^file 0[0-9]* 0 0 ' "by its root"
fresh_upper
mount -t overlay -o "lowerdir=$CASE_DIR/mapped,upperdir=$CASE_DIR/upper,workdir=$CASE_DIR/work" \
	overlay "$CASE_DIR/merged"
make_bundle "$CASE_DIR/bind"
with_userns
chown 100000:100000 "$ROOTFS"
add_mount /over bind "$CASE_DIR/merged" bind
probe lstat /over/file -- create /over/made
like "$(value "lstat /over/file")" '^file 0644 3 4 ' "an engine's overlay, bound: the owner"
has "create /over/made" ok "its upper layer is the container's"
is "$(stat -c %u:%g "$CASE_DIR/upper/made" 2>&1)" 100000:100000 "and belongs to its root"
umount "$CASE_DIR/merged" "$CASE_DIR/mapped"

make_bundle "$CASE_DIR/root"
with_userns
"$HUSK_PROBE" idmap "$ROOTFS" "$CASE_DIR/mapped" "/proc/$holder/ns/user" >/dev/null
fresh_upper
mount -t overlay -o "lowerdir=$CASE_DIR/mapped,upperdir=$CASE_DIR/upper,workdir=$CASE_DIR/work" \
	overlay "$CASE_DIR/merged"
config '.root = {path: $p}' --arg p "$CASE_DIR/merged"
probe lstat /probe -- create /made -- lstat /made -- mounts /
exits 0 "an engine's overlay of id-mapped layers as the root"
like "$(value "lstat /probe")" '^file 0755 0 0 ' "its files are root's"
like "$(value "lstat /made")" '^file 0[0-9]* 0 0 ' "new ones, too"
like "$(value "mount /")" '^overlay ' "it is the overlay"
is "$(stat -c %u:%g "$CASE_DIR/upper/made" 2>&1)" 100000:100000 "whose upper layer has them"
is "$(stat -c %u:%g "$ROOTFS/probe")" 0:0 "the image's own are not touched"
umount "$CASE_DIR/merged" "$CASE_DIR/mapped"
let_go

# ---- mistakes ----
refused()	# WHAT REGEX OPTIONS
{
	make_bundle "$CASE_DIR/wrong"
	with_userns
	chown 100000:100000 "$ROOTFS"
	add_mount /over overlay overlay "$3"
	run_container
	fails_with "$2" "$1"
	rm -rf "$CASE_DIR/wrong"
}
refused "a layer that is not there" "/mounts/[0-9]+: lower layer: open_tree $CASE_DIR/none: No such file" \
	"idmap,lowerdir=$one:$CASE_DIR/none"
refused "a layer that is a file" "/mounts/[0-9]+: lower layer $one/file is not a directory" \
	"idmap,lowerdir=$one/file"
mkdir "$CASE_DIR/proc"
mount -t proc proc "$CASE_DIR/proc"
refused "a layer that cannot be mapped" "lower layer: id-map a mount of $CASE_DIR/proc: Invalid argument" \
	"lowerdir=$one:$CASE_DIR/proc,idmap"
like "$(errors)" 'hint: its file system, proc, does not support id-mapped mounts$' "its file system is named"
umount "$CASE_DIR/proc"
refused "no layer" '/mounts/[0-9]+: fsconfig create overlay: Invalid argument' idmap

cd /
umount "$CASE_DIR"
done_testing
