# attack/planted - a job plants links in a directory that the next container makes files in.
# CVE-2026-87766: what the first left behind led the second's set-up, which has the host's rights, out of it.
# attacks: T-BW1
# runs as: root user
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary planted
work=$CASE_DIR/work
mkdir "$work"
need_command busybox

# The first job, as any other: the directory is its own to write to.
make_bundle
cp "$BUNDLE/config.json" "$CASE_DIR/plain.json"
add_busybox
cat >"$ROOTFS/plant" <<END
cd /work
ln -s /oldroot$CANARY old
ln -s /proc/self/root$CANARY magic
ln -s $CANARY absolute
ln -s ../../../../../../../../../../../../../..$CANARY relative
ln -s $CANARY/new dangling
END
set_args /bin/sh /plant
add_mount /work bind "$work" bind
run_container
exits 0 "the first job"
is "$(find "$work" -type l | wc -l)" 5 "has planted its links"

# next LINK WAY: whatever husk makes below the link, it is not the host's
next()
{
	cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
	add_mount /work bind "$work" bind
	case $2 in
	directory) add_mount "/work/$1/b/c" tmpfs tmpfs mode=0700 ;;
	file)	add_mount "/work/$1/data" bind "$BUNDLE/config.json" bind ;;
	cwd)	config '.process.cwd = $d' --arg d "/work/$1/made/here" ;;
	mask)	config '.linux.maskedPaths = [$d] | .linux.readonlyPaths = [$d]' --arg d "/work/$1/file" ;;
	device)	config '.linux.devices = [{path: $d, type: "c", major: 1, minor: 3, fileMode: 438}]' \
			--arg d "/work/$1/null" ;;
	esac
	set_args /probe lstat /work
	run_container
	# Refused, or made somewhere in the container.
	[ "$STATUS" -eq 0 ] || grep -q '^husk: ' "$ERR" || echo "$1, $2" >>"$CASE_DIR/silent"
	tried=$((tried + 1))
}

tried=0
: >"$CASE_DIR/silent"
ways='directory file cwd mask'
[ "$HUSK_USER" = user ] || ways="$ways device"
for way in $ways; do
	for link in old magic absolute relative dangling; do
		next $link $way
	done
done
is "$(cat "$CASE_DIR/silent")" "" "what of $tried was not done was refused with a message"
canary_intact "links that a job has planted"

done_testing
