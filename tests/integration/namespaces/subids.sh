# namespaces/subids - a configuration without id maps, run without privilege: the caller's own id and
# all that /etc/subuid gives it.
# covers: L-05 L-07 3.5-rootless
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/namespaces/functions"

give_subids

unmapped()	# [FILTER]: what an engine writes that knows nothing of user namespaces
{
	make_bundle
	config 'del(.linux.cgroupsPath, .linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(select(.type != "user"))'
	config '.mounts |= map(if .destination == "/dev/pts" then .options += ["gid=5"] else . end) |
		.process.capabilities.effective += ["CAP_CHOWN"] |
		.process.capabilities.permitted += ["CAP_CHOWN"] |
		.process.capabilities.bounding += ["CAP_CHOWN"]'
	config "${1:-.}"
	chown -R "$uid:$uid" "$CASE_DIR"
}

as_user()	# [SETPRIV-OPTION]...
{
	run setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all "$@" \
		"$HUSK_BIN" --log-level=warn --root "$CASE_DIR/state" run --bundle "$BUNDLE" "$ID"
}

map()	# uid_map, one space between numbers
{
	output | sed -n 's/^ *\([0-9]*\)  *\([0-9]*\)  *\([0-9]*\)$/\1 \2 \3/p' | paste -sd, -
}

unmapped
set_args /probe ids -- read /proc/self/uid_map -- read /proc/self/setgroups -- mkdir /tmp/d -- \
	chown /tmp/d 4999 4999 -- mounts /dev/pts
as_user
exits 0 "ranges"
has uid "0 0 0" "root inside"
is "$(map)" "0 $uid 1,1 700000 5000" "the caller is root, the range is the rest"
like "$(output)" '^allow$' "setgroups works"
is "$(stat -c %u:%g "$ROOTFS/tmp/d")" 704998:704998 "a file of user 4999 on the host"
like "$(value mounts)$(value mount)" "gid=700004" "the terminals belong to group 5"

unmapped '.process.user = {uid: 100, gid: 200, additionalGids: [3, 4999]}'
set_args /probe ids -- read /proc/self/uid_map -- create /tmp/f
as_user
exits 0 "another user"
is "$(map)" "100 $uid 1,0 700000 100,101 700100 4900" "is the caller, with the range around it"
has groups "3 4999" "additional groups"
is "$(stat -c %u:%g "$ROOTFS/tmp/f")" "$uid:$uid" "its files are the caller's"

unmapped '.process.user = {uid: 0, gid: 0, additionalGids: [5001]}'
as_user
fails_with "/process/user/additionalGids/0: gid 5001 is not among the groups that the caller can map" \
	"a group beyond the range"
like "$(errors)" "hint: leave it out, or as root: usermod --add-subuids" "what to do"

# What newuidmap cannot do here is not asked of it.
unmapped
set_args /probe ids -- read /proc/self/uid_map -- mounts /dev/pts
as_user --no-new-privs
exits 0 "no_new_privs: setuid programs have no privilege"
is "$(map)" "0 $uid 1" "only the caller's own id"
like "$(errors)" 'id that is not mapped: .*"gid=5"' \
	"the terminals' group is left out, with a warning"

echo "other:700000:5000" >"$CASE_DIR/subid"
unmapped
set_args /probe read /proc/self/uid_map
as_user
exits 0 "no range for this user"
is "$(map)" "0 $uid 1" "only the caller's own id, too"

# Asked for in the configuration, it is an error that says why.
echo "husksub:700000:5000" >"$CASE_DIR/subid"
unmapped '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [
	{"containerID": 0, "hostID": 64777, "size": 1}, {"containerID": 1, "hostID": 700000, "size": 10}] |
	.linux.gidMappings = .linux.uidMappings'
as_user --no-new-privs
fails_with "newuidmap cannot help: the caller may not gain privileges \(no_new_privs\)" \
	"mappings that need newuidmap"

# root, but without CAP_SYS_ADMIN, as in an engine's container: every id it has stays what it is.
unmapped '.process.user = {uid: 7, gid: 8}'
set_args /probe ids -- read /proc/self/uid_map -- create /tmp/g
chown 7:8 "$ROOTFS/tmp"
run setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
	"$HUSK_BIN" --log-level=warn --root "$CASE_DIR/state" run --bundle "$BUNDLE" "$ID"
exits 0 "root without CAP_SYS_ADMIN"
is "$(map)" "0 0 4294967295" "every id is itself"
is "$(stat -c %u:%g "$ROOTFS/tmp/g")" 7:8 "on the host, too"
run setpriv --bounding-set=-sys_admin,-setfcap --inh-caps=-sys_admin,-setfcap \
	"$HUSK_BIN" --log-level=warn --root "$CASE_DIR/state" run --bundle "$BUNDLE" "$ID"
fails_with "hint: the kernel lets root map its own uid 0 only with CAP_SETFCAP" "nor CAP_SETFCAP"

done_testing
