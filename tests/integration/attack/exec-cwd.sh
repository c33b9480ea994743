# attack/exec-cwd - a working directory that is a link to a descriptor, at times, or is no more.
# CVE-2024-21626: a process whose working directory is outside of its root has the host's files.
# attacks: T-CWD1 T-CWD2 T-CWD3
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary cwd
make_bundle
mkdir -p "$ROOTFS/flip/real" "$CASE_DIR/gone"
ln -s /proc/self/fd/7 "$ROOTFS/flip/fd"
ln -s /proc/self/fd/3 "$ROOTFS/flip/fd3"
ln -s /proc/1/root/../.. "$ROOTFS/flip/root"
add_mount /gone bind "$CASE_DIR/gone" bind
set_args /probe sleep
start_container "$ID"
exits 0 "a container"

cd "$ROOTFS/flip" || exit
"$HUSK_PROBE" exchange 30 "$CASE_DIR/stop" real fd fd3 root >"$CASE_DIR/spun" &
spinner=$!
cd "$CASE_DIR" || exit
n=0 inside=0 refused=0 bad=
while [ $n -lt 60 ]; do
	n=$((n + 1))
	run husk exec --cwd /flip/real "$ID" /probe cwd -- create made x 7</ 3<"$CANARY"
	if [ "$STATUS" -ne 0 ]; then
		refused=$((refused + 1))
	elif [ "$(value cwd)" = /flip/real ] || [ "$(value cwd)" = / ] || [ "$(value cwd)" = /flip/root ] ||
		[ "$(value cwd)" = /flip/fd ] || [ "$(value cwd)" = /flip/fd3 ]; then
		inside=$((inside + 1))
	else
		bad="$bad $(value cwd)"
	fi
done
: >"$CASE_DIR/stop"
wait "$spinner"
is "$bad" "" "exec --cwd on a directory that flips: never outside of the root"
ok "some are inside ($inside of $n, $refused refused)" test "$inside" -gt 0
ok "it has flipped ($(cat "$CASE_DIR/spun"))" grep -qE 'exchanged [0-9]{3}' "$CASE_DIR/spun"
canary_intact "exec --cwd on a directory that flips"

for cwd in /flip/fd /flip/fd3 /proc/self/fd/7 /proc/self/cwd /proc/1/cwd /flip/fd/../..; do
	run husk exec --cwd "$cwd" "$ID" /probe cwd 7</ 3<"$CANARY"
	isnt "$STATUS" 0 "exec --cwd $cwd"
done

# A directory that has no path any more: getcwd(2) would fail for the program.
rmdir "$CASE_DIR/gone"
run husk exec --cwd /gone "$ID" /probe cwd
isnt "$STATUS" 0 "exec --cwd of a deleted directory"
destroy

done_testing
