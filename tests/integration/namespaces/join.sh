# namespaces/join - what is listed with a path is entered.
# covers: L-03 L-06
# timeout: 120
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/namespaces/functions"

hold --net --ipc --uts --cgroup --time
for pair in network:net ipc:ipc uts:uts cgroup:cgroup time:time; do
	type=${pair%:*} file=${pair#*:}
	make_bundle
	config 'del(.hostname)'
	join "$type" "/proc/$holder/ns/$file"
	probe ns
	exits 0 "join $type"
	has "$file" "$(inode "$holder" "$file")" "join $type: it is that one"
done

make_bundle
config 'del(.hostname)'
for pair in network:net ipc:ipc uts:uts cgroup:cgroup time:time; do
	join "${pair%:*}" "/proc/$holder/ns/${pair#*:}"
done
probe ns
exits 0 "join five"
for file in net ipc uts cgroup time; do
	has "$file" "$(inode "$holder" "$file")" "join five: $file"
done

# The host name of a joined namespace is set all the same.
make_bundle
join uts "/proc/$holder/ns/uts"
probe uts
has hostname husk-test "a host name in a joined namespace"
is "$(nsenter --uts --target "$holder" hostname)" husk-test "and others in it see it"

make_bundle
join network "/proc/$holder/ns/net"
nsenter --net --target "$holder" ip link set lo down
probe net
has "if lo" loopback "loopback in a joined network namespace is left as it is"
let_go

# ---- pid ----
hold_child
make_bundle
join pid "/proc/$child/ns/pid"
probe ns -- self
exits 0 "join pid"
has pid "$(inode "$child" pid)" "join pid: it is that one"
isnt "$(output | sed -n 's/^ppid //p')" 1 "join pid: its parent is outside"

set_args /probe exit 5
run_container
exits 5 "join pid: the exit status arrives"

set_args /probe sleep 60
start_container "$ID"
exits 0 "join pid: start"
is "$(status_of)" running "join pid: it runs"
is "$(inode "$(pid_of)" pid)" "$(inode "$child" pid)" "join pid: state has the pid of the program"
run husk exec "$ID" /probe ns
has pid "$(inode "$child" pid)" "join pid: exec"
run husk kill "$ID" KILL
exits 0 "join pid: kill"
ok "join pid: it stops" wait_until 5 has_status stopped
destroy
let_go

# ---- mount: nothing can be mounted there, and the root is only changed for the program ----
hold --mount
cp "/proc/$holder/mountinfo" "$CASE_DIR/before"
make_bundle
config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
join mount "/proc/$holder/ns/mnt"
set_args /probe sleep 60
start_container "$ID"
exits 0 "join mount"
is "$(inode "$(pid_of)" mnt)" "$(inode "$holder" mnt)" "join mount: it is that one"
ok "join mount: the program has its root" test -e "/proc/$(pid_of)/root/probe"
ok "join mount: nothing is mounted in it" cmp "/proc/$holder/mountinfo" "$CASE_DIR/before"
destroy
let_go

# ---- mistakes ----
make_bundle
join network /proc/self/ns/uts
run_container
fails_with '/linux/namespaces/[0-9]+.*uts.*network|network.*uts' "a file of another kind"

join network "$CASE_DIR/none"
run_container
fails_with "/linux/namespaces/[0-9]+.*$CASE_DIR/none.*[Nn]o such file" "a file that is not there"

join network "$BUNDLE/config.json"
run_container
fails_with "/linux/namespaces/[0-9]+.*config.json" "a file that is no namespace"

join network proc/self/ns/net
run_container
fails_with 'not an absolute path|absolute' "a relative path"

mkfifo "$CASE_DIR/fifo"
join network "$CASE_DIR/fifo"
run timeout -k 1 5 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
fails_with "$CASE_DIR/fifo is not a namespace file" "a pipe is refused, and does not hang it"

done_testing
