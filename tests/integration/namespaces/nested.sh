# namespaces/nested - a caller that is root of a user namespace: it has the ids of that one to give.
# attacks: L-14
. "$HUSK_TESTS/lib.sh"

# Its mounts are its own, and procfs is that of its pid namespace.
nested()
{
	run unshare --user --map-root-user --mount --pid --fork --mount-proc \
		"$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
}

maps()	# SIZE: that many ids from 0
{
	make_bundle
	config 'del(.linux.cgroupsPath) | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: $size}] |
		.linux.gidMappings = .linux.uidMappings |
		.mounts |= map(if .destination == "/dev/pts" then .options -= ["gid=5"] else . end)' \
		--argjson size "$1"
}

maps 1
set_args /probe ids -- read /proc/self/uid_map
nested
exits 0 "an id that it has"
has uid "0 0 0" "root inside"
like "$(output)" '^ *0 +0 +1$' "the map"

maps 10
nested
fails_with "/linux/uidMappings/0: host uids 0 to 9 are not in the caller's own user namespace" \
	"ids that it has not"

done_testing
