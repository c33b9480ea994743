# process/apparmor - process.apparmorProfile where there is AppArmor (the UML guest of make test-vm).
# covers: C-25
. "$HUSK_TESTS/lib.sh"

policy=/sys/kernel/security/apparmor
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip_all "this kernel has no AppArmor"
[ -w $policy/.load ] || skip_all "no policy can be loaded here"

# A policy as apparmor_parser would write it, of one profile without rules, in complain mode: it can be
# told by its name, and forbids nothing.  Numbers are little-endian; 2 is a number of 32 bits, 4 the name
# of the next item, 5 a string, 7 and 8 begin and end a structure.
u16() { printf "$(printf '\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8)))"; }
u32() { printf '\002'; u16 $(($1 & 65535)); u16 $(($1 >> 16)); }
text() { printf "\\00$1"; u16 $((${#2} + 1)); printf '%s\000' "$2"; }
profile()	# NAME
{
	text 4 version; u32 5
	text 4 profile; printf '\007'
	text 5 "$1"
	text 4 flags; printf '\007'; u32 0; u32 1; u32 0; printf '\010'
	u32 0; u32 0; u32 0; u32 0
	printf '\010'
}
load()	# NAME: in one write(2)
{
	profile "$1" >"$CASE_DIR/policy"
	dd if="$CASE_DIR/policy" of=$policy/.load bs=64k 2>"$CASE_DIR/dd" || fail "load $1" "$(cat "$CASE_DIR/dd")" ok
}
trap 'printf %s "$TAG-a" >$policy/.remove; printf %s "$TAG-b" >$policy/.remove' EXIT
load "$TAG-a"
load "$TAG-b"

make_bundle
label()	# what a process says of itself: the last run()
{
	sed -n '/(\|unconfined/p' "$OUT" | tr -d '\000' | head -n 1
}

config '.process.apparmorProfile = $p' --arg p "$TAG-a"
probe read /proc/self/attr/current
exits 0 "a profile"
is "$(label)" "$TAG-a (complain)" "confines the program"
config '.process.noNewPrivileges = false'
probe read /proc/self/attr/current
is "$(label)" "$TAG-a (complain)" "without no_new_privs, too"
config '.process.noNewPrivileges = true | .process.terminal = false | .process.user = {uid: 1000, gid: 1000}'
probe read /proc/self/attr/current
is "$(label)" "$TAG-a (complain)" "and for another user"

config '.process.user = {uid: 0, gid: 0}'
set_args /probe sleep
start_container "$ID"
exits 0 "a container with a profile"
run husk exec "$ID" /probe read /proc/self/attr/current
is "$(label)" "$TAG-a (complain)" "exec has the container's"
run husk exec --apparmor "$TAG-b" "$ID" /probe read /proc/self/attr/current
is "$(label)" "$TAG-b (complain)" "or its own"
jq -n --arg p "$TAG-b" '{args: ["/probe", "read", "/proc/self/attr/current"], cwd: "/", user: {uid: 0, gid: 0},
	apparmorProfile: $p}' >"$CASE_DIR/process.json"
run husk exec --process "$CASE_DIR/process.json" "$ID"
is "$(label)" "$TAG-b (complain)" "also in a process document"
run husk exec --apparmor "$TAG-none" "$ID" /probe exit 0
fails_with "AppArmor profile is not loaded $TAG-none|write .*attr.*exec. $TAG-none: No such file" "one that is not loaded"
destroy

config '.process.apparmorProfile = $p' --arg p "$TAG-none"
set_args /probe exit 0
run_container
fails_with "AppArmor profile is not loaded $TAG-none|write .*attr.*exec. $TAG-none: No such file" "likewise for a container"
is "$(status_of)" "" "of which nothing is left"
config '.process.apparmorProfile = "unconfined"'
probe read /proc/self/attr/current
is "$(label)" unconfined "unconfined"

# The label goes through a verified procfs: what the bundle mounts on /proc does not take it.
config '.process.apparmorProfile = $p | .mounts |= map(if .destination == "/proc"
	then {destination: "/proc", type: "tmpfs", source: "tmpfs"} else . end)
	| .mounts += [{destination: "/real", type: "proc", source: "proc"}]' --arg p "$TAG-a"
probe read /real/self/attr/current
if [ "$STATUS" -eq 0 ]; then
	is "$(label)" "$TAG-a (complain)" "with another thing on /proc"
else
	fails_with '/proc' "nothing but procfs goes on /proc"
fi

done_testing
