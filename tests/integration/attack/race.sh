# attack/race - a volume whose directories are swapped while a container is being made.
# attacks: T-RACE1 T-RACE2 T-RACE3
# covers: C-08 3.5-safe-paths
# runs as: root user
. "$HUSK_TESTS/lib.sh"

outside=$CASE_DIR/outside vol=$CASE_DIR/vol
mkdir "$outside" "$vol" "$vol/dir"
ln -s "$outside" "$vol/absolute"
ln -s ../../../../../../../../../../../../../../../..$outside "$vol/relative"
ln -s /proc "$vol/proc"
ln -s /proc/self/root "$vol/magic"

# a: a directory, and each of the links in turn, as fast as the shell can rename.
(
	cd "$vol" || exit
	while :; do
		for link in absolute relative proc magic; do
			# What a container has made in the meantime.
			[ -L a ] || rm -rf --one-file-system a
			mv -T "$link" a && mv -T a "$link"
			mv -T dir a && rm -rf a/* && mv -T a dir
		done
	done 2>/dev/null
) &
swapper=$!

make_bundle
add_mount /vol bind "$vol" rbind
add_mount /vol/a/b/c tmpfs tmpfs nosuid
add_mount /vol/a/file bind "$BUNDLE/config.json" bind
add_mount /vol/a/sys sysfs sysfs ro
config '.linux.maskedPaths += ["/vol/a/x"] | .linux.readonlyPaths += ["/vol/a/b"]'
[ "$HUSK_USER" = user ] ||
	config '.linux.devices = [{path: "/vol/a/d/null", type: "c", major: 1, minor: 3}]'
set_args /probe mounts
started=0 inside=
n=0
while [ $n -lt 40 ]; do
	n=$((n + 1))
	run_container
	[ "$STATUS" -ne 0 ] || started=$((started + 1))
	inside=$inside$(grep -E \
		'^mount /proc/(b|file|sys|self|[0-9])[^ ]* (tmpfs|ext4|overlay|sysfs) ' "$OUT")
done
kill "$swapper"
wait "$swapper" 2>/dev/null

is "$(ls -A "$outside")" "" "nothing is made outside"
is "$inside" "" "nothing is mounted inside procfs"
ok "some containers started ($started of $n)" test "$started" -gt 0
done_testing
