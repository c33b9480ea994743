# bench/floor - the container of tests/bench/floor.c is that of `husk spec`, seen from inside.
#
# Else `make bench` would hold husk against something that is not its work.
. "$HUSK_TESTS/lib.sh"

floor=$HUSK_BUILD/tests/bench/floor
[ -x "$floor" ] || skip_all "the floor has not been built: make helpers"
only_cgroupfs "the floor knows no systemd"

seen="mounts -- caps -- rlimits -- ids -- uts -- cwd -- ls /dev -- read /proc/self/cgroup"
make_bundle
husk spec --bundle "$CASE_DIR"
jq --arg id "/$TAG" --arg seen "/probe $seen" 'del(.linux.seccomp) | .process.args = ($seen | split(" "))
	| .process.terminal = false | .linux.cgroupsPath = $id' "$CASE_DIR/config.json" >"$BUNDLE/config.json"
run_container
exits 0 "husk's container"
cp "$OUT" "$CASE_DIR/husk"

cgroups=
for controllers in $(cut -d: -f2 /proc/self/cgroup); do
	cgroups="$cgroups -c ${controllers#name=}=/sys/fs/cgroup/${controllers#name=}"
done
unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
run "$floor" $cgroups ${unified:+-u "$unified"} "$ROOTFS" "$TAG-floor" /probe $seen
exits 0 "the floor's container"
is "$(output)" "$(cat "$CASE_DIR/husk")" "both look the same from inside"
like "$(output)" "^mount /proc proc" "something was seen"

done_testing
