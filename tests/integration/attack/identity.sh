# attack/identity - the image's passwd has users whose names are numbers.
# CVE-2016-3697, CVE-2026-46680: a number that is looked up as a name is root.
# attacks: T-ID1 T-ID2
. "$HUSK_TESTS/lib.sh"

make_bundle
cat >"$ROOTFS/etc/passwd" <<'END'
1000:x:0:0:root:/root:/probe
4294967296:x:0:0::/:/probe
1:x:0:0::/:/probe
root:x:0:0::/:/probe
END
echo '1000:x:0:1000' >"$ROOTFS/etc/group"
config '.process.user = {uid: 1000, gid: 1000, additionalGids: [1]}'
probe ids -- env
has uid "1000 1000 1000" "process.user is a number"
has gid "1000 1000 1000" "and so is its group"
has groups 1 "and its additional groups"
config '.process.user = {uid: 0, gid: 0}'
set_args /probe sleep
start_container "$ID"
for user in 1000 1 1:1 1000:1000; do
	run husk exec --user "$user" "$ID" /probe ids
	has uid "${user%%:*} ${user%%:*} ${user%%:*}" "exec --user $user"
done
for user in 4294967296 root 1000: +1 ' 1'; do
	run husk exec --user "$user" "$ID" /probe ids
	isnt "$STATUS" 0 "exec --user \"$user\" is refused"
done
destroy

done_testing
