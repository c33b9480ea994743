# attack/source - the source of a bind mount is exchanged while it is used.
# CVE-2024-42472: what was looked at and what is mounted must be the same.
# attacks: T-RACE4
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary source
vol=$CASE_DIR/vol
mkdir -p "$vol/dir"
echo inside >"$vol/dir/file"
ln -s "$CANARY" "$vol/link"
ln -s /proc/self/root "$vol/root"

rounds=${ROUNDS:-15}
# attacked N: run it as often; what its /seen/file held
attacked()
{
	rm -f "$CASE_DIR/stop" "$CASE_DIR/held"
	(cd "$vol" && exec "$HUSK_PROBE" exchange 30 "$CASE_DIR/stop" dir link root) >"$CASE_DIR/exchanged" &
	_i=0 started=0
	while [ $_i -lt "$1" ]; do
		_i=$((_i + 1))
		# A directory whatever the first of them was.
		rm -rf "$ROOTFS/seen"
		mkdir "$ROOTFS/seen"
		run_container
		[ "$STATUS" -ne 0 ] || started=$((started + 1))
		cat "$OUT" >>"$CASE_DIR/held"
	done
	: >"$CASE_DIR/stop"
	wait $!
}

# The last name is not followed: never what a link names.
make_bundle
add_mount /seen bind "$vol/dir" bind,src-nofollow
set_args /probe read /seen/file -- create /seen/new x
attacked "$rounds"
ok "some started ($started of $rounds; $(grep -c "^inside$" "$CASE_DIR/held") had the directory)" test "$started" -gt 0
is "$(grep -c 'of the host' "$CASE_DIR/held")" 0 "src-nofollow: never what a link names"
canary_intact src-nofollow

# Followed, as it is without it: then what the link names, and everything that was said of it.
config '.mounts |= map(select(.destination != "/seen"))'
add_mount /seen bind "$vol/dir" bind,ro,nosuid,nodev
set_args /probe create /seen/new x -- write /seen/file x -- mkdir /seen/d
attacked "$rounds"
is "$(grep -cE '^(create|write|mkdir) .* ok$' "$CASE_DIR/held")" 0 "ro: whatever it is, it is read-only"
ok "some started ($started of $rounds; $(grep -c "/seen/file EROFS" "$CASE_DIR/held") wrote to a file there)" test "$started" -gt 0
canary_intact ro

# exchanged for a file: a directory's mountpoint is no file's
rm "$vol/root"
echo file >"$vol/root"
config '.mounts |= map(select(.destination != "/seen"))'
add_mount /seen bind "$vol/dir" bind,ro
attacked "$rounds"
canary_intact "a directory and a file"

done_testing
