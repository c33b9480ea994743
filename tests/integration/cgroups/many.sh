# cgroups/many - 200 containers made and ended by 8 callers at the same time leave nothing.
# runs as: root user
# timeout: 300
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

user=
[ "$HUSK_USER" = root ] || user=--user
: "${MANY:=200}" "${CALLERS:=8}"
each=$((MANY / CALLERS))
make_bundle
set_args /probe exit 0
# A path of its own for each: from the ID.
config 'del(.linux.cgroupsPath)'
[ "$HUSK_USER" = user ] || [ -z "$(dir_of pids)" ] || config '.linux.resources = {pids: {limit: 10}}'

# What is left of them: cgroups, scope units of the systemd manager, processes, state.
left()
{
	find /sys/fs/cgroup -type d -name "*$TAG*" 2>/dev/null
	systemctl $user list-units --all --no-legend --plain "*$TAG*" 2>/dev/null
	# A process without a cgroup of ours does not get away from the runner's reaper.
	grep -ls "$TAG" /proc/[0-9]*/cgroup
	find "$STATE_DIR" -mindepth 1 -maxdepth 1 ! -name '[.~]*' 2>/dev/null
}

descriptors()	# of this shell: none is passed on to it
{
	ls /proc/self/fd | wc -l
}

# ---- 8 shells ----

caller()	# NUMBER
{
	_i=0
	while [ "$_i" -lt "$each" ]; do
		_id=$ID-$1-$_i
		husk create --bundle "$BUNDLE" "$_id" && husk start "$_id" || echo "failed: $_id"
		# How it ended only its parent can tell everywhere.
		husk wait "$_id" >/dev/null 2>&1
		husk delete "$_id" && echo deleted
		_i=$((_i + 1))
	done >"$CASE_DIR/caller-$1" 2>&1 </dev/null
}

before=$(descriptors)
started=$(date +%s)
i=0
while [ "$i" -lt "$CALLERS" ]; do
	caller "$i" &
	i=$((i + 1))
done
wait
is "$(cat "$CASE_DIR"/caller-* | sort | uniq -c | sed 's/^ *//' | head -n 5)" "$((each * CALLERS)) deleted" \
	"$((each * CALLERS)) containers created, started and deleted by $CALLERS shells, and nothing else is said"
is "$(left | head -n 5)" "" "nothing is left of them"
is "$(descriptors)" "$before" "nor a descriptor"
echo "# $(($(date +%s) - started)) s"

# ---- 8 threads ----

started=$(date +%s)
# It makes half of them by husk_create() and husk_start(), half by husk_run().
run "$HUSK_THREADS" "$STATE_DIR" "$BUNDLE" "$TAG" "$CALLERS" "$each"
exits 0 "$((each * CALLERS)) containers by $CALLERS threads"
has failures 0 "each is made, run and deleted"
is "$(errors | head -n 5)" "" "and nothing else is said"
has children none "no child is left"
is "$(left | head -n 5)" "" "nothing else is"
echo "# $(($(date +%s) - started)) s"

done_testing
