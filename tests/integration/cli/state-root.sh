# cli/state-root - where containers are written down, and who may not have been there before.
# attacks: T-TMP1
# runs as: user
. "$HUSK_TESTS/lib.sh"

own=/tmp/husk-$(id -u)
[ ! -e "$own" ] && [ ! -e "/run/user/$(id -u)" ] || skip_all "this user has state of its own"
trap 'rm -rf "$own"' EXIT

make_bundle
unset XDG_RUNTIME_DIR
run "$HUSK_BIN" run --bundle "$BUNDLE" "$ID"
exits 0 "without XDG_RUNTIME_DIR"
is "$(stat -c '%a %u' "$own")" "1700 $(id -u)" "a directory of the user's own in /tmp"

# Anybody could have made it first.
chmod 770 "$own"
run "$HUSK_BIN" run --bundle "$BUNDLE" "$ID"
fails_with "state directory $own is not a directory of uid $(id -u) that nobody else can write to" \
	"one that others can write to"
like "$(errors)" 'hint: remove it, or choose another with --root or XDG_RUNTIME_DIR' "what to do"
run "$HUSK_BIN" delete --force "$ID"
fails_with 'that nobody else can write to' "nor is anything deleted by what it says"
run "$HUSK_BIN" list
fails_with 'that nobody else can write to' "nor listed"
rm -rf "$own"
mkdir "$CASE_DIR/elsewhere"
ln -s "$CASE_DIR/elsewhere" "$own"
run "$HUSK_BIN" run --bundle "$BUNDLE" "$ID"
fails_with 'that nobody else can write to' "a link"
is "$(ls -A "$CASE_DIR/elsewhere")" "" "is not followed"
rm "$own"

# As root of a user namespace that has the host's /run, the same user is meant.
run "$HUSK_BIN" create --bundle "$BUNDLE" "$ID"
exits 0 "a container of the user's"
run unshare --map-root-user "$HUSK_BIN" list --quiet
is "$(output)" "$ID" "is there for root of a user namespace, too"
config '(.linux.uidMappings, .linux.gidMappings) |= map(.hostID = 0)'
run unshare --map-root-user "$HUSK_BIN" run --bundle "$BUNDLE" "$ID-b"
exits 0 "which can make one"
config '(.linux.uidMappings, .linux.gidMappings) |= map(.hostID = $uid)' --argjson uid "$(id -u)"
run unshare --map-root-user "$HUSK_BIN" run --bundle "$BUNDLE" "$ID-b"
fails_with "host uid $(id -u) is not in the caller's own user namespace" "by its own ids"
like "$(errors)" 'hint: in there the caller is uid 0: husk spec --rootless makes a config.json' "and is told which they are"
run "$HUSK_BIN" delete --force "$ID"
exits 0 "and it is gone"

export XDG_RUNTIME_DIR=$CASE_DIR/xdg
mkdir -m 700 "$XDG_RUNTIME_DIR"
run "$HUSK_BIN" run --bundle "$BUNDLE" "$ID"
exits 0 "with XDG_RUNTIME_DIR"
ok "it is used" test -d "$XDG_RUNTIME_DIR/husk"

# --rootless=false means the host's, which is not for a user.
if [ -w /run ]; then
	skip "--rootless=false" "/run is everybody's here"
else
	run "$HUSK_BIN" --rootless false run --bundle "$BUNDLE" "$ID"
	fails_with 'state directory' "--rootless=false"
	[ ! -x /run/husk ] || [ -w /run/husk ] ||
		like "$(errors)" "hint: it is root's: --rootless=false is not for other users" "and why"
fi
for word in true auto; do
	run "$HUSK_BIN" --rootless "$word" run --bundle "$BUNDLE" "$ID"
	exits 0 "--rootless=$word"
done

done_testing
