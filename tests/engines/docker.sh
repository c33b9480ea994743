#!/bin/sh
# tests/engines/docker.sh RUNTIME - what dockerd does with a runtime as its default one, step by step.
#
# Inside the sandbox.  Each step looks at what its containers see: the image is busybox and the probe.
. /tests/steps.sh

# ---- the daemon ----------------------------------------------------------------------------------

: "${DOCKER_LOG:=/tmp/dockerd.log}"
# daemon [OPTION]...: dockerd with the runtime as the default one, until it answers
daemon()
{
	case $RUNTIME in
	runc)	set -- --default-runtime runc "$@" ;;
	*)	set -- --add-runtime "$RUNTIME=$RUNTIME_PATH" --default-runtime "$RUNTIME" "$@" ;;
	esac
	dockerd --experimental --storage-driver overlay2 --userland-proxy=false "$@" >>"$DOCKER_LOG" 2>&1 &
	until_true 30 command docker info >/dev/null 2>&1
}

# end_daemon [SIGNAL]; it is this shell's child, or that of a step before
end_daemon()
{
	_daemon=$(cat /var/run/docker.pid)
	kill "-${1:-TERM}" "$_daemon"
	until_true 20 sh -c "! kill -0 $_daemon || grep -q '^State:.Z' /proc/$_daemon/status"
	rm -f /var/run/docker.pid
}

docker()
{
	timeout 60 docker "$@"
}

# In a container that goes with its end: once [OPTION]... COMMAND..., at least the image is said.
once()
{
	docker run --rm --network none "$@"
}

# A container of that name that goes on: lasting NAME [OPTION]... - COMMAND...
lasting()
{
	docker run -d --network none --name "$@" >/dev/null
}

field()	# CONTAINER TEMPLATE
{
	docker inspect -f "$2" "$1"
}

has_state()	# CONTAINER STATE
{
	[ "$(field "$1" '{{.State.Status}}')" = "$2" ]
}

is_healthy()	# CONTAINER STATE
{
	[ "$(field "$1" '{{.State.Health.Status}}')" = "$2" ]
}

probe()	# [OPTION]... -- COMMAND...: the probe in a container
{
	options "$@"
	shift $_shift
	once $_options bb /probe "$@"
}

clean_up()
{
	_all=$(docker ps -aq)
	[ -z "$_all" ] || docker rm -f -v $_all >/dev/null
}

# ---- running -------------------------------------------------------------------------------------

told()
{
	same "$(docker info -f '{{.DefaultRuntime}}')" "$RUNTIME" "default runtime"
	# The daemon asks the runtime for its version and reads it line by line.
	same "$(docker info 2>&1 | grep -i -e 'no runtime' -e 'failed to retrieve' -e 'not found')" "" "warnings"
	_commit=$(docker info -f '{{.RuncCommit.ID}}')
	same "$(docker version -f '{{range .Server.Components}}{{.Name}} {{end}}' | tr ' ' '\n' | grep -c .)" 4 \
		"components: $_commit"
}

runs()
{
	same "$(once bb echo hi)" hi
	once bb sh -c 'echo out; echo err >&2; exit 7' >out 2>err && stop_here "exit 7 was lost"
	same "$?" 7 "exit status"
	same "$(cat out) $(cat err)" "out err" "both outputs"
	same "$(echo typed | once -i bb cat)" typed "standard input"
	same "$(once -w /tmp/new -e A=b --hostname box bb sh -c 'echo $PWD $A $(hostname)')" "/tmp/new b box"
}

names_missing_program()
{
	once bb /no/such >out 2>err
	same "$?" 127 "exit status of a missing program"
	like "$(cat err)" '/no/such' "its name in the message"
	once bb no-such >out 2>err
	same "$?" 127 "exit status of a program not in PATH"
	once bb /etc/passwd >out 2>err
	same "$?" 126 "exit status of a file without x"
	like "$(cat err)" 'ermission denied' "the reason"
	once -w /etc/passwd bb true >out 2>err
	same "$?" 125 "exit status of a working directory that is a file"
}

execs()
{
	lasting one bb sleep 1000
	same "$(docker exec -e A=b -w /etc one sh -c 'echo $A $PWD')" "b /etc"
	docker exec one sh -c 'exit 9'
	same "$?" 9 "exit status"
	same "$(docker exec -u nobody one id -u)" 65534 "a user by name"
	same "$(docker exec -u 5:6 one sh -c 'id -u; id -g' | tr '\n' ' ')" "5 6 " "a user by number"
	same "$(echo typed | docker exec -i one cat)" typed "standard input"
	docker exec -d one touch /tmp/detached
	until_true 5 docker exec one test -e /tmp/detached || stop_here "exec -d did nothing"
	same "$(docker exec --privileged one /probe caps | sed -n 's/^effective //p')" \
		"$(docker_all)" "privileged exec"
	docker exec one /no/such >out 2>&1
	like "$? $(cat out)" '^12[67] .*/no/such.*[Nn]o such file or directory' "a missing program"
	docker exec one /etc/passwd >out 2>&1
	like "$? $(cat out)" '^126 .*permission denied' "a file without x"
	same "$(docker exec one readlink /proc/self/ns/pid)" "$(docker exec one readlink /proc/1/ns/pid)" "pid namespace"
	docker kill one >/dev/null
	docker exec one true 2>err && stop_here "exec into a container that has ended"
	like "$(cat err)" 'is not running'
}

says_why()
{
	once -v /no/such:/x:ro --mount type=bind,source=/no/such/source,target=/y bb true >out 2>err
	same "$?" 125 "exit status of a mount without source"
	once --security-opt seccomp=/no/such.json bb true 2>err && stop_here "a missing profile was taken"
	once --device /no/such bb true 2>err && stop_here "a missing device was given"
	like "$(cat err)" '/no/such'
	once --sysctl net.no.such=1 bb true >out 2>err
	same "$?" 125 "exit status of a sysctl that is none: $(cat err)"
	like "$(cat err)" 'no.such|no/such' "its name in the message"
}

logs()
{
	lasting one bb sh -c 'echo one; echo three; sleep 0.2; echo two >&2; sleep 1000'
	until_true 5 sh -c 'docker logs one 2>&1 | grep -q two' || stop_here "$(docker logs one 2>&1)"
	same "$(docker logs one 2>/dev/null | tr '\n' ' ')" "one three " "standard output"
	same "$(docker logs one 2>&1 >/dev/null)" two "standard error"
	same "$(docker logs --tail 1 one 2>&1)" two
	like "$(docker logs -t one | head -n 1)" '^20[0-9-]*T.* one$' "with times"
	lasting followed bb sh -c 'for i in 1 2 3; do echo $i; sleep 0.1; done'
	same "$(docker logs -f followed | tr '\n' ' ')" "1 2 3 " "followed to its end"
}

terminals()
{
	in_terminal "docker run --rm --network none -it bb sh -c 'test -t 0 && test -t 1 && tty; ls -l /dev/console'" >out
	like "$(cat out)" '/dev/pts/0$' "a terminal"
	like "$(cat out)" '/dev/console' "a console"
	like "$(in_terminal "stty rows 33 cols 77; docker run --rm --network none -it bb sh -c 'sleep 0.5; stty size'")" \
		'33 77$' "its size"
	lasting one -it bb sh
	{ sleep 0.5; printf 'echo in-$((40+2))\n'; sleep 0.5; printf 'exit 5\n'; sleep 1; } |
		script -qec "docker attach one" /dev/null >out
	like "$(cat out)" 'in-42' "attach: what was typed is run"
	same "$(docker wait one)" 5 "attach: the end"
	lasting two -it bb sh
	{ sleep 0.5; printf '\020\021'; sleep 0.5; } | script -qec "docker attach two" /dev/null >out
	has_state two running || stop_here "detaching ended the container"
	like "$(in_terminal "docker exec -it two sh -c 'tty; stty size'")" '/dev/pts/1' "exec -it"
}

stops()
{
	lasting one bb sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	sleep 0.3
	docker stop one >/dev/null
	same "$(field one '{{.State.ExitCode}} {{.State.Status}}')" "3 exited" "stop"
	docker start one >/dev/null
	sleep 0.3
	docker restart -t 5 one >/dev/null
	same "$(field one '{{.State.Status}}')" running "restart"
	lasting two bb sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	docker stop -t 1 two >/dev/null
	same "$(field two '{{.State.ExitCode}}')" 137 "stop of one that does not listen"
	lasting three --stop-signal USR1 bb sh -c 'trap "exit 4" USR1; while :; do sleep 0.1; done'
	sleep 0.3
	docker stop three >/dev/null
	same "$(field three '{{.State.ExitCode}}')" 4 "a stop signal of its own"
}

kills()
{
	lasting one bb sh -c 'trap "exit 6" USR2; while :; do sleep 0.1; done'
	sleep 0.3
	docker kill -s USR2 one >/dev/null
	same "$(docker wait one)" 6 "a signal by name"
	lasting two bb sleep 1000
	docker kill two >/dev/null
	same "$(docker wait two)" 137 "SIGKILL"
	docker kill two 2>err && stop_here "kill of one that has ended"
	like "$(cat err)" 'is not running'
}

pauses()
{
	lasting one bb sh -c 'while :; do echo x >>/tmp/n; sleep 0.05; done'
	sleep 0.3
	docker pause one >/dev/null
	same "$(field one '{{.State.Status}}')" paused
	_pid=$(field one '{{.State.Pid}}')
	_size=$(stat -c %s "/proc/$_pid/root/tmp/n")
	sleep 0.5
	same "$(stat -c %s "/proc/$_pid/root/tmp/n")" "$_size" "what it has written while paused"
	docker exec one true 2>err && stop_here "exec in a paused container"
	docker unpause one >/dev/null
	sleep 0.5
	[ "$(stat -c %s "/proc/$_pid/root/tmp/n")" -gt "$_size" ] || stop_here "it does not go on"
	docker pause one >/dev/null
	docker rm -f one >/dev/null || stop_here "rm -f of a paused container"
}

# What of v1's files a container sees: limit CONTAINER CONTROLLER FILE
limit()
{
	docker exec "$1" cat "/sys/fs/cgroup/$2/$2.$3"
}

limits()
{
	lasting one -m 64m --memory-swap 64m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --pids-limit 50 \
		--cpuset-cpus 0 bb sleep 1000
	same "$(limit one memory limit_in_bytes)" 67108864
	same "$(limit one memory soft_limit_in_bytes)" 33554432
	same "$(limit one cpu cfs_quota_us) $(limit one cpu cfs_period_us)" "50000 100000"
	same "$(limit one cpu shares)" 512
	same "$(limit one pids max)" 50
	same "$(limit one cpuset cpus)" 0
	# The shim asks for the event when `start` has returned, and must have it before the end.
	lasting oom -m 16m --memory-swap 16m bb sh -c 'sleep 0.5; /probe alloc 64; sleep 1; exit 5'
	same "$(docker wait oom) $(field oom '{{.State.OOMKilled}}')" "5 true" "out of memory"
	same "$(once --pids-limit 10 bb /probe forks 20 | grep -c EAGAIN)" 1 "too many processes"
}

updates()
{
	lasting one -m 64m --memory-swap 64m bb sleep 1000
	docker update -m 128m --memory-swap 128m --cpu-shares 300 --cpus 0.25 --pids-limit 33 --cpuset-cpus 1 one >/dev/null
	same "$(limit one memory limit_in_bytes) $(limit one memory memsw.limit_in_bytes 2>/dev/null || echo 134217728)" \
		"134217728 134217728"
	same "$(limit one cpu shares) $(limit one cpu cfs_quota_us)" "300 25000"
	same "$(limit one pids max) $(limit one cpuset cpus)" "33 1"
	docker update -m 96m --memory-swap 96m one >/dev/null
	same "$(limit one memory limit_in_bytes) $(limit one cpu shares)" "100663296 300" "one thing changed, the rest kept"
	docker update --restart on-failure:3 one >/dev/null
	same "$(field one '{{.HostConfig.RestartPolicy.Name}}')" on-failure
}

stats_and_top()
{
	lasting one -m 64m bb sh -c 'sleep 1000 & sleep 1001'
	sleep 0.3
	docker stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' one >out
	like "$(cat out)" '^2 [1-9].*iB / 64MiB' "stats"
	docker top one -o pid,args >out
	same "$(grep -c 'sleep 100[01]' out)" 2 "top"
}

health()
{
	lasting one --health-cmd 'test ! -e /tmp/ill' --health-interval 0.5s --health-retries 1 --health-timeout 5s \
		bb sleep 1000
	until_true 10 is_healthy one healthy || stop_here "$(field one '{{json .State.Health}}')"
	docker exec one touch /tmp/ill
	until_true 10 is_healthy one unhealthy || stop_here "$(field one '{{json .State.Health}}')"
}

mount_of()	# DEST: "TYPE OPTIONS" of it in what the probe said
{
	awk -v d="$1" '$1 == "mount" && $2 == d { print $3, $4 }' out
}

volumes()
{
	docker volume create vol >/dev/null
	once -v vol:/v bb sh -c 'echo kept >/v/f'
	same "$(once -v vol:/v bb cat /v/f)" kept "what one wrote another reads"
	same "$(probe -v vol:/v:ro -- create /v/g)" "create /v/g EROFS" "a read-only volume"
	docker volume rm vol >/dev/null
	mkdir -p /tmp/b/sub
	mount -t tmpfs sub /tmp/b/sub
	echo host >/tmp/b/f
	same "$(once -v /tmp/b:/b bb cat /b/f)" host "a bind"
	same "$(probe --mount type=bind,src=/tmp/b,dst=/b,readonly -- create /b/g)" "create /b/g EROFS" "a read-only bind"
	probe -v /tmp/b:/b:rslave -- mounts /b >out
	like "$(cat out)" 'master:[0-9]' "rslave"
	probe -v /tmp/b:/b:rshared -- mounts /b >out
	like "$(cat out)" 'shared:[0-9]' "rshared"
	lasting one -v /tmp/b:/b:rslave bb sleep 1000
	mkdir -p /tmp/b/later
	mount -t tmpfs later /tmp/b/later
	touch /tmp/b/later/seen
	docker exec one test -e /b/later/seen || stop_here "a mount of the host made later is not seen with rslave"
	umount /tmp/b/later /tmp/b/sub
	same "$(once --volumes-from one bb cat /b/f)" host "volumes of another"
}

# Docker 25 and later: what is mounted below a read-only bind is read-only, too
recursive_readonly()
{
	major_is 25 || not_here "since Docker 25"
	mkdir -p /tmp/r/sub
	mount -t tmpfs sub /tmp/r/sub
	same "$(probe --mount type=bind,src=/tmp/r,dst=/b,readonly -- create /b/sub/f)" "create /b/sub/f EROFS"
	same "$(probe --mount type=bind,src=/tmp/r,dst=/b,readonly,bind-recursive=writable -- create /b/sub/f)" \
		"create /b/sub/f ok" "bind-recursive=writable"
	_status=0
	probe --mount type=bind,src=/tmp/r,dst=/b,readonly,bind-propagation=rprivate,bind-recursive=readonly \
		-- create /b/sub/f >out 2>err || _status=$?
	umount /tmp/r/sub
	same "$_status $(cat out)" "0 create /b/sub/f EROFS" "bind-recursive=readonly: $(cat err)"
}

tmpfs_and_readonly()
{
	probe --tmpfs /t:size=1m,mode=1700,noexec -- mounts /t >out
	like "$(mount_of /t)" '^tmpfs .*noexec'
	like "$(cat out)" 'size=1024k,mode=1700' "its size and mode"
	same "$(probe --read-only --tmpfs /t -- create /x -- create /t/x | tr '\n' ' ')" "create /x EROFS create /t/x ok " "a read-only root"
	probe --shm-size 32m -- mounts /dev/shm >out
	like "$(cat out)" 'size=32768k' "shm-size"
	same "$(once --mount type=tmpfs,dst=/t,tmpfs-size=65536 bb sh -c \
		'head -c 100000 /dev/zero >/t/f 2>/dev/null; stat -c %s /t/f')" 65536 "tmpfs-size"
}

# ---- rights --------------------------------------------------------------------------------------

# What --privileged gives: every capability that the daemon has, and knows; Docker 20.10 does not know the last three.
docker_all()
{
	_own=0x$(/husk/probe caps | sed -n 's/^bounding //p')
	if major_is 23; then printf '%016x\n' $((_own)); else printf '%016x\n' $((_own & 0x3fffffffff)); fi
}

capabilities()
{
	probe -- caps >out
	same "$(key bounding) $(key effective) $(key inheritable) $(key ambient)" \
		"00000000a80425fb 00000000a80425fb 0000000000000000 0000000000000000" "Docker's default set"
	probe --cap-drop ALL -- caps >out
	same "$(key bounding) $(key permitted)" "0000000000000000 0000000000000000" "none"
	probe --cap-drop ALL --cap-add NET_ADMIN --cap-add CHOWN -- caps >out
	same "$(key effective)" 0000000000001001 "two of them"
	probe --user 1000:1000 -- caps >out
	same "$(key effective) $(key bounding)" "0000000000000000 00000000a80425fb" "another user"
	probe --security-opt no-new-privileges -- sched >out
	same "$(key no_new_privs)" 1 "no-new-privileges"
}

# As much as the daemon has itself
privileged()
{
	_own=$(docker_all)
	if ! probe --privileged -- caps -- create /proc/sys/kernel/domainname x -- stat /dev/fuse >out 2>err; then
		# Docker 20.10 asks for every capability there is, and who has not got all cannot give them.
		grep -qi 'operation not permitted\|capabilit' err && [ "$_own" != 000001ffffffffff ] &&
			engines_own "the daemon has not got every capability: $(tail -n 2 err | head -n 1)"
		stop_here "$(cat err)"
	fi
	same "$(key effective)" "$_own" "the daemon's capabilities"
	like "$(cat out)" '/proc/sys/kernel/domainname ok' "/proc/sys is writable"
	same "$(once --privileged bb sh -c 'test -c /dev/fuse && echo there')" there "devices of the host"
	same "$(once --privileged bb sh -c 'mount -t tmpfs t /tmp && echo mounted')" mounted "mount"
	same "$(once --privileged bb sh -c 'mkdir /sys/fs/cgroup/pids/sub && rmdir /sys/fs/cgroup/pids/sub && echo made')" \
		made "cgroups are writable"
}

seccomp()
{
	probe -- sched >out
	same "$(key seccomp)" 2 "Docker's own profile"
	probe --security-opt seccomp=unconfined -- sched >out
	same "$(key seccomp)" 0 "unconfined"
	cat >profile.json <<-'END'
		{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
		  "syscalls": [
			{ "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 },
			{ "names": ["sethostname"], "action": "SCMP_ACT_ERRNO" },
			{ "names": ["personality"], "action": "SCMP_ACT_ALLOW",
			  "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQ" }] } ] }
	END
	once --security-opt seccomp=profile.json bb mkdir /x 2>err && stop_here "mkdir was let through"
	if major_is 25; then like "$(cat err)" 'not supported' "the errno of the profile"; fi
	once --security-opt seccomp=profile.json bb touch /x || stop_here "touch was refused"
	# The kernel's answer to a name that no libseccomp knows is the profile's business.
	sed 's/"sethostname"/"no_such_call_at_all"/' profile.json >unknown.json
	once --security-opt seccomp=unknown.json bb true 2>err || stop_here "a name nobody knows: $(cat err)"
}

users()
{
	same "$(once -u nobody bb id -u)" 65534 "by name"
	same "$(once -u 12:34 --group-add 56 --group-add root bb /probe ids | grep -E '^(uid|gid|groups)' | tr '\n' ' ')" \
		"uid 12 12 12 gid 34 34 34 groups 0 34 56 " "by number, with groups"
	once -u no-such bb true 2>err && stop_here "a user that is none"
	like "$(cat err)" 'no-such'
	same "$(once -u 1000 -w /tmp bb sh -c 'touch f && stat -c %u f')" 1000 "its files"
}

ulimits_and_sysctls()
{
	probe --ulimit nofile=512:1024 --ulimit core=0 -- rlimits >out
	like "$(cat out)" '^RLIMIT_NOFILE 512 1024$'
	like "$(cat out)" '^RLIMIT_CORE 0 0$'
	same "$(once --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9000 bb \
		cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax | tr '\n' ' ')" "1 9000 "
	same "$(once --oom-score-adj 300 bb cat /proc/self/oom_score_adj)" 300 "oom-score-adj"
}

devices()
{
	same "$(once bb sh -c 'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done')" "" \
		"what every container has"
	same "$(once bb sh -c 'mknod /x c 10 237 && cat /x 2>&1 | grep -c ermitted')" 1 "others are refused"
	same "$(once --device /dev/net/tun:/dev/t:rw bb stat -c %t:%T /dev/t)" a:c8 "another name"
	same "$(once --device /dev/zero:/dev/z:r bb sh -c 'head -c 1 /dev/z | wc -c')" 1 "may be read"
	once --device /dev/full:/dev/full2:r --device-cgroup-rule 'c 10:229 r' bb true || stop_here "a rule"
	once --privileged --device-cgroup-rule 'c 1:3 rwm' bb true 2>err || engines_own "$(cat err)"
}

# ---- namespaces ----------------------------------------------------------------------------------

namespace()	# CONTAINER TYPE
{
	docker exec "$1" readlink "/proc/1/ns/$2"
}

shared_namespaces()
{
	lasting one --ipc shareable --hostname first bb sleep 1000
	docker run -d --name fourth --network container:one bb sleep 1000 >/dev/null
	same "$(namespace fourth net)" "$(namespace one net)" "network of another"
	same "$(docker exec fourth hostname)" first "and its name"
	lasting second --pid container:one bb sleep 1001
	same "$(docker exec second readlink /proc/self/ns/pid)" "$(namespace one pid)" "pid of another"
	same "$(docker exec one ps | grep -c 'sleep 100[01]')" 2 "one sees the other"
	lasting third --ipc container:one bb sleep 1000
	same "$(namespace third ipc)" "$(namespace one ipc)" "ipc of another"
	docker exec one touch /dev/shm/f
	docker exec third test -e /dev/shm/f || stop_here "/dev/shm is not shared"
	same "$(docker run --rm --network host bb readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)" "network host"
	same "$(once --pid host bb readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)" "pid host"
	same "$(once --ipc host bb readlink /proc/self/ns/ipc)" "$(readlink /proc/self/ns/ipc)" "ipc host"
	same "$(once --uts host bb hostname)" "$(hostname)" "uts host"
	# The one whose namespace it was ends: those that joined go on, but not where it was process 1.
	docker rm -f one >/dev/null
	until_true 5 has_state second exited || stop_here "the pid namespace has gone, its member has not"
	has_state fourth running || stop_here "the network's member has gone, too"
}

cgroup_namespace()
{
	same "$(once --cgroupns private bb cat /proc/self/cgroup | cut -d: -f3 | sort -u)" / "private"
	like "$(once --cgroupns host bb cat /proc/self/cgroup)" ':/docker/[0-9a-f]{64}$' "host"
	like "$(once --cgroup-parent /given --cgroupns host bb cat /proc/self/cgroup)" ':/given/[0-9a-f]{64}$' "--cgroup-parent"
	like "$(once --cgroup-parent given/deep --cgroupns host bb cat /proc/self/cgroup)" 'given/deep/[0-9a-f]{64}$' \
		"one that is relative"
}

network()
{
	docker network create --subnet 10.99.0.0/24 net >/dev/null
	docker run -d --name web --network net -p 127.0.0.1:8099:80 bb sh -c 'while :; do echo served | nc -l -p 80; done' >/dev/null
	_address=$(field web '{{.NetworkSettings.Networks.net.IPAddress}}')
	until_true 5 sh -c "docker run --rm --network net bb nc -w 2 $_address 80 </dev/null | grep -q served" ||
		stop_here "one container does not reach the other"
	docker run --rm --network net bb ping -c 1 -W 5 web >/dev/null || stop_here "its name is not known"
	docker run --rm --network none bb ping -c 1 -W 1 "$_address" >/dev/null 2>&1 &&
		stop_here "network none reaches it, too"
	docker network connect bridge web
	same "$(docker exec web ls /sys/class/net | grep -c eth)" 2 "a second network while it runs"
	like "$(docker run --rm --add-host other:10.1.2.3 --dns 10.9.9.9 bb cat /etc/hosts /etc/resolv.conf)" '10.1.2.3.other'
	docker rm -f web >/dev/null
	docker network rm net >/dev/null
}

# ---- longer lives --------------------------------------------------------------------------------

init()
{
	lasting one --init bb sh -c '(sleep 0.1 & exec sleep 0.2) & exec sleep 1000'
	sleep 1
	like "$(docker exec one cat /proc/1/cmdline | tr '\0' ' ')" 'docker-init' "process 1"
	same "$(docker exec one ps | grep -c ' Z ')" 0 "zombies"
	docker stop -t 5 one >/dev/null
	same "$(field one '{{.State.ExitCode}}')" 143 "the end by TERM"
}

has_restarted()	# CONTAINER TIMES
{
	[ "$(field "$1" '{{.RestartCount}}')" -ge "$2" ]
}

restarts()
{
	lasting one --restart on-failure:2 bb sh -c 'exit 3'
	until_true 15 sh -c '[ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" one)" = "2 exited" ]' ||
		stop_here "$(field one '{{.RestartCount}} {{.State.Status}}')"
	lasting two --restart always bb sleep 1000
	kill -KILL "$(field two '{{.State.Pid}}')"
	until_true 15 has_restarted two 1 || stop_here "it was not started again"
	until_true 5 has_state two running || stop_here "it does not run again"
	same "$(docker exec two echo again)" again
}

builds()
{
	mkdir -p context
	cat >context/Dockerfile <<-'END'
		FROM bb
		ENV A=b
		RUN echo "$A $(id -u)" >/made && mkdir /d
		USER 1000
		WORKDIR /d/e
		COPY f /f
		RUN test "$(id -u)" = 1000 && test "$PWD" = /d/e
		HEALTHCHECK NONE
		CMD ["cat", "/made", "/f"]
	END
	echo copied >context/f
	DOCKER_BUILDKIT=0 docker build --ulimit nofile=512:512 -q -t made context >/dev/null 2>err || stop_here "$(cat err)"
	same "$(once made | tr '\n' ' ')" "b 0 copied "
	printf 'FROM bb\nRUN exit 7\n' >context/Dockerfile
	DOCKER_BUILDKIT=0 docker build -q context >/dev/null 2>err && stop_here "a build whose step fails"
	like "$(cat err)" 'non-zero code: 7' "its status"
	docker rmi -f made >/dev/null
}

copies()
{
	lasting one bb sleep 1000
	echo into >f
	docker cp f one:/tmp/f
	same "$(docker exec one cat /tmp/f)" into "cp into it"
	docker exec one sh -c 'mkdir /d; echo from >/d/g'
	docker cp one:/d .
	same "$(cat d/g)" from "cp from it"
	like "$(docker diff one)" '^A /d/g$' "diff"
	docker commit one committed >/dev/null
	same "$(once committed cat /d/g)" from "commit"
	docker export one | tar -t 2>/dev/null | grep -qx d/g || stop_here "export"
	docker rename one other
	same "$(docker exec other echo renamed)" renamed "rename"
	docker rm -f other >/dev/null
	docker rmi committed >/dev/null
}

events()
{
	command docker events --filter type=container --format '{{.Action}}' >out &
	_events=$!
	sleep 0.5
	docker run --name one --network none bb true
	docker rm one >/dev/null
	lasting oom -m 16m --memory-swap 16m bb sh -c 'sleep 0.5; /probe alloc 64; sleep 5'
	until_true 10 grep -q oom out
	docker pause oom >/dev/null
	docker unpause oom >/dev/null
	docker wait oom >/dev/null
	until_true 5 sh -c '[ $(grep -c die out) -eq 2 ]'
	kill $_events
	same "$(grep -v attach out | tr '\n' ' ')" "create start die destroy create start oom pause unpause die "
}

checkpoints()
{
	criu_can || not_here "criu cannot dump on this kernel: $(tail -n 1 criu.log)"
	lasting one --security-opt seccomp=unconfined bb sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.1; done'
	sleep 0.5
	docker checkpoint create one point >/dev/null 2>err || stop_here "create: $(cat err)"
	until_true 5 has_state one exited || stop_here "it goes on"
	docker checkpoint ls one | grep -q point || stop_here "it is not listed"
	docker checkpoint create --leave-running one more 2>/dev/null && stop_here "of one that has ended"
	docker checkpoint rm one point
}

starts_from_checkpoint()
{
	criu_can || not_here "criu cannot dump on this kernel: $(tail -n 1 criu.log)"
	lasting one --security-opt seccomp=unconfined bb sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.1; done'
	sleep 0.5
	docker checkpoint create one point >/dev/null 2>err || stop_here "create: $(cat err)"
	docker start --checkpoint point one 2>err || engines_own "start --checkpoint: $(cat err)"
	_n=$(docker exec one cat /n)
	[ "$_n" -gt 4 ] || stop_here "it counts from $_n"
}

# ---- other daemons -------------------------------------------------------------------------------

daemon_returns()	# SIGNAL: with live-restore, containers outlive the daemon
{
	lasting one bb sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'
	_pid=$(field one '{{.State.Pid}}')
	end_daemon "$1"
	[ -d "/proc/$_pid" ] || stop_here "the container has gone with the daemon"
	daemon --live-restore || stop_here "the daemon does not come back: $(tail -n 3 "$DOCKER_LOG")"
	same "$(field one '{{.State.Status}} {{.State.Pid}}')" "running $_pid"
	same "$(docker exec one echo back)" back "exec"
	sleep 0.3
	[ "$(docker logs --tail 1 one)" -gt 3 ] || stop_here "its output is lost"
	docker stop -t 1 one >/dev/null
	same "$(field one '{{.State.Status}}')" exited
}

live_restore_term() { daemon_returns TERM; }
live_restore_kill() { daemon_returns KILL; }

# Ids of containers are others on the host
remapped()
{
	once bb cat /proc/self/uid_map >out || stop_here "run"
	same "$(tr -s ' ' <out)" " 0 $(awk -F: '$1 == "dockremap" { print $2, $3 }' /etc/subuid)"
	lasting one -v vol:/v bb sh -c 'touch /v/f; sleep 1000'
	sleep 0.3
	same "$(stat -c %u "/proc/$(field one '{{.State.Pid}}')")" "$(awk -F: '$1 == "dockremap" { print $2 }' /etc/subuid)" \
		"the user on the host"
	same "$(docker exec one id -u) $(docker exec one stat -c %u /v/f)" "0 0" "the user inside"
	docker exec one sh -c 'mount -t tmpfs t /tmp' 2>/dev/null && stop_here "mount without CAP_SYS_ADMIN"
	same "$(probe -m 32m -- read /sys/fs/cgroup/memory/memory.limit_in_bytes | grep -c 33554432)" 1 "limits"
	same "$(once --tmpfs /t -u 1000:1000 --read-only bb sh -c 'id -u; touch /t/f && echo made' | tr '\n' ' ')" "1000 made "
	same "$(once --userns host bb cat /proc/self/uid_map | tr -s ' ')" " 0 0 4294967295" "--userns host"
	same "$(once --sysctl net.ipv4.ip_forward=1 --init bb cat /proc/sys/net/ipv4/ip_forward)" 1
	docker stop -t 1 one >/dev/null
}

# Everything of the runtime goes with the container, while the daemon runs.
containers_left_nothing()
{
	# A client does not wait for that.  Names that no container can have are the runtime's caches.
	soon "" sh -c "find /run/docker/runtime-* -mindepth 2 -maxdepth 2 ! -name '[.~]*' 2>/dev/null || :"
	soon "" find /sys/fs/cgroup -type d -regextype egrep -regex '.*/[0-9a-f]{64}'
	soon "" sh -c "ps -A -o args= | grep -E '^(/husk/|containerd-shim|sleep 100)'"
}

# Docker keeps its bridge, a mount of its network namespace and its cgroups.
daemon_left_nothing()
{
	until_true 20 sh -c '! pidof containerd'
	ip link delete docker0
	umount /run/docker/netns/default
	left_nothing '/(docker|given)(/deep)?$'
}

# ---- the set -------------------------------------------------------------------------------------

major_is()	# N: this Docker is at least that
{
	[ "${VERSION%%.*}" -ge "$1" ]
}

criu_can()
{
	criu check >criu.log 2>&1 || return 1
}

VERSION=$(dockerd --version | sed 's/Docker version \([0-9.]*\).*/\1/')
ENGINE=docker/$VERSION
daemon --live-restore || { echo "not ok - $ENGINE/$RUNTIME: the daemon starts"; tail -n 5 "$DOCKER_LOG"; exit 1; }
make_image_tar bb.tar
docker import -c 'CMD ["/bin/sh"]' bb.tar bb >/dev/null

each() { step "$@"; clean_up; }
each "default runtime, its version" told
each "run" runs
each "a program that is not there" names_missing_program
each "exec" execs
each "errors say why" says_why
each "logs" logs
each "terminal, attach, detach, size" terminals
each "stop, restart" stops
each "kill" kills
each "pause, unpause" pauses
each "limits" limits
each "update" updates
each "stats, top" stats_and_top
each "health check" health
each "volumes, binds, propagation" volumes
each "read-only with what is mounted below" recursive_readonly
each "tmpfs, read-only root, shm" tmpfs_and_readonly
each "capabilities, no-new-privileges" capabilities
each "privileged" privileged
each "seccomp profiles" seccomp
each "users, groups" users
each "ulimits, sysctls, oom-score-adj" ulimits_and_sysctls
each "devices" devices
each "namespaces of others and of the host" shared_namespaces
each "cgroup namespace, --cgroup-parent" cgroup_namespace
each "networks, ports, names" network
each "--init" init
each "restart policies" restarts
each "build" builds
each "cp, diff, commit, export, rename" copies
each "events" events
each "20 in a row" in_a_row 20 once bb echo
each "20 at once" at_once 20 once bb echo
each "checkpoint" checkpoints
each "start --checkpoint" starts_from_checkpoint
each "live-restore, daemon ended by TERM" live_restore_term
each "live-restore, daemon killed" live_restore_kill
step "nothing is left of the containers" containers_left_nothing
end_daemon

echo dockremap:500000:65536 | tee -a /etc/subuid >>/etc/subgid
useradd -M -r dockremap 2>/dev/null
daemon --userns-remap default || echo "not ok - $ENGINE/$RUNTIME: the daemon starts with userns-remap"
docker import -c 'CMD ["/bin/sh"]' bb.tar bb >/dev/null
each "userns-remap" remapped
end_daemon
step "nothing is left of the daemon" daemon_left_nothing
