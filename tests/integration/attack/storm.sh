# attack/storm - somebody renames all the time: containers start nevertheless, and soon.
#
# The kernel's look-up below a root answers EAGAIN whenever a ".." meets a rename anywhere. Giving up soon
# would let anybody keep containers from starting; trying forever would let anybody keep husk busy.
# attacks: T-RACE5
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir -p "$CASE_DIR/storm/a" "$CASE_DIR/storm/b" "$ROOTFS/one/two/three" "$ROOTFS/real/deep"
# Every look-up meets "..", some of them many times.
ln -s one/two/../../one/two/../../real "$ROOTFS/link"
ln -s one/../one/../one/../one/../one/../real "$ROOTFS/far"
config '.process.cwd = "/far/../link/deep" | .linux.maskedPaths += ["/link/deep/x", "/far/deep/y"] |
	.linux.readonlyPaths += ["/far/deep"]'
add_mount /link/m1 tmpfs tmpfs nosuid
add_mount /far/m2/sub tmpfs tmpfs nosuid
add_mount /one/../link/m3 bind "$CASE_DIR/storm" bind
set_args /probe cwd

# Seconds that N starts take; $failed is how many of them did not.
starts()
{
	failed=0 _i=0 _start=$(date +%s%N)
	while [ $_i -lt "$1" ]; do
		_i=$((_i + 1))
		run_container
		[ "$STATUS" -eq 0 ] && [ "$(value cwd)" = /real/deep ] && continue
		failed=$((failed + 1))
		cat "$ERR"
	done
	took=$((($(date +%s%N) - _start) / 1000000))
}
starts 10
is "$failed" 0 "10 containers in calm weather ($took ms)"

cd "$CASE_DIR/storm" || exit
for cpu in $(seq "$(nproc)" | head -n 16); do
	mkdir "x$cpu" "y$cpu"
	"$HUSK_PROBE" exchange 40 "$CASE_DIR/stop" "x$cpu" "y$cpu" >"$CASE_DIR/exchanged-$cpu" &
done
cd "$CASE_DIR" || exit
rounds=${ROUNDS:-40}
starts "$rounds"
is "$failed" 0 "$rounds containers in a storm ($took ms)"
set_args /probe sleep
start_container "$ID"
n=0 bad=0
while [ $n -lt 20 ]; do
	n=$((n + 1))
	run husk exec --cwd /far/../link/deep "$ID" /probe exit 0
	[ "$STATUS" -eq 0 ] || bad=$((bad + 1))
done
: >"$CASE_DIR/stop"
wait
is "$bad" 0 "20 times exec in a storm"
destroy
# A storm that never ends: every look-up is told to try again.  That is given up in milliseconds, and said.
if [ "$(uname -m)" = x86_64 ] && "$HUSK_FAULT" list "$CASE_DIR/calls" /bin/true 2>/dev/null; then
	run env ASAN_OPTIONS=detect_leaks=0 "$HUSK_FAULT" init 437 0 11 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER \
		run --bundle "$BUNDLE" "$ID"
	isnt "$STATUS" 124 "a storm without end is given up"
	fails_with '^husk: .*: Resource temporarily unavailable' "and says why"
	destroy
else
	skip "a storm without end" "ptrace does not work here"
fi
ok "the storm was one ($(cat "$CASE_DIR"/exchanged-* | tr '\n' ' '))" grep -qE 'exchanged [0-9]{4}' "$CASE_DIR/exchanged-1"

done_testing
