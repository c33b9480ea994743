# peers/runc - what runc does wrong: each check names the defect of our list (D-nn) that it is about.
. "$HUSK_TESTS/lib.sh"

# D-16: READY had to be the datagram's first line.
make_bundle
socket=$CASE_DIR/notify.sock
fdrecv "$CASE_DIR/received" dgram "$socket" 1
set_args /probe notify "STATUS=going on
READY=1" -- sleep
NOTIFY_SOCKET=$socket
export NOTIFY_SOCKET
start_container "$ID"
unset NOTIFY_SOCKET
wait_until 5 grep -q READY=1 "$CASE_DIR/received"
like "$(cat "$CASE_DIR/received")" 'READY=1' "D-16: READY in a later line of a datagram"
destroy
kill "$RECEIVER" 2>/dev/null
wait "$RECEIVER" 2>/dev/null

# D-17: the constant of a process, on the process.
make_bundle
config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 5}'
probe sched
has ioprio "2 5" "D-17: ioPriority"

# D-18: recursive options were for bind mounts only.
add_mount /a tmpfs tmpfs rro,rnosuid
probe create /a/new -- mounts /a
has "create /a/new" EROFS "D-18: rro of a tmpfs"
like "$(value "mount /a")" '^tmpfs ro,nosuid,' "D-18: rnosuid of a tmpfs"

# D-19: submounts of read-only paths stayed writable.
make_bundle
mkdir -p "$ROOTFS/data"
add_mount /data/sub tmpfs tmpfs rw
config '.linux.readonlyPaths = ["/data"]'
probe create /data/new -- create /data/sub/new
has "create /data/new" EROFS "D-19: a read-only path"
has "create /data/sub/new" EROFS "D-19: what is mounted below it"

# D-20: flags of filters.
make_bundle
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_TSYNC"], syscalls:
	[{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13}]}'
probe mkdir /new
has "mkdir /new" EACCES "D-20: TSYNC"

# D-30
make_bundle
config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10, hard: 100}, {type: "RLIMIT_NOFILE", soft: 20, hard: 100}]'
probe exit 0
fails_with 'rlimits.*RLIMIT_NOFILE' "D-30: a limit that is there twice"
make_bundle
mkdir -p "$ROOTFS/srv"
: >"$ROOTFS/srv/null"
config '.linux.devices = [{path: "/srv/null", type: "c", major: 1, minor: 3, fileMode: 438}]'
probe exit 0
fails_with '/srv/null' "D-30: something else is where a device should be"
make_bundle
for version in 2.0.0 one ''; do
	config '.ociVersion = $v' --arg v "$version"
	probe exit 0
	fails_with 'ociVersion' "D-30: ociVersion \"$version\""
done
make_bundle
config '.annotations["org.opencontainers.image.stopSignal"] = "SIGUSR1"'
set_args /probe trap 10
start_container "$ID"
pid=$(pid_of)
wait_until 5 grep -q '^SigCgt:.*0200$' "/proc/$pid/status"
run husk stop --timeout 20 "$ID"
exits 0 "D-30: the stop signal of the image"
destroy

done_testing
