#!/bin/sh
# tests/engines/podman.sh RUNTIME [rootless] - what podman does with a runtime, step by step, inside the sandbox:
# as root, or as a user with ids in /etc/subuid.

if [ "${2-}" = rootless ] && [ "$(id -u)" -eq 0 ]; then
	install -d -o 1001 -g 1001 -m 700 /data/tester /run/user/1001
	# A cgroup of the user's own where there is one hierarchy, as systemd would delegate it.
	if [ "$MODE" = v2 ]; then
		mkdir -p /sys/fs/cgroup/user/leaf
		chown 1001:1001 /sys/fs/cgroup/user /sys/fs/cgroup/user/leaf /sys/fs/cgroup/user/cgroup.* \
			/sys/fs/cgroup/user/leaf/cgroup.*
		echo 0 >/sys/fs/cgroup/user/leaf/cgroup.procs
	fi
	exec setpriv --reuid 1001 --regid 1001 --init-groups env HOME=/data/tester \
		XDG_RUNTIME_DIR=/run/user/1001 "$0" "$@"
fi
. /tests/steps.sh

VERSION=$(command podman --version | sed 's/.*version \([0-9.]*\).*/\1/')
ENGINE=podman/$VERSION
[ "$(id -u)" -eq 0 ] || ENGINE=podman-rootless/$VERSION
export PODMAN_IGNORE_CGROUPSV1_WARNING=1

rootless() { [ "$(id -u)" -ne 0 ]; }
major_is() { [ "${VERSION%%.*}" -ge "$1" ]; }

# husk by the drop-in that it installs.
settings=/etc/containers/containers.conf.d
rootless && settings=$HOME/.config/containers/containers.conf.d
mkdir -p "$settings"
cp /husk/engines/podman.conf "$settings/50-husk.conf"
# The limits of files and processes are this machine's, which may forbid podman's.
cat >"$settings/60-tests.conf" <<-END
	[containers]
	default_ulimits = ["nofile=512:512", "nproc=1024:1024"]
	log_driver = "k8s-file"
	[engine]
	runtime = "$RUNTIME"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	no_pivot_root = false
END
# A limit that podman sets by itself, of a controller that v2 has not got here.
[ "$MODE" != v2 ] || sed -i '/default_ulimits/a pids_limit = 0' "$settings/60-tests.conf"

podman()
{
	timeout 60 podman "$@"
}

# In a container that goes with its end, at least the image is said: once [OPTION]... IMAGE COMMAND...
once()
{
	podman run --rm --network none "$@"
}

# A container of that name that goes on: lasting NAME [OPTION]... IMAGE COMMAND...
lasting()
{
	podman run -d --network none --name "$@" >lasting.out 2>&1 || stop_here "run -d $*: $(cat lasting.out)"
}

field()	# CONTAINER TEMPLATE
{
	podman inspect -f "$2" "$1"
}

state() { field "$1" '{{.State.Status}}'; }

# probe [OPTION]... -- COMMAND...: what the probe says in a container, in `out`
probe()
{
	options "$@"
	shift $_shift
	once $_options bb /probe "$@" >out 2>err || stop_here "probe $_options: $(cat err)"
}

clean_up()
{
	podman pod rm -f -a >/dev/null 2>&1
	# Twice: the first one may come to one that others need.
	podman rm -f -t 0 -a >/dev/null 2>&1
	podman rm -f -t 0 -a >/dev/null 2>&1
	podman network rm -f net >/dev/null 2>&1
}

each()
{
	step "$@"
	clean_up
}

# ---- running -------------------------------------------------------------------------------------

told()
{
	same "$(podman info --format '{{.Host.OCIRuntime.Name}}')" "$RUNTIME" "the runtime"
	[ "$RUNTIME" != husk ] || same "$(podman info --format '{{.Host.OCIRuntime.Path}}')" "$RUNTIME_PATH" "its path"
	like "$(podman info --format '{{.Host.OCIRuntime.Version}}')" "^$RUNTIME version [0-9]" "its version"
	same "$(once bb true 2>&1)" "" "a run without a word"
}

runs()
{
	same "$(once bb echo hi)" hi
	once bb sh -c 'echo out; echo err >&2; exit 7' >out 2>err
	same "$?" 7 "exit status"
	same "$(cat out) $(cat err)" "out err" "both outputs"
	same "$(echo typed | once -i bb cat)" typed "standard input"
	same "$(once -w /tmp -e A=b --hostname box bb sh -c 'echo $PWD $A $(hostname)')" "/tmp b box"
	same "$(once --umask 0027 bb sh -c umask)" 0027 "--umask"
}

names_missing_program()
{
	exits 127 once bb /no/such
	like "$(cat exits.out)" '/no/such' "its name"
	exits 127 once bb no-such
	exits 126 once bb /etc/passwd
	exits 126 once bb /etc
	once -w /etc/passwd bb true 2>err && stop_here "a working directory that is a file"
	like "$(cat err)" '/etc/passwd' "its name"
	lasting c bb sleep 1000
	exits 127 podman exec c /no/such
	exits 126 podman exec c /etc/passwd
}

execs()
{
	lasting c bb sleep 1000
	same "$(podman exec -e A=b -w /etc c sh -c 'echo $A $PWD')" "b /etc"
	exits 9 podman exec c sh -c 'exit 9'
	same "$(podman exec -u nobody c id -u)" 65534 "a user by name"
	same "$(podman exec -u 5:6 c sh -c 'id -u; id -g' | tr '\n' ' ')" "5 6 " "a user by number"
	same "$(echo typed | podman exec -i c cat)" typed "standard input"
	podman exec -d c touch /tmp/detached
	until_true 5 podman exec c test -e /tmp/detached || stop_here "exec -d did nothing"
	podman exec --privileged c /probe caps >out
	podman exec c /probe caps >less
	[ "$(key effective)" != "$(sed -n 's/^effective //p' less)" ] || stop_here "exec --privileged: no more than without"
	for ns in pid net mnt ipc uts cgroup user; do
		same "$(podman exec c readlink /proc/self/ns/$ns)" "$(podman exec c readlink /proc/1/ns/$ns)" "$ns"
	done
	podman kill c >/dev/null
	soon exited state c
	fails 'not running|improper' podman exec c true
}

says_why()
{
	fails '/no/such/source' once --mount type=bind,source=/no/such/source,target=/y bb true
	fails '/no/such' once --security-opt seccomp=/no/such.json bb true
	fails '/no/such' once --device /no/such bb true
	fails 'no.such|no/such' once --sysctl net.no.such=1 bb true
	fails 'no-such' once -u no-such bb true
}

logs()
{
	lasting c bb sh -c 'echo one; echo two >&2; echo three; sleep 1000'
	until_true 5 sh -c 'podman logs c 2>&1 | grep -q three' || stop_here "$(podman logs c 2>&1)"
	same "$(podman logs c 2>/dev/null | tr '\n' ' ')" "one three " "standard output"
	same "$(podman logs c 2>&1 >/dev/null)" two "standard error"
	lasting f bb sh -c 'for i in 1 2 3; do echo $i; sleep 0.1; done'
	same "$(podman logs -f f | tr '\n' ' ')" "1 2 3 " "followed to its end"
}

terminals()
{
	# podman 4.3 may not show what comes just before the end.
	in_terminal "podman run --rm --network none -it bb sh -c 'test -t 0 && test -t 1 && tty; ls -l /dev/console; sleep 0.5'" >out
	like "$(cat out)" '^/dev/pts/0' "a terminal"
	like "$(cat out)" '/dev/console' "a console"
	like "$(in_terminal "stty rows 33 cols 77; podman run --rm --network none -it bb sh -c 'sleep 0.5; stty size; sleep 0.5'")" \
		'33 77$' "its size"
	lasting c -it bb sh
	opens "podman attach c"
	types 'echo in-$((40+2))\n' in-42
	printf 'exit 5\n' >&4
	closes
	same "$(podman wait c)" 5 "attach: the end"
	lasting d -it bb sh
	opens "podman attach d"
	types 'echo in-$((40+2))\n' in-42
	# Each in a read of its own, as podman compares them.
	printf '\020' >&4
	sleep 0.5
	printf '\021' >&4
	wait $_terminal
	[ "$?" -ne 124 ] || stop_here "detaching does not end attach"
	same "$(state d)" running "after detaching"
	like "$(in_terminal "podman exec -it d sh -c 'tty; sleep 0.5'")" '/dev/pts/1' "exec -it"
}

stops()
{
	lasting c bb sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	soon ready podman logs c
	podman stop -t 20 c >/dev/null
	same "$(field c '{{.State.ExitCode}} {{.State.Status}}')" "3 exited" "stop"
	podman start c >/dev/null
	same "$(state c)" running "start again"
	podman restart -t 20 c >/dev/null
	same "$(state c)" running "restart"
	lasting d bb sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	soon ready podman logs d
	podman stop -t 1 d >/dev/null 2>&1
	same "$(field d '{{.State.ExitCode}}')" 137 "stop of one that does not listen"
	lasting e --stop-signal USR1 bb sh -c 'trap "exit 4" USR1; echo ready; while :; do sleep 0.1; done'
	soon ready podman logs e
	podman stop -t 20 e >/dev/null
	same "$(field e '{{.State.ExitCode}}')" 4 "a stop signal of its own"
}

kills()
{
	lasting c bb sh -c 'trap "exit 6" USR2; echo ready; while :; do sleep 0.1; done'
	soon ready podman logs c
	podman kill -s USR2 c >/dev/null
	same "$(podman wait c)" 6 "a signal by name"
	lasting d bb sleep 1000
	podman kill d >/dev/null
	same "$(podman wait d)" 137 "SIGKILL"
	fails 'not running|can only kill' podman kill d
}

# What is left of it only a cgroup tells.
kills_in_host_pids()
{
	need_cgroup
	lasting e --pid host bb sh -c 'sleep 2000 & sleep 2001'
	soon 2 sh -c 'ps -A -o args | grep -c "^sleep 200[01]"'
	podman kill e >/dev/null
	podman rm -f -t 0 e >/dev/null
	same "$(ps -A -o args | grep -c '^sleep 200[01]')" 0 "processes that are left"
}

pauses()
{
	need_cgroup
	lasting c bb sh -c 'while :; do echo x >>/tmp/n; sleep 0.05; done'
	sleep 0.3
	podman pause c >/dev/null 2>err || engines_own "pause: $(cat err)"
	same "$(state c)" paused
	_pid=$(field c '{{.State.Pid}}')
	_size=$(stat -c %s "/proc/$_pid/root/tmp/n")
	sleep 0.5
	same "$(stat -c %s "/proc/$_pid/root/tmp/n")" "$_size" "what it has written while paused"
	podman exec c true 2>err && stop_here "exec in a paused container"
	podman unpause c >/dev/null
	sleep 0.5
	[ "$(stat -c %s "/proc/$_pid/root/tmp/n")" -gt "$_size" ] || stop_here "it does not go on"
	podman pause c >/dev/null
	podman rm -f -t 0 c >/dev/null || stop_here "rm -f of a paused container"
}

# ---- limits --------------------------------------------------------------------------------------

need_cgroup()
{
	[ "$MODE" = v2 ] || ! rootless || not_here "a user's podman has no cgroups on v1"
}

limit()	# CONTAINER CONTROLLER FILE: of v1, as the container sees it
{
	podman exec "$1" cat "/sys/fs/cgroup/$2/$2.$3"
}

need_controllers()
{
	[ "$MODE" != v2 ] || not_here "this machine's v2 hierarchy has no controllers"
	need_cgroup
}

limits()
{
	need_controllers
	lasting c -m 64m --memory-swap 64m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --pids-limit 50 \
		--cpuset-cpus 0 bb sleep 1000
	same "$(limit c memory limit_in_bytes)" 67108864
	same "$(limit c memory soft_limit_in_bytes)" 33554432
	same "$(limit c cpu cfs_quota_us) $(limit c cpu cfs_period_us)" "50000 100000"
	same "$(limit c cpu shares)" 512
	same "$(limit c pids max)" 50
	same "$(limit c cpuset cpus)" 0
	lasting o -m 16m --memory-swap 16m bb /probe alloc 64
	same "$(podman wait o)" 137 "more memory than that"
	once --pids-limit 10 bb /probe forks 20 >out 2>&1
	like "$(cat out)" EAGAIN "too many processes"
}

tells_oom()
{
	need_controllers
	lasting o -m 16m --memory-swap 16m bb /probe alloc 64
	podman wait o >/dev/null
	same "$(field o '{{.State.OOMKilled}}')" true
}

updates()
{
	need_controllers
	lasting c -m 64m --memory-swap 64m bb sleep 1000
	_pids=
	major_is 5 && _pids="--pids-limit 33"
	podman update -m 128m --memory-swap 128m --cpu-shares 300 --cpus 0.25 --cpuset-cpus 1 $_pids c >err 2>&1 ||
		stop_here "$(cat err)"
	same "$(limit c memory limit_in_bytes)" 134217728
	same "$(limit c cpu shares) $(limit c cpu cfs_quota_us)" "300 25000"
	same "$(limit c cpuset cpus)" 1
	[ -z "$_pids" ] || same "$(limit c pids max)" 33
	podman update -m 96m --memory-swap 96m c >err 2>&1 || stop_here "$(cat err)"
	same "$(limit c memory limit_in_bytes) $(limit c cpu shares)" "100663296 300" "one thing changed, the rest kept"
}

shows_usage()
{
	need_controllers
	lasting c -m 64m bb sh -c 'sleep 1000 & sleep 1001'
	soon 2 sh -c 'podman top c args | grep -c "^sleep 100[01]"'
	podman stats --no-stream --no-reset --format '{{.PIDs}} {{.MemUsage}}' c >out 2>err || engines_own "stats: $(cat err)"
	like "$(cat out)" '^2 [1-9].*B / 67.11MB' "stats"
}

health_is()	# CONTAINER STATE
{
	field "$1" '{{.State.Health.Status}}' 2>/dev/null || field "$1" '{{.State.Healthcheck.Status}}'
}

checks_health()
{
	# Its timer is systemd's, which is not here: by hand.
	lasting c --health-cmd 'test ! -e /tmp/ill' --health-interval disable --health-retries 1 bb sleep 1000
	exits 0 podman healthcheck run c
	same "$(health_is c)" healthy
	podman exec c touch /tmp/ill
	exits 1 podman healthcheck run c
	same "$(health_is c)" unhealthy
}

# ---- files ---------------------------------------------------------------------------------------

has_volumes()
{
	podman volume create v >/dev/null
	once -v v:/v bb sh -c 'echo kept >/v/f'
	same "$(once -v v:/v bb cat /v/f)" kept "what one wrote another reads"
	probe -v v:/v:ro -- create /v/g
	same "$(cat out)" "create /v/g EROFS" "a read-only volume"
	once -v v:/root bb true
	podman volume rm v >/dev/null
	mkdir -p b/sub
	echo host >b/f
	same "$(once -v "$PWD/b:/b" bb cat /b/f)" host "a bind"
	probe --mount "type=bind,src=$PWD/b,dst=/b,ro" -- create /b/g
	same "$(cat out)" "create /b/g EROFS" "a read-only bind"
	probe -v "$PWD/b:/b:noexec,nosuid,nodev" -- mounts /b
	like "$(cat out)" 'noexec' "noexec"
	probe -v "$PWD/b:/b:rslave" -- mounts /b
	rootless || like "$(cat out)" 'master:[0-9]' "rslave"
	probe -v "$PWD/b:/b:rshared" -- mounts /b
	like "$(cat out)" 'shared:[0-9]' "rshared"
	lasting c -v "$PWD/b:/b" bb sleep 1000
	same "$(once --volumes-from c bb cat /b/f)" host "volumes of another"
	same "$(once -v "$PWD/b:/b:U" -u 7 bb stat -c %u /b/f)" 7 ":U"
	once -v "$PWD/b:/b:U" bb true
	same "$(once -v "$PWD/b:/b:O" bb sh -c 'echo x >/b/f; cat /b/f') $(cat b/f)" "x host" ":O, an overlay that goes"
	same "$(once --mount type=image,src=bb,dst=/i bb cat /i/etc/group | head -n 1)" root:x:0: "an image as a volume"
}

has_tmpfs()
{
	probe --tmpfs /t:size=1m,mode=1700,noexec -- mounts /t
	like "$(cat out)" '^mount /t tmpfs .*noexec'
	like "$(cat out)" 'size=1024k,mode=1700' "its size and mode"
	probe --read-only --read-only-tmpfs=false --tmpfs /t -- create /x -- create /t/x
	same "$(tr '\n' ' ' <out)" "create /x EROFS create /t/x ok " "a read-only root"
	probe --read-only -- create /x -- create /tmp/x -- create /run/x
	same "$(tr '\n' ' ' <out)" "create /x EROFS create /tmp/x ok create /run/x ok " "with podman's own tmpfs"
	probe --shm-size 32m -- mounts /dev/shm
	like "$(cat out)" 'size=32768k' "shm-size"
	same "$(once --tmpfs /etc bb cat /etc/group | head -n 1)" root:x:0: "what was there is copied (tmpcopyup)"
	once --mount type=tmpfs,dst=/etc,notmpcopyup bb ls /etc >out
	grep -q passwd- out && stop_here "notmpcopyup: $(cat out)"
	fails 'No space left' once --mount type=tmpfs,dst=/t,tmpfs-size=65536 bb dd if=/dev/zero of=/t/f bs=100000 count=1
}

copies()
{
	lasting c bb sleep 1000
	echo into >f
	podman cp f c:/tmp/f
	same "$(podman exec c cat /tmp/f)" into "cp into it"
	podman exec c sh -c 'mkdir /d; echo from >/d/g'
	podman cp c:/d .
	same "$(cat d/g)" from "cp from it"
	# Not of an image whose id begins with c.
	like "$(podman container diff c)" '^A /d/g$' "diff"
	podman commit -q c committed >/dev/null 2>err || stop_here "commit: $(cat err)"
	same "$(once committed cat /d/g)" from "commit"
	podman export c | tar -t 2>/dev/null | grep -qx d/g || stop_here "export"
	podman rename c other
	same "$(podman exec other echo renamed)" renamed "rename"
	podman rm -f -t 0 other >/dev/null
	podman rmi committed >/dev/null
	mkdir tree
	podman export "$(podman create bb)" | tar -C tree -x 2>/dev/null
	same "$(once --rootfs "$PWD/tree" /bin/echo direct)" direct "--rootfs"
}

# ---- rights --------------------------------------------------------------------------------------

has_capabilities()
{
	probe -- caps
	same "$(key bounding) $(key effective) $(key inheritable) $(key ambient)" \
		"00000000800405fb 00000000800405fb 0000000000000000 0000000000000000" "podman's default set"
	probe --cap-drop ALL -- caps
	same "$(key bounding) $(key permitted)" "0000000000000000 0000000000000000" "none"
	probe --cap-drop ALL --cap-add NET_ADMIN --cap-add CHOWN -- caps
	same "$(key effective)" 0000000000001001 "two of them"
	probe --user 1000:1000 -- caps
	same "$(key effective) $(key bounding)" "0000000000000000 00000000800405fb" "another user"
	probe --user 1000:1000 --cap-add NET_ADMIN -- caps
	same "$(key effective) $(key ambient)" "0000000000001000 0000000000001000" "another user, ambient"
	probe --security-opt no-new-privileges -- sched
	same "$(key no_new_privs)" 1 "no-new-privileges"
}

is_privileged()
{
	/husk/probe caps >own
	probe --privileged -- caps -- write /proc/sys/kernel/domainname x
	rootless || like "$(cat out)" 'write /proc/sys/kernel/domainname ok' "/proc/sys is writable"
	rootless || same "$(key effective)" "$(sed -n 's/^bounding //p' own)" "all that podman has"
	once --privileged bb grep Seccomp: /proc/self/status >out
	like "$(cat out)" 'Seccomp:.0$' "no filter"
	same "$(once --privileged bb sh -c 'mount -t tmpfs t /tmp && echo mounted')" mounted "mount"
	same "$(once --privileged bb sh -c 'test -c /dev/fuse && echo there')" there "devices of the host"
}

filters()
{
	probe -- sched
	same "$(key seccomp)" 2 "podman's own profile"
	probe --security-opt seccomp=unconfined -- sched
	same "$(key seccomp)" 0 "unconfined"
	cat >profile.json <<-'END'
		{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
		  "syscalls": [
			{ "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 },
			{ "names": ["personality"], "action": "SCMP_ACT_ALLOW",
			  "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQ" }] } ] }
	END
	fails 'not supported' once --security-opt "seccomp=$PWD/profile.json" bb mkdir /x
	once --security-opt "seccomp=$PWD/profile.json" bb touch /x || stop_here "touch was refused"
	sed 's/"mkdirat"/"no_such_call_at_all"/' profile.json >unknown.json
	once --security-opt "seccomp=$PWD/unknown.json" bb true 2>err || stop_here "a name nobody knows: $(cat err)"
}

has_users()
{
	same "$(once -u nobody bb id -u)" 65534 "by name"
	probe -u 12:34 --group-add 56 --group-add root -- ids
	same "$(key uid) $(key gid) $(key groups)" "12 12 12 34 34 34 0 34 56" "by number, with groups"
	same "$(once -u 1000 -w /tmp bb sh -c 'touch f && stat -c %u f')" 1000 "its files"
	same "$(once --passwd-entry 'me:x:77:77::/tmp:/bin/sh' -u 77 bb sh -c 'whoami')" me "--passwd-entry"
}

sets_limits()
{
	probe --ulimit nofile=256:300 --ulimit core=0 --ulimit nproc=1000:1000 -- rlimits
	like "$(cat out)" '^RLIMIT_NOFILE 256 300$'
	like "$(cat out)" '^RLIMIT_CORE 0 0$'
	same "$(once --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9000 bb \
		cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax | tr '\n' ' ')" "1 9000 "
	same "$(once --oom-score-adj 300 bb cat /proc/self/oom_score_adj)" 300 "oom-score-adj"
}

has_devices()
{
	same "$(once bb sh -c 'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done')" "" \
		"what every container has"
	same "$(once --device /dev/zero:/dev/z:r bb sh -c 'head -c 1 /dev/z | wc -c')" 1 "another name"
	rootless && return
	same "$(once --device /dev/net/tun:/dev/t:rw bb stat -c %t:%T /dev/t)" a:c8 "another name, its numbers"
	# /dev/fuse: runc lets every container have /dev/net/tun.
	same "$(once --cap-add MKNOD bb sh -c "mknod /x c 10 229; cat /x 2>&1 | grep -c 'open.*ermitted'")" 1 \
		"others are refused"
	same "$(once --cap-add MKNOD --device-cgroup-rule 'c 10:229 rwm' bb sh -c "mknod /x c 10 229; cat /x 2>&1 |
		grep -c 'open.*ermitted'")" 0 "a rule lets it through"
}

# ---- namespaces ----------------------------------------------------------------------------------

namespace()	# CONTAINER TYPE
{
	podman exec "$1" readlink "/proc/1/ns/$2"
}

shares_namespaces()
{
	lasting c --hostname first --ipc shareable bb sleep 1000
	podman run -d --name n --network container:c bb sleep 1000 >/dev/null
	same "$(namespace n net)" "$(namespace c net)" "network of another"
	lasting p --pid container:c bb sleep 1001
	same "$(podman exec p readlink /proc/self/ns/pid)" "$(namespace c pid)" "pid of another"
	same "$(podman exec c ps -o args | grep -c '^sleep 100[01]')" 2 "one sees the other"
	lasting i --ipc container:c bb sleep 1000
	same "$(namespace i ipc)" "$(namespace c ipc)" "ipc of another"
	lasting u --uts container:c bb sleep 1000
	same "$(podman exec u hostname)" first "uts of another"
	same "$(podman run --rm --network host bb readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)" "network host"
	same "$(once --pid host bb readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)" "pid host"
	same "$(once --ipc host bb readlink /proc/self/ns/ipc)" "$(readlink /proc/self/ns/ipc)" "ipc host"
	same "$(once --uts host bb hostname)" "$(hostname)" "uts host"
}

maps_ids()
{
	if rootless; then
		same "$(once bb cat /proc/self/uid_map | tr -s ' ' | head -n 2 | tr '\n' ' ')" " 0 1001 1  1 300000 65536 "
		same "$(once --userns keep-id bb id -u)" 1001 "keep-id"
		mkdir -p mine
		once --userns keep-id -v "$PWD/mine:/m" bb touch /m/f
		same "$(stat -c %u mine/f)" 1001 "keep-id: its files"
		same "$(once --userns nomap bb cat /proc/self/uid_map 2>&1 | grep -c ' 1001 ')" 0 "nomap"
		return
	fi
	same "$(once --uidmap 0:300000:1000 --gidmap 0:400000:1000 bb cat /proc/self/uid_map /proc/self/gid_map |
		tr -s ' \n' ' ')" " 0 300000 1000 0 400000 1000 "
	lasting c --uidmap 0:300000:1000 --gidmap 0:300000:1000 -v vmap:/v bb sh -c 'touch /v/f /f; sleep 1000'
	soon 300000 stat -c %u "/proc/$(field c '{{.State.Pid}}')"
	same "$(podman exec c stat -c %u /v/f /f | tr '\n' ' ')" "0 0 " "its files"
	podman exec c mount -t tmpfs t /tmp 2>/dev/null && stop_here "mount without CAP_SYS_ADMIN"
	podman rm -f -t 0 c >/dev/null
	podman volume rm vmap >/dev/null
	mkdir -p idmapped
	touch idmapped/f
	chown 5 idmapped/f
	if major_is 5; then
		same "$(once --uidmap 0:300000:1000 --gidmap 0:300000:1000 -v "$PWD/idmapped:/i:idmap" bb stat -c %u /i/f)" \
			5 "an idmapped bind"
	fi
}

has_cgroups()
{
	same "$(once --cgroupns private bb cat /proc/self/cgroup | cut -d: -f3 | sort -u)" / "private"
	rootless && return
	like "$(once --cgroupns host bb cat /proc/self/cgroup)" ':/libpod_parent/libpod-[0-9a-f]{64}' "host"
	like "$(once --cgroup-parent /given --cgroupns host bb cat /proc/self/cgroup)" ':/given/libpod-[0-9a-f]{64}' \
		"--cgroup-parent"
	once --cgroups disabled --cgroupns host bb cat /proc/self/cgroup >out 2>err || engines_own "--cgroups disabled: $(cat err)"
	grep -q libpod- out && stop_here "--cgroups disabled: $(cat out)"
	like "$(once --cgroup-conf=pids.max=77 bb true 2>&1)" '^$|cgroup' "--cgroup-conf"
}

has_network()
{
	podman network create --disable-dns --subnet 10.99.7.0/24 net >/dev/null 2>err || engines_own "network create: $(cat err)"
	podman run -d --name web --network net -p 127.0.0.1:8099:80 bb \
		sh -c 'while :; do echo served | nc -l -p 80; done' >/dev/null 2>err || stop_here "$(cat err)"
	_address=$(field web '{{.NetworkSettings.Networks.net.IPAddress}}')
	until_true 5 sh -c "podman run --rm --network net bb nc -w 2 $_address 80 </dev/null | grep -q served" ||
		stop_here "one container does not reach the other"
	once bb ping -c 1 -W 1 "$_address" >/dev/null 2>&1 && stop_here "network none reaches it, too"
	same "$(podman exec web ls /sys/class/net | tr '\n' ' ')" "eth0 lo "
	like "$(podman run --rm --network net --add-host other:10.1.2.3 bb cat /etc/hosts)" '10.1.2.3.other' "--add-host"
	podman rm -f -t 0 web >/dev/null
	podman network rm net >/dev/null
}

# ---- longer lives --------------------------------------------------------------------------------

has_init()
{
	lasting c --init bb sh -c '(sleep 0.1 &); exec sleep 1000'
	soon 0 sh -c 'podman exec c ps -o stat,comm | grep -c "^Z"'
	same "$(podman exec c ps -o comm | grep -c sleep)" 1 "the orphan is gone"
	like "$(podman exec c cat /proc/1/cmdline | tr '\0' ' ')" 'catatonit|podman-init' "process 1"
	podman stop -t 20 c >/dev/null
	same "$(field c '{{.State.ExitCode}}')" 143 "the end by TERM"
}

restarts()
{
	lasting c --restart on-failure:2 bb sh -c 'exit 3'
	soon "2 exited" podman inspect -f '{{.RestartCount}} {{.State.Status}}' c
	lasting d --restart always bb sleep 1000
	kill -KILL "$(field d '{{.State.Pid}}')"
	soon 1 podman inspect -f '{{.RestartCount}}' d
	soon running podman inspect -f '{{.State.Status}}' d
	same "$(podman exec d echo again)" again
}

has_pods()
{
	podman pod create --name pod --hostname podhost --network none >/dev/null 2>err || stop_here "pod create: $(cat err)"
	podman run -d --pod pod --name a bb sleep 1000 >/dev/null 2>err || stop_here "$(cat err)"
	podman run -d --pod pod --name b bb sleep 1000 >/dev/null 2>err || stop_here "$(cat err)"
	for ns in net uts ipc; do
		same "$(namespace a $ns)" "$(namespace b $ns)" "$ns"
	done
	[ "$(namespace a pid)" != "$(namespace b pid)" ] || stop_here "pid is shared"
	same "$(podman exec a hostname)" podhost
	podman pod stop -t 0 pod >/dev/null 2>&1
	same "$(state a) $(state b)" "exited exited" "pod stop"
	podman pod start pod >/dev/null
	same "$(state a) $(state b)" "running running" "pod start"
	podman pod pause pod >/dev/null 2>err && podman pod unpause pod >/dev/null
	podman pod rm -f -t 0 pod >/dev/null
	podman pod create --name shared --share pid,net,ipc --network none >/dev/null
	podman run -d --pod shared --name e bb sleep 1000 >/dev/null
	podman run -d --pod shared --name f bb sleep 1000 >/dev/null
	same "$(podman exec e readlink /proc/self/ns/pid)" "$(podman exec f readlink /proc/self/ns/pid)" "--share pid"
	podman pod rm -f -t 0 shared >/dev/null
}

plays_kube()
{
	cat >pod.yaml <<-'END'
		apiVersion: v1
		kind: Pod
		metadata:
		  name: played
		spec:
		  hostNetwork: true
		  containers:
		  - name: one
		    image: localhost/bb
		    imagePullPolicy: Never
		    command: [sh, -c, "echo $A; sleep 1000"]
		    env: [{name: A, value: from-yaml}]
		    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true}
		    volumeMounts: [{name: tmp, mountPath: /t}]
		  volumes: [{name: tmp, emptyDir: {}}]
	END
	podman play kube pod.yaml >out 2>&1 || stop_here "$(cat out)"
	soon from-yaml podman logs played-one
	same "$(podman exec played-one sh -c 'id -u; touch /x 2>/dev/null || echo read-only' | tr '\n' ' ')" "1000 read-only "
	podman play kube --down pod.yaml >/dev/null 2>&1
	same "$(podman ps -aq)" "" "after --down"
}

builds()
{
	mkdir context
	cat >context/Dockerfile <<-'END'
		FROM localhost/bb
		ENV A=b
		RUN echo "$A $(id -u)" >/made && mkdir /d && chown 1000 /d
		RUN --mount=type=tmpfs,target=/t touch /t/f && test "$(stat -f -c %T /t)" = tmpfs
		USER 1000
		WORKDIR /d
		COPY f /f
		RUN test "$(id -u)" = 1000 && test "$PWD" = /d && touch /d/mine
		CMD ["cat", "/made", "/f"]
	END
	echo copied >context/f
	podman build --runtime "$RUNTIME_PATH" --network none --ulimit nofile=512:512 --ulimit nproc=1000:1000 \
		-q -t made context >/dev/null 2>err || stop_here "$(cat err)"
	same "$(once made | tr '\n' ' ')" "b 0 copied "
	same "$(once made stat -c %u /d/mine)" 1000
	printf 'FROM localhost/bb\nRUN exit 7\n' >context/Dockerfile
	fails '7' podman build --runtime "$RUNTIME_PATH" --network none --ulimit nofile=512:512 --ulimit nproc=1000:1000 \
		-q context
	podman rmi -f made >/dev/null
}

runs_hooks()
{
	mkdir hooks
	cat >hook.sh <<-END
		#!/bin/sh
		cat >$PWD/hook.\$1
		echo >>$PWD/hook.\$1
	END
	chmod 755 hook.sh
	for stage in prestart createRuntime createContainer poststart poststop; do
		echo "{\"version\": \"1.0.0\", \"hook\": {\"path\": \"$PWD/hook.sh\", \"args\": [\"hook\", \"$stage\"]},
			\"when\": {\"annotations\": {\"^hooked\$\": \"yes\"}}, \"stages\": [\"$stage\"]}" >"hooks/$stage.json"
	done
	# createContainer runs in the container's mount namespace, but on the host's tree.
	podman --hooks-dir "$PWD/hooks" run --rm --network none --annotation hooked=yes bb true 2>err || stop_here "$(cat err)"
	for stage in prestart createRuntime createContainer poststart poststop; do
		[ -s "hook.$stage" ] || stop_here "$stage has not run"
		[ "$(head -n 1 "hook.$stage" | jq -r .id | wc -c)" -eq 65 ] || stop_here "$stage: $(cat "hook.$stage")"
	done
	same "$(jq -r .status hook.createRuntime) $(jq -r .status hook.poststop)" "creating stopped" "the states they see"
	printf '#!/bin/sh\nexit 9\n' >hook.sh
	podman --hooks-dir "$PWD/hooks" run --rm --network none --annotation hooked=yes bb true 2>err &&
		stop_here "a hook that fails is no matter"
	like "$(cat err)" 'hook' "its name in the message"
}

notifies()
{
	for how in container conmon; do
		rm -f notified socket
		python3 - "$PWD/socket" >notified <<-'END' &
			import socket, sys
			s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
			s.bind(sys.argv[1])
			s.settimeout(20)
			text = ""
			try:
			    while "READY=1" not in text or "MAINPID=" not in text:
			        text += s.recv(4096).decode() + "\n"
			except TimeoutError:
			    pass
			print(text)
		END
		_listener=$!
		until_true 5 test -S socket
		NOTIFY_SOCKET=$PWD/socket podman run -d --name "$how" --sdnotify "$how" --network none bb /probe notify READY=1 \
			>/dev/null 2>err || stop_here "$how: $(cat err)"
		wait $_listener
		like "$(cat notified)" 'READY=1' "$how: READY=1"
		like "$(cat notified)" 'MAINPID=' "$how: MAINPID"
	done
}

checkpoints()
{
	rootless && not_here "podman checkpoints as root only"
	criu check >criu.log 2>&1 || not_here "criu cannot work on this kernel: $(tail -n 1 criu.log)"
	lasting c bb sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.1; done'
	sleep 0.5
	podman container checkpoint --keep c >/dev/null 2>err || stop_here "checkpoint: $(cat err)"
	same "$(state c)" exited
	podman container restore --keep c >/dev/null 2>err || stop_here "restore: $(cat err)"
	same "$(state c)" running "after restore"
	_n=$(podman exec c cat /n)
	[ "$_n" -gt 4 ] || stop_here "it counts from $_n"
	podman container checkpoint --leave-running -e one.tar c >/dev/null 2>err || stop_here "checkpoint -e: $(cat err)"
	same "$(state c)" running "--leave-running"
	podman rm -f -t 0 c >/dev/null
	podman container restore -i one.tar -n d >/dev/null 2>err || stop_here "restore -i: $(cat err)"
	_n=$(podman exec d cat /n)
	[ "$_n" -gt 4 ] || stop_here "imported, it counts from $_n"
}

preserves_fds()
{
	echo given >f
	exec 3<f
	same "$(once --preserve-fds 1 bb sh -c 'cat <&3')" given
	same "$(once bb sh -c 'cat <&3' 2>&1 | grep -c given)" 0 "without --preserve-fds"
}

tells_events()
{
	_since=$(date +%s)
	podman run --name told --network none bb true
	podman rm told >/dev/null
	podman events --since "$_since" --stream=false --filter container=told --format '{{.Status}}' >out
	same "$(grep -vE 'attach|cleanup|init' out | tr '\n' ' ')" "create start died remove "
}

keeps_secrets()
{
	echo hidden | podman secret create s - >/dev/null
	same "$(once --secret s bb cat /run/secrets/s)" hidden
	same "$(once --secret s,type=env,target=S bb sh -c 'echo $S')" hidden "in the environment"
	podman secret rm s >/dev/null
}

# ---- the set -------------------------------------------------------------------------------------

make_image_tar image.tar
podman import -c 'ENV PATH=/bin' -c 'CMD ["/bin/sh"]' image.tar localhost/bb >import.log 2>&1 || {
	echo "not ok - $ENGINE/$RUNTIME: podman starts"
	tail -n 3 import.log
	exit 1
}

each "runtime by name, its version" told
each "run" runs
each "a program that is not there" names_missing_program
each "exec" execs
each "errors say why" says_why
each "logs" logs
each "terminal, attach, detach, size" terminals
each "stop, restart" stops
each "kill" kills
each "kill in the host's pid namespace" kills_in_host_pids
each "pause, unpause" pauses
each "limits" limits
each "an end for lack of memory is told" tells_oom
each "update" updates
each "stats, top" shows_usage
each "health check" checks_health
each "volumes, binds, propagation" has_volumes
each "tmpfs, read-only root, shm" has_tmpfs
each "cp, diff, commit, export, --rootfs" copies
each "capabilities, no-new-privileges" has_capabilities
each "privileged" is_privileged
each "seccomp profiles" filters
each "users, groups" has_users
each "ulimits, sysctls, oom-score-adj" sets_limits
each "devices" has_devices
each "namespaces of others and of the host" shares_namespaces
each "user namespaces" maps_ids
each "cgroup namespace, --cgroup-parent, --cgroups" has_cgroups
each "network" has_network
each "--init" has_init
each "restart policies" restarts
each "pods" has_pods
each "play kube" plays_kube
each "build" builds
each "hooks" runs_hooks
each "sd_notify" notifies
each "checkpoint, restore" checkpoints
each "--preserve-fds" preserves_fds
each "events" tells_events
each "secrets" keeps_secrets
each "20 in a row" in_a_row 20 once bb echo
each "20 at once" at_once 20 once bb echo
pods=$(podman events --stream=false --since 1h --filter type=pod --filter event=create --format '{{.ID}}' | tr '\n' '|')
podman rmi -f -a >/dev/null 2>&1
# Ends the process that holds a user's namespaces.
! rootless || podman system migrate >/dev/null 2>&1
# What podman makes once, for all of its containers, and for each pod: those it forgets in hierarchies without controllers.
step "nothing is left of the containers" left_nothing \
	"^/run/netns\$|/(libpod_parent|given)(/conmon)?\$|/(systemd|unified)/libpod_parent/(${pods%|})\$"
