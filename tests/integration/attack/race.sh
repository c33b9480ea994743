# attack/race - a volume whose directory is exchanged for links while a container is being made.
# attacks: T-RACE1 T-RACE2 T-RACE3 T-MASK3
# covers: C-08 3.5-safe-paths
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary race
vol=$CASE_DIR/vol
# A new volume: what is missing below "a" is made in every round.  Nobody may be exchanging names.
fresh()
{
	rm -rf --one-file-system "$vol"
	mkdir -p "$vol/a" "$vol/secret"
	ln -s "$CANARY" "$vol/absolute"
	ln -s "../../../../../../../../../../../../../../../..$CANARY" "$vol/relative"
	ln -s /proc "$vol/proc"
	ln -s /proc/self/root "$vol/magic"
	ln -s /proc/sys "$vol/sysctl"
	echo secret >"$vol/secret/file"
}
# attacked CASE: "a" is a directory, and each of the links in turn, while run_container runs
attacked()
{
	fresh
	rm -f "$CASE_DIR/stop"
	: >"$CASE_DIR/exchanging"
	(cd "$vol" && exec "$HUSK_PROBE" exchange 20 "$CASE_DIR/stop" a absolute relative proc magic sysctl secret) \
		>"$CASE_DIR/exchanging" &
	# On a busy machine the container could be faster.
	wait_until 15 test -s "$CASE_DIR/exchanging"
	run_container
	: >"$CASE_DIR/stop"
	wait $!
	cat "$CASE_DIR/exchanging" >>"$CASE_DIR/exchanged"
}

make_bundle
add_mount /vol bind "$vol" rbind
add_mount /vol/a/b/c tmpfs tmpfs nosuid
add_mount /vol/a/file bind "$BUNDLE/config.json" bind
add_mount /vol/a/sys sysfs sysfs ro
add_mount /vol/a/p proc proc ro
config '.linux.maskedPaths += ["/vol/a/x", "/vol/a/file", "/vol/secret"] | .linux.readonlyPaths += ["/vol/a/b"]'
[ "$HUSK_USER" = user ] ||
	config '.linux.devices = [{path: "/vol/a/d/null", type: "c", major: 1, minor: 3}]'
set_args /probe mounts -- lstat /proc/timer_list -- echo done
# moved: what a link named instead of "a" got its mount, where that is in the container
started=0 moved=0 refused=0 inside='' unmasked=0 silent=0
n=0
while [ $n -lt "${ROUNDS:-30}" ]; do
	n=$((n + 1))
	attacked
	if [ "$STATUS" -ne 0 ]; then
		[ -s "$ERR" ] || silent=$((silent + 1))
		refused=$((refused + 1))
		continue
	fi
	started=$((started + 1))
	! grep -qE "^mount (/vol/secret|$CANARY)/" "$OUT" ||
		moved=$((moved + 1))
	value "lstat /proc/timer_list" | grep -q '^char .* 1:3 ' || unmasked=$((unmasked + 1))
	# By the names that the configuration has below "a", and none of procfs has.
	inside=$inside$(grep -E '^mount /proc/(self/root/|sys/)?(b|d|p|x|file)[/ ]' "$OUT")
done

canary_intact "a mountpoint that is exchanged"
is "$inside" "" "nothing is mounted inside procfs"
is "$unmasked" 0 "what is masked in procfs is masked in all"
is "$silent" 0 "those that did not start said why"
ok "some containers started ($started of $n)" test "$started" -gt 0
ok "the exchange was met ($moved times by a mount, $refused times refused)" test $((moved + refused)) -gt 0
ok "names were exchanged in all ($(sort "$CASE_DIR/exchanged" | head -n 1))" \
	test "$(grep -cE 'exchanged [0-9]+[0-9]' "$CASE_DIR/exchanged")" -eq "$n"

# The same to a container that runs.
[ "$HUSK_USER" = root ] || done_testing
fresh
config '.mounts |= map(select(.destination | startswith("/vol/a") | not)) | .linux.devices = [] |
	.linux.maskedPaths = []'
set_args /probe sleep
start_container "$ID"
rm -f "$CASE_DIR/stop"
(cd "$vol" && exec "$HUSK_PROBE" exchange 20 "$CASE_DIR/stop" a absolute relative proc magic) >"$CASE_DIR/exchanged" &
n=0 added=0
while [ $n -lt "${ROUNDS:-20}" ]; do
	n=$((n + 1))
	echo "[{\"destination\": \"/vol/a/hot/$n\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}]" >"$CASE_DIR/hot"
	husk mounts add "$ID" "$CASE_DIR/hot" 2>/dev/null && added=$((added + 1))
done
: >"$CASE_DIR/stop"
wait $!
run husk exec "$ID" /probe mounts
unlike "$(output)" '^mount /proc/hot' "mounts add: nothing is mounted inside procfs"
canary_intact "mounts add below what is exchanged"
ok "some were added ($added of $n)" test "$added" -gt 0
destroy

done_testing
