# trace/caps - `husk trace`: the capabilities of a run are those that it used.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

T=$CASE_DIR/traced
ALL='["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
	"CAP_SETGID", "CAP_SETUID", "CAP_SYS_ADMIN", "CAP_SYS_CHROOT"]'

traced()
{
	run husk trace --as config -o "$T" --bundle "$BUNDLE" "$@" "$ID"
}

again()	# [CONFIG]
{
	cp "${1:-$T}" "$BUNDLE/traced.json"
	run husk run --bundle "$BUNDLE" --config "$BUNDLE/traced.json" "$ID"
}

new_bundle()	# [DIR]: many capabilities, a new /tmp in every container
{
	make_bundle "$@"
	config '.process.capabilities = {bounding: $all, effective: $all, permitted: $all}' \
		--argjson all "$ALL"
	add_mount /tmp tmpfs tmpfs mode=1777
}

new_bundle
set_args /probe echo plain
traced
exits 0 "a program that needs none"
if grep -q 'capabilities stay as they are' "$ERR"; then
	is "$(jq -cS .process.capabilities "$T")" "$(jq -cS .process.capabilities "$BUNDLE/config.json")" \
		"they stay as they are, with a warning"
	again
	is "$STATUS $(output)" "0 plain" "and the program runs"
	traced --as fragment
	is "$(jq -c .process "$T")" null "what is not known is not in the fragment"
	[ "$HUSK_USER" = user ] || skip "what is used" "this kernel does not tell"
	done_testing
	exit 0
fi

is "$(jq -c '.process.capabilities | .[]' "$T" | sort -u)" '[]' \
	"gets none: not for having mapped memory, nor for what husk-init did before"

# needs "CAP..." ARG...: the probe's command uses these, and fails without any one of them
needs()
{
	caps=$1
	shift
	set_args /probe "$@"
	traced
	wanted="$STATUS $(output)"
	is "$(jq -r '.process.capabilities | [.bounding, .effective, .permitted] | unique | .[] |
		join(" ")' "$T")" "$caps" "$*: ${caps:-none}"
	again
	is "$STATUS $(output)" "$wanted" "$*: with these, the same"
	for cap in $caps; do
		jq --arg c "$cap" '.process.capabilities |= map_values(. - [$c])' "$T" >"$T.less"
		again "$T.less"
		isnt "$STATUS $(output)" "$wanted" "$*: not without $cap"
	done
}

needs "CAP_CHOWN" create /tmp/a -- chown /tmp/a 5 5
needs "CAP_CHOWN CAP_DAC_OVERRIDE" create /tmp/a -- chown /tmp/a 5 5 -- write /tmp/a text
needs "CAP_SYS_ADMIN" mount tmpfs /tmp tmpfs
needs "CAP_SYS_ADMIN" child child mount tmpfs /tmp tmpfs
needs "CAP_CHOWN" create /tmp/a -- thread chown /tmp/a 5 5
needs "CAP_SETGID CAP_SETUID" setid 7 7
needs "" create /tmp/a -- child chown /tmp/a 0 0 -- kill 0

# Those that come with a program, out of the bounding set.
config '.process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = false |
	del(.process.capabilities.effective, .process.capabilities.permitted)'
cp "$ROOTFS/probe" "$ROOTFS/setuid"
chmod 4755 "$ROOTFS/setuid"
set_args /probe exec /setuid create /tmp/a -- chown /tmp/a 5 5
traced
wanted="$STATUS $(output)"
is "$(jq -c .process.capabilities "$T")" '{"bounding":["CAP_CHOWN"]}' "a setuid program's"
again
is "$STATUS $(output)" "$wanted" "with these, the same"
jq '.process.capabilities.bounding = []' "$T" >"$T.less"
again "$T.less"
isnt "$STATUS $(output)" "$wanted" "without, not"

# Several runs add up.
new_bundle "$CASE_DIR/merge"
set_args /probe create /tmp/a -- chown /tmp/a 5 5
traced
cp "$T" "$CASE_DIR/first"
set_args /probe mount tmpfs /tmp tmpfs
traced --merge "$CASE_DIR/first"
is "$(jq -c .process.capabilities.effective "$T")" '["CAP_CHOWN","CAP_SYS_ADMIN"]' "two runs"

# In a user namespace of its own.
new_bundle "$CASE_DIR/userns"
config '.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 200000, size: 1000}] |
	.linux.gidMappings = .linux.uidMappings'
chown -R 200000:200000 "$ROOTFS"
needs "CAP_CHOWN" create /tmp/a -- chown /tmp/a 5 5

done_testing
