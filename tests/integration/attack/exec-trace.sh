# attack/exec-trace - a process with CAP_SYS_PTRACE traces husk-init while `exec` is under way.
#
# T-FD2 (CVE-2016-9962, CVE-2016-8649).  Without a user namespace of the container's own nothing keeps
# that capability from a process that is not dumpable; so there must be nothing to gain by it.
# attacks: T-FD2
. "$HUSK_TESTS/lib.sh"
have_cap 19 || skip_all "no CAP_SYS_PTRACE to give away"

caps='["CAP_SYS_PTRACE", "CAP_KILL"]'
mask=0000000000080020

# What the tracer may see of husk-init: the program's own user, capabilities and descriptors, and the
# socket on which the caller hears only what this step may ask.
own()	# UID
{
	sort -u "$CASE_DIR/seen" | grep -v -e "^traced Uid:	$1	$1	$1	$1\$" \
		-e "^traced Cap[A-Z][a-z]*:	$2\$" -e '^traced fd [012] /dev/null$' \
		-e '^traced fd [0-9]* socket:\[[0-9]*\]$' -e '^not traced E[A-Z]*$' -e '^seen '
}

# NAME UID CONFIG: the tracer, and 60 times `exec` meanwhile
attack()
{
	make_bundle "$CASE_DIR/$1"
	set_args /probe trace-init
	config ".process.capabilities = ([\"bounding\", \"permitted\", \"effective\", \"inheritable\",
		\"ambient\"] | map({key: ., value: $caps}) | from_entries) | .process.user.uid = $2 | $3"
	husk create --bundle "$BUNDLE" "$ID" >"$CASE_DIR/seen" 2>"$ERR" </dev/null
	husk start "$ID"
	rounds=${ROUNDS:-60} n=0
	while [ $n -lt "$rounds" ]; do
		n=$((n + 1))
		husk exec --cap CAP_SYS_PTRACE "$ID" /probe exit 0 </dev/null >/dev/null 2>&1 || break
	done
	is "$n" "$rounds" "$1: exec works meanwhile"
	: >"$ROOTFS/stop"
	wait_until 10 has_status stopped
	destroy
	ok "$1: it has met husk-init ($(sed -n 's/^seen //p' "$CASE_DIR/seen") times)" \
		grep -q '^traced Cap' "$CASE_DIR/seen"
	is "$(own "$2" "$4")" "" "$1: and got nothing that it had not"
}

clone='{defaultAction: "SCMP_ACT_ALLOW", syscalls: [
	{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
	{names: ["clone"], action: "SCMP_ACT_ERRNO",
	 args: [{index: 0, value: 2114060288, op: "SCMP_CMP_MASKED_EQ", valueTwo: 268435456}]}]}'

attack plain 0 . "$mask"
attack filter 0 ".process.noNewPrivileges = false | .linux.seccomp = $clone" "$mask"
attack no-new-privileges 0 ".process.noNewPrivileges = true | .linux.seccomp = $clone" "$mask"
attack user 1000 . "$mask"

done_testing
