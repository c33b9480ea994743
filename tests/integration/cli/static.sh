# cli/static - husk is a static program, and goes on as the dynamic one where it needs a library.
#
# Which of the two it is, a hook sees, whose parent it is.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

! grep -q __asan_init "$HUSK_BIN" || skip_all "the sanitizers are for the dynamic program alone"
case $MANAGER in *systemd*) skip_all "who has systemd make the cgroups is the dynamic program from the start" ;; esac

make_bundle
cat >"$CASE_DIR/hook" <<'END'
#!/bin/sh
cat >/dev/null
readlink /proc/$PPID/exe >"$1"
cat /proc/$PPID/maps >>"$1"
END
chmod +x "$CASE_DIR/hook"
config '.hooks.createRuntime = [{path: $hook, args: ["hook", $seen], env: ["PATH=/usr/bin:/bin"]}]' \
	--arg hook "$CASE_DIR/hook" --arg seen "$CASE_DIR/seen"
set_args /probe signals -- fds -- env -- cat
echo one >"$CASE_DIR/input"

# with_input COMMAND...: as run(), but with something to read
with_input()
{
	STATUS=0
	"$@" >"$OUT" 2>"$ERR" <"$CASE_DIR/input" || STATUS=$?
}

maker()
{
	head -n 1 "$CASE_DIR/seen"
}

# ---- nothing of a library ---------------------------------------------------------------------
config 'del(.linux.seccomp)'
with_input husk run --bundle "$BUNDLE" "$ID"
exits 0 "a container without a filter"
is "$(maker)" "$HUSK_BIN" "is made by the static program"
is "$(grep -c '/ld-\|\.so' "$CASE_DIR/seen")" 0 "which has no library"
is "$(awk -v file="$HUSK_BIN" '$6 == file && $2 ~ /^rw/' "$CASE_DIR/seen" | wc -l)" 1 "one part of it can be written to"
read -r range _ <<END
$(awk -v file="$HUSK_BIN" '$6 == file && $2 ~ /^rw/' "$CASE_DIR/seen")
END
ok "a page or two: addresses are read-only once they are made" \
	test $((0x${range#*-} - 0x${range%-*})) -le 8192
cp "$OUT" "$CASE_DIR/without"

# ---- a filter that is not in the cache yet ----------------------------------------------------
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]} |
	.process.capabilities.bounding += ["CAP_OF_TOMORROW"]'
with_input husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "a container with a new filter"
like "$(maker)" '^/memfd:husk ' "is made by the dynamic program"
is "$(grep -c CAP_OF_TOMORROW "$ERR")" 1 "a warning is written once"
is "$(cat "$OUT")" "$(cat "$CASE_DIR/without")" "the program is as it was: signals, descriptors, environment, stdin"

with_input husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "the same again"
is "$(maker)" "$HUSK_BIN" "is made by the static program"
is "$(grep -c CAP_OF_TOMORROW "$ERR")" 1 "the warning is there"
is "$(cat "$OUT")" "$(cat "$CASE_DIR/without")" "and so is the program"

# ---- a network that was left by who was killed: its record must not be lost on the way ----------
mkdir -p "$STATE_DIR/$ID"
echo veth >"$STATE_DIR/$ID/network"
with_input husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "a container in place of one whose network is left"
is "$(grep -c undo "$ERR")" 0 "nothing is undone that was another's"
ok "and nothing is left of either" test ! -e "$STATE_DIR/$ID"

# ---- its exit code, its errors, and what it is called -----------------------------------------
config '.linux.seccomp.syscalls[0].names = ["swapoff"]'
set_args /probe exit 9
run husk run --bundle "$BUNDLE" "$ID"
exits 9 "the exit code of a container of the dynamic program"
config '.linux.seccomp.syscalls[0].names = ["swapon"] | .linux.seccomp.syscalls[0].action = "SCMP_ACT_NOTIFY"'
run husk run --bundle "$BUNDLE" "$ID"
exits 1 "an error"
like "$(cat "$ERR")" '^husk: .*listenerPath' "is the one that it is"
mkdir "$CASE_DIR/bin"
ln -s "$HUSK_BIN" "$CASE_DIR/bin/runc"
run "$CASE_DIR/bin/runc" update --no-such
exits 1 "a command of the dynamic program, by another name"
like "$(cat "$ERR")" '^runc: ' "has that name"
run husk features
exits 0 "features"
is "$(jq -r '.annotations["io.github.seccomp.libseccomp.version"] | test("^[0-9]+[.][0-9]+")' "$OUT")" true "know libseccomp"

# ---- where it cannot be -----------------------------------------------------------------------
case $(uname -m) in
x86_64)	memfd_create=319 ;;
*)	memfd_create=279 ;;
esac
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
run "$HUSK_FAULT" caller "$memfd_create" 0 38 "$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
exits 1 "no memory file"
like "$(cat "$ERR")" 'go on as the dynamic program.*Function not implemented' "is an answer"
is "$(ls "$STATE_DIR")" "$(ls "$STATE_DIR" | grep '^~')" "that leaves nothing behind"
done_testing
