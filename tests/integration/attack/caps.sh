# attack/caps - capabilities are those of the configuration, in all five sets, whoever runs whatever.
# CVE-2022-29162 and its siblings: inheritable ones that nobody asked for make file capabilities work.
# attacks: T-CAP1 T-CAP2
# runs as: root user
. "$HUSK_TESTS/lib.sh"

none=0000000000000000
# CAP_CHOWN, KILL, NET_BIND_SERVICE, AUDIT_WRITE; the second is KILL alone
given=0000000020000421 kill=0000000000000020
make_bundle
config '.process.noNewPrivileges = false | .process.capabilities = (["bounding", "permitted", "effective"] |
	map({key: ., value: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE"]}) | from_entries)'

# sets NAME BOUNDING PERMITTED EFFECTIVE INHERITABLE AMBIENT
sets()
{
	has bounding "$2" "$1: bounding"
	has permitted "$3" "$1: permitted"
	has effective "$4" "$1: effective"
	has inheritable "$5" "$1: inheritable"
	has ambient "$6" "$1: ambient"
}
probe caps
sets "init" $given $given $given $none $none
set_args /probe sleep
start_container "$ID"
run husk exec "$ID" /probe caps
sets "exec" $given $given $given $none $none
run husk exec --cap CAP_KILL "$ID" /probe caps
sets "exec --cap" $given $given $given $none $none
jq -n '{args: ["/probe", "caps"], cwd: "/", user: {uid: 0, gid: 0},
	capabilities: {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}}' \
	>"$CASE_DIR/process.json"
run husk exec --process "$CASE_DIR/process.json" "$ID"
sets "exec --process" $kill $kill $kill $none $none
jq '.capabilities += {inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}' "$CASE_DIR/process.json" >"$CASE_DIR/all.json"
run husk exec --process "$CASE_DIR/all.json" "$ID"
sets "exec --process, all sets" $kill $kill $kill $kill $kill
# The caller's own inheritable and ambient ones are not the container's.
if [ "$HUSK_USER" = root ] && command -v capsh >/dev/null 2>&1; then
	run setpriv --inh-caps +chown,+kill --ambient-caps +chown,+kill "$HUSK_BIN" --root "$STATE_DIR" \
		exec "$ID" /probe caps
	sets "exec by a caller with ambient ones" $given $given $given $none $none
fi
[ "$HUSK_USER" = root ] || { destroy; done_testing; }

# A user, and files that carry capabilities.
run husk exec --user 1000 "$ID" /probe caps
sets "exec --user" $given $none $none $none $none
for file in inherited plus more; do
	cp "$HUSK_PROBE" "$ROOTFS/$file"
done
if setcap cap_kill,cap_chown=ei "$ROOTFS/inherited" 2>/dev/null &&
	setcap cap_kill=ep "$ROOTFS/plus" && setcap cap_sys_admin=ep "$ROOTFS/more"; then
	run husk exec --user 1000 "$ID" /inherited caps
	sets "a file with inheritable capabilities" $given $none $none $none $none
	run husk exec --user 1000 "$ID" /plus caps
	has permitted $kill "a file with one that the container has: gains that one"
	run husk exec --user 1000 "$ID" /more caps
	if [ "$STATUS" -eq 0 ]; then
		has permitted $none "a file with one that it has not: gains nothing"
	else
		like "$(errors)" '[Oo]peration not permitted' "a file with one that it has not: is refused"
	fi
	# One that it may have, but has not: CAP_KILL is in the bounding set alone.
	jq '.args[0] = "/plus" | .user = {uid: 1000, gid: 1000} | .capabilities = {bounding: ["CAP_KILL"]} |
		.noNewPrivileges = true' "$CASE_DIR/process.json" >"$CASE_DIR/bound.json"
	run husk exec --process "$CASE_DIR/bound.json" "$ID"
	sets "noNewPrivileges, and a file with capabilities" $kill $none $none $none $none
else
	skip "files with capabilities" "this file system keeps none"
fi
destroy
config '.process.user = {uid: 1000, gid: 1000}'
probe caps
sets "a user as init" $given $none $none $none $none
[ ! -e "$ROOTFS/inherited" ] || {
	set_args /inherited caps
	run_container
	sets "a user's init with inheritable file capabilities" $given $none $none $none $none
}

done_testing
