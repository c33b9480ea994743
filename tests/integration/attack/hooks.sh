# attack/hooks - what of the image and of the container reaches a hook, and what a hook may say.
# CVE-2025-23266: a hook on the host that ran with the image's LD_PRELOAD loaded the image's library.
# attacks: T-HOOK1 T-HOOK2
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary hooks
make_bundle
cp "$HUSK_PROBE" "$CASE_DIR/hook"
mkdir -p "$ROOTFS/usr/bin"
: >"$ROOTFS/evil.so"
# Static, so that LD_PRELOAD does nothing to the hook that shows it.
config '.process.env += ["LD_PRELOAD=/evil.so", "PATH=/evil", "LD_LIBRARY_PATH=/evil", "BASH_ENV=/evil", "SECRET=1"]'
config '.hooks = ([$ARGS.positional[] | {(.): [{path: $hook, env: ["ONLY=this"],
	args: ["hook", "env", "--", "cwd", "--", "lstat", "probe", "--", "fds", "--", "create", ($dir + "/ran-" + .), "x"]}]}] | add) |
	.annotations = {"run.oci.hooks.stdout": ($dir + "/said"), "run.oci.hooks.stderr": ($dir + "/said")}' \
	--arg hook "$CASE_DIR/hook" --arg dir "$CASE_DIR" \
	--args prestart createRuntime createContainer poststart poststop
set_args /probe exit 0
run husk run --bundle "$BUNDLE" "$ID" 7</ 8<"$CANARY" 9<"$ROOTFS"
exits 0 "a container with hooks"
said=$CASE_DIR/said
is "$(ls "$CASE_DIR" | grep -c '^ran-')" 5 "all five have run"
is "$(grep -c '^ONLY=this$' "$said")" 5 "with the variable that they have"
is "$(grep -E '^[A-Za-z_]+=' "$said" | grep -vc '^ONLY=this$')" 0 "and no other"
is "$(grep -E '^fd ([3-9]|[0-9][0-9]+) ' "$said")" "" "and no descriptor but 0, 1 and 2"
is "$(grep -c '^cwd ' "$said")" 5 "each is somewhere"
is "$(grep '^cwd ' "$said" | grep -c "rootfs\|unreachable")" 0 "but not in the image"
# By what is there: getcwd(2) calls the image's root "/", too.
is "$(grep '^lstat probe' "$said" | sort | uniq -c | tr -s ' ')" " 5 lstat probe ENOENT" "nor in its root"
canary_intact hooks

# More than anybody wants to read. With this much memory it cannot be kept; a sanitizer alone needs
# more.
limit=250000
! grep -q __asan_init "$HUSK_BIN" || limit=unlimited
while read -r kind way; do
	config '.annotations = {} | .hooks = {($kind): [{path: "/bin/sh", env: ["PATH=/usr/bin:/bin"], timeout: 25,
		args: ["sh", "-c", ("head -c 256000000 /dev/zero " + $way + "; exit 7")]}]}' \
		--arg kind "$kind" --arg way "$way"
	run sh -c 'ulimit -v "$0"; exec "$@"' "$limit" timeout 40 "$HUSK_BIN" --root "$STATE_DIR" \
		run --bundle "$BUNDLE" "$ID"
	isnt "$STATUS" 0 "256 MB of a $kind hook$way"
	like "$(tr -d '\0' <"$ERR")" "$kind|hook" "is an answer, and says which it was"
	ok "of some length" test "$(wc -c <"$ERR")" -lt 5000
	destroy
done <<'END'
createRuntime
createContainer >&2
poststart >&2
END

done_testing
