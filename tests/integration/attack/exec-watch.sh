# attack/exec-watch - root of the container looks for husk-init while `exec` is under way.
# CVE-2016-9962, CVE-2016-8649, CVE-2019-5736: what a process on its way into a container still holds.
# attacks: T-FD2 T-EXE1 T-EXE4
# covers: 3.5-self-exe
. "$HUSK_TESTS/lib.sh"

make_bundle
add_busybox
sum=$(sha256sum <"$HUSK_BIN")
cat >"$ROOTFS/watch" <<'EOT'
same() { read -r c <"$1/comm" && [ "$c" = husk-init ]; }
got() { echo "got $1" >>/tmp/log; }
: >/tmp/log
while [ ! -e /tmp/stop ]; do
	for p in /proc/[0-9]*; do
		same "$p" || continue
		echo seen >>/tmp/log
		# It may have become the program meanwhile, whose files are the container's own.
		# Their numbers may be listed; what counts is where they lead.
		[ -z "$(busybox readlink "$p"/fd/*)" ] || ! same "$p" || got fd
		[ -z "$(ls "$p/root/")" ] || ! same "$p" || got root
		[ -z "$(ls "$p/cwd/")" ] || ! same "$p" || got cwd
		[ -z "$(cat "$p/environ")" ] || ! same "$p" || got environ
		(: >>"$p/exe") && same "$p" && got exe
		(: >>"$p/mem") && same "$p" && got mem
	done
done 2>/dev/null
EOT
set_args /bin/sh /watch
config '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_CHOWN"])'
start_container "$ID"
ok "the watcher runs" wait_until 5 test -e "$ROOTFS/tmp/log"
rounds=${ROUNDS:-40} n=0
while [ $n -lt "$rounds" ]; do
	n=$((n + 1))
	husk exec "$ID" /probe exit 0 </dev/null || break
done
is "$n" "$rounds" "exec works meanwhile"
: >"$ROOTFS/tmp/stop"
wait_until 5 has_status stopped
ok "it has seen husk-init ($(grep -c seen "$ROOTFS/tmp/log") times)" grep -q seen "$ROOTFS/tmp/log"
is "$(sort -u "$ROOTFS/tmp/log" | grep got)" "" "and got at nothing of it"
is "$(sha256sum <"$HUSK_BIN")" "$sum" "husk itself is as it was"
destroy

# An entry point that is husk-init's own file, read or written.
make_bundle "$CASE_DIR/self"
add_busybox
printf '#!/proc/self/exe\n' >"$ROOTFS/loop"
chmod +x "$ROOTFS/loop"
set_args /loop
run_container
isnt "$STATUS" 0 "a script whose interpreter is /proc/self/exe"
for fd in 3 4 5 6 7 8 9 10; do
	set_args "/proc/self/fd/$fd"
	run_container 7<"$HUSK_BIN"
	[ "$STATUS" -ne 0 ] || fail "a program that is descriptor $fd"
done
pass "a program that is a descriptor"
is "$(sha256sum <"$HUSK_BIN")" "$sum" "husk itself is as it was"

done_testing
