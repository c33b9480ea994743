# lifecycle/leaks - after many runs everything is as before.
# runs as: root user
# timeout: 300
# alone
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe exit 0
if [ "$HUSK_USER" = root ]; then runs=${LEAK_RUNS:-1000}; else runs=200; fi

# Where husk would make temporary files: nobody else's are there.
TMPDIR=$CASE_DIR/tmp
export TMPDIR
mkdir "$TMPDIR"

count()	# what may leak: mounts, cgroups, descriptors of init-less processes, files in /tmp and state
{
	echo "mounts $(wc -l </proc/self/mountinfo)"
	echo "cgroups $(awk 'NR > 1 { printf "%s ", $3 }' /proc/cgroups)"
	echo "state $(find "$STATE_DIR" ! -name '.*' -mindepth 1 2>/dev/null | wc -l)"
	echo "temporary files $(find "$TMPDIR" -mindepth 1 | wc -l)"
}

own_cgroups()
{
	find /sys/fs/cgroup -type d -name "*$TAG*" 2>/dev/null | wc -l
}

run_container
exits 0 "a first run"
count >"$CASE_DIR/before"
i=0 bad=0
while [ "$i" -lt "$runs" ]; do
	husk run --bundle "$BUNDLE" "$ID" </dev/null || bad=$((bad + 1))
	i=$((i + 1))
done
is "$bad" 0 "$runs runs succeed"
count >"$CASE_DIR/after"
# Cgroups that are gone may be counted for a while: the kernel frees them late.
is "$(grep -v cgroups "$CASE_DIR/after")" "$(grep -v cgroups "$CASE_DIR/before")" \
	"mounts, state and temporary files are as before"
is "$(own_cgroups)" 0 "no cgroup is left"

# create, start, delete the same
i=0 bad=0
while [ "$i" -lt 50 ]; do
	husk create --bundle "$BUNDLE" "$ID" </dev/null && husk start "$ID" &&
		husk delete --force "$ID" || bad=$((bad + 1))
	i=$((i + 1))
done
is "$bad" 0 "50 times create, start and delete --force succeed"
is "$(own_cgroups)" 0 "no cgroup is left"

done_testing
