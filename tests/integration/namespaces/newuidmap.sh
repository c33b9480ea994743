# namespaces/newuidmap - ids that /etc/subuid gives to a caller without privilege.
# covers: L-07 3.5-newuidmap
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/namespaces/functions"

give_subids
HUSK_USER=user
make_bundle
chown -R "$uid:$uid" "$CASE_DIR"
as_user()
{
	run setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
		"$HUSK_BIN" --root "$CASE_DIR/state" run --bundle "$BUNDLE" "$ID"
}

maps()	# FIRST SIZE
{
	config '.linux.uidMappings = [{containerID: 0, hostID: $own, size: 1},
			{containerID: 1, hostID: $first, size: $size}] |
		.linux.gidMappings = .linux.uidMappings' \
		--argjson own "$uid" --argjson first "$1" --argjson size "$2"
}

maps 700000 5000
config '.process.user = {uid: 33, gid: 44}'
set_args /probe ids -- read /proc/self/uid_map -- read /proc/self/setgroups
as_user
exits 0 "the ids that /etc/subuid gives"
has uid "33 33 33" "the program is one of them"
has gid "44 44 44" "and its group"
like "$(output)" '^ *1 +700000 +5000$' "all are mapped"
like "$(output)" '^allow$' "setgroups is allowed"

maps 700000 5001
as_user
fails_with '/linux/uidMappings/1: host uids 700000 to 705000 are not given to husksub by /etc/subuid' \
	"one id too many"

done_testing
