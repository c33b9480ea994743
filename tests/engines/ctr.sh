#!/bin/sh
# tests/engines/ctr.sh RUNTIME - what containerd does with a runtime, driven by its own ctr, inside the sandbox.
. /tests/steps.sh

VERSION=$(containerd --version | awk '{ sub(/^v/, "", $3); sub(/[~+].*/, "", $3); print $3 }')
ENGINE=ctr/$VERSION

# `ctr container create` has no option for the runtime's program, which is called runc then.
mkdir bin
ln -s "$RUNTIME_PATH" bin/runc
PATH=$WORK/bin:$PATH
containerd --log-level info >daemon.log 2>&1 &
DAEMON=$!
until_true 30 command ctr version

ctr()
{
	timeout 60 ctr "$@"
}

# run_of [OPTION]... -- NAME COMMAND...: a container of the image
run_of()
{
	options "$@"
	shift $_shift
	ctr run --runc-binary "$RUNTIME_PATH" $_options localhost/bb:latest "$@"
}

# once [OPTION]... -- COMMAND...: one that goes with its end
once()
{
	options "$@"
	shift $_shift
	run_of --rm $_options -- "once" "$@"
}

# lasting NAME [OPTION]... -- COMMAND...: one that goes on
lasting()
{
	_lasting=$1
	shift
	options "$@"
	shift $_shift
	# Its output is for nobody, or ctr would stay for it.
	run_of -d --null-io $_options -- "$_lasting" "$@" >run.out 2>&1 || stop_here "run $_lasting: $(cat run.out)"
}

inside()	# NAME COMMAND...
{
	_name=$1
	shift
	ctr task exec --exec-id "e$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')" "$_name" "$@"
}

# again COMMAND...: its output; ctr may end before it has copied what its container has said
again()
{
	for _round in 1 2 3; do
		_printed=$("$@") && [ -n "$_printed" ] && break
	done
	printf '%s\n' "$_printed"
}

probe()	# [OPTION]... -- COMMAND...
{
	options "$@"
	shift $_shift
	again once $_options -- /probe "$@" >out 2>err
	[ -n "$(cat out)" ] || stop_here "probe $_options: $(cat err)"
}

state()
{
	ctr task ls | awk -v name="$1" '$1 == name { print $3 }'
}

pid_of()
{
	ctr task ls | awk -v name="$1" '$1 == name { print $2 }'
}

clean_up()
{
	for c in $(ctr container ls -q); do
		ctr task resume "$c"
		ctr task kill -s KILL -a "$c"
		until_true 3 sh -c "ctr task ls | grep -q '^$c .*STOPPED'"
		ctr task delete -f "$c"
		ctr container delete "$c"
	done >/dev/null 2>&1
}

each()
{
	step "$@"
	clean_up
}

# ---- running -------------------------------------------------------------------------------------

runs()
{
	same "$(again once -- echo hi 2>&1)" hi
	once -- sh -c 'echo out; echo err >&2; exit 7' >out 2>err
	same "$?" 7 "exit status"
	same "$(cat out) $(head -n 1 err)" "out err" "both outputs"
	same "$(again once --cwd /tmp --env A=b -- sh -c 'echo $PWD $A')" "/tmp b" "cwd, environment"
}

uses_runtime()
{
	lasting c -- sleep 1000
	like "$(ls -d /run/containerd/runc/default/c 2>&1)" '^/run/containerd/runc/default/c$' "its state directory"
	same "$("$RUNTIME_PATH" --root /run/containerd/runc/default state c | jq -r .status)" running "the runtime knows it"
	ctr task kill -s KILL c
	lasting d --runc-root /run/elsewhere -- sleep 1000
	same "$("$RUNTIME_PATH" --root /run/elsewhere/default state d 2>&1 | jq -r .status)" running "--runc-root"
}

names_missing_program()
{
	fails '/no/such.*no such file|not found' once -- /no/such
	fails 'not found|no such file' once -- no-such
	fails 'ermission denied' once -- /etc/passwd
	lasting c -- sleep 1000
	fails '/no/such.*no such file|not found' inside c /no/such
	same "$(again inside c echo "still there")" "still there"
}

execs()
{
	lasting c -- sleep 1000
	same "$(again inside c echo hi)" hi
	exits 9 inside c sh -c 'exit 9'
	same "$(ctr task exec --exec-id e --cwd /etc --user 5:6 c sh -c 'echo $PWD; id -u; id -g' | tr '\n' ' ')" "/etc 5 6 "
	same "$(echo typed | inside c cat)" typed "standard input"
	ctr task exec -d --exec-id later c sh -c 'sleep 0.3; touch /tmp/later'
	until_true 5 inside c test -e /tmp/later || stop_here "exec -d did nothing"
	for ns in pid net mnt ipc uts; do
		same "$(again inside c readlink /proc/self/ns/$ns)" "$(inside c readlink /proc/1/ns/$ns)" "$ns"
	done
	like "$(in_terminal "ctr task exec -t --exec-id t c sh -c 'test -t 0 && tty'")" '/dev/pts/0' "exec -t"
	_jobs=
	for i in 1 2 3 4 5 6 7 8; do
		inside c sh -c "echo $i >>/execs" >/dev/null 2>&1 &
		_jobs="$_jobs $!"
	done
	wait $_jobs
	same "$(again inside c sh -c 'sort /execs' | tr -d '\n')" 12345678 "eight at once"
}

terminals()
{
	in_terminal "ctr run --rm -t --runc-binary $RUNTIME_PATH localhost/bb:latest t sh -c 'test -t 0 && test -t 1 && tty; ls -l /dev/console'" >out
	like "$(cat out)" '^/dev/pts/0' "a terminal"
	like "$(cat out)" '/dev/console' "a console"
	like "$(in_terminal "stty rows 33 cols 77; ctr run --rm -t --runc-binary $RUNTIME_PATH localhost/bb:latest t sh -c 'sleep 1; stty size'")" \
		'33 77$' "its size"
}

attaches()
{
	in_terminal "ctr run -d -t --runc-binary $RUNTIME_PATH localhost/bb:latest c sh" >out
	same "$(state c)" RUNNING
	opens "ctr task attach c"
	types 'echo in-$((40+2))\n' in-42
	printf 'exit 5\n' >&4
	closes
	same "$(state c)" "" "the end, after which attach deletes it"
}

# ---- its life ------------------------------------------------------------------------------------

creates_then_starts()
{
	ctr container create localhost/bb:latest c sleep 1000 >out 2>&1 || stop_here "$(cat out)"
	same "$(state c)" "" "no task yet"
	ctr task start -d --null-io c >out 2>&1 || stop_here "$(cat out)"
	same "$(state c)" RUNNING
	same "$(tr '\0' ' ' <"/proc/$(pid_of c)/cmdline")" "sleep 1000 "
	lasting p --pid-file "$WORK/pid" -- sleep 1000
	same "$(cat pid)" "$(pid_of p)" "--pid-file"
}

kills()
{
	lasting c -- sh -c 'trap "exit 6" USR2; touch /ready; while :; do sleep 0.1; done'
	until_true 10 inside c test -e /ready
	ctr task kill -s USR2 c
	soon STOPPED state c
	like "$(ctr task delete c 2>&1)" 'exit code 6' "exit status, as delete tells it"
	lasting d -- sh -c 'trap "" TERM; sleep 2000 & sleep 2001'
	ctr task kill -s TERM d
	sleep 0.5
	same "$(state d)" RUNNING "one that does not listen"
	ctr task kill -a -s KILL d
	soon STOPPED state d
	same "$(ps -A -o args | grep -c '^sleep 200[01]')" 0 "kill -a"
	fails 'finished|not found|not running' ctr task kill d
	lasting e -- sleep 2002
	inside e sleep 2003 &
	soon 1 sh -c 'ps -A -o args | grep -c "^sleep 2003"'
	kill -KILL "$(ps -A -o pid,args | awk '/ sleep 2003$/ && !/ctr/ { print $1 }')"
	wait $!
	same "$?" 137 "an exec that is killed"
	fails 'must be stopped|running' ctr task delete e
	ctr task delete -f e >/dev/null 2>&1
	soon 0 sh -c 'ps -A -o args | grep -c "^sleep 200[23]"'
}

pauses()
{
	lasting c -- sh -c 'while :; do echo x >>/tmp/n; sleep 0.05; done'
	sleep 0.3
	ctr task pause c
	same "$(state c)" PAUSED
	_size=$(stat -c %s "/proc/$(pid_of c)/root/tmp/n")
	sleep 0.5
	same "$(stat -c %s "/proc/$(pid_of c)/root/tmp/n")" "$_size" "what it has written while paused"
	ctr task resume c
	same "$(state c)" RUNNING
	sleep 0.5
	[ "$(stat -c %s "/proc/$(pid_of c)/root/tmp/n")" -gt "$_size" ] || stop_here "it does not go on"
}

limit()	# CONTROLLER/FILE of the container c
{
	cat "/sys/fs/cgroup/$1/default/c/$2"
}

limits()
{
	[ "$MODE" != v2 ] || not_here "this machine's v2 hierarchy has no controllers"
	lasting c --memory-limit 67108864 --cpus 0.5 -- sleep 1000
	same "$(limit memory memory.limit_in_bytes)" 67108864
	same "$(limit cpu cpu.cfs_quota_us)/$(limit cpu cpu.cfs_period_us)" 50000/100000
	ctr task metrics c >out
	like "$(cat out)" 'memory\.usage_in_bytes +[1-9]|memory\.usage +[1-9]' "metrics"
	ctr task delete -f c >/dev/null 2>&1
	ctr container delete c
	lasting c --cpu-shares 512 --cpu-quota 20000 --cpu-period 50000 -- sleep 1000
	same "$(limit cpu cpu.cfs_quota_us)/$(limit cpu cpu.cfs_period_us) $(limit cpu cpu.shares)" "20000/50000 512"
	once --memory-limit 16777216 -- /probe alloc 64 >/dev/null 2>&1
	same "$?" 137 "more memory than that"
	lasting d --cgroup /given/deep -- sleep 1000
	same "$(cat /sys/fs/cgroup/pids/given/deep/cgroup.procs)" "$(pid_of d)" "--cgroup"
}

lists_processes()
{
	lasting c -- sh -c 'sleep 1000 & sleep 1001'
	soon 2 sh -c 'ctr task ps c | grep -c "^[0-9]"'
}

tells_events()
{
	timeout 60 ctr events >events.log &
	_events=$!
	sleep 1
	# Its shim may end before it has passed the last one on.
	for _round in 1 2 3 4 5; do
		run_of -- told true
		ctr container delete told
		! until_true 3 grep -q /tasks/delete events.log || break
	done
	for topic in create start exit delete; do
		grep -q "/tasks/$topic" events.log || stop_here "no /tasks/$topic: $(cat events.log)"
	done
	kill $_events
	lasting o --memory-limit 16777216 -- sleep 1000
	timeout 20 ctr events >events.log &
	_events=$!
	sleep 1
	inside o /probe alloc 64 >/dev/null 2>&1
	until_true 5 grep -q "/tasks/oom" events.log || stop_here "no /tasks/oom: $(cat events.log)"
	kill $_events
}

# ---- files ---------------------------------------------------------------------------------------

mounts_things()
{
	mkdir b
	echo host >b/f
	same "$(again once --mount "type=bind,src=$WORK/b,dst=/b,options=rbind:rw" -- sh -c 'cat /b/f; echo in >/b/g')" host "a bind"
	same "$(cat b/g)" in "what the container writes"
	probe --mount "type=bind,src=$WORK/b,dst=/b,options=rbind:ro" -- create /b/h
	same "$(cat out)" "create /b/h EROFS" "a read-only bind"
	probe --mount type=tmpfs,src=tmpfs,dst=/t,options=size=1m:noexec -- mounts /t
	like "$(cat out)" '^mount /t tmpfs [^ ]*noexec[^ ]* [^ ]*size=1024k'
	probe --read-only -- create /x
	same "$(cat out)" "create /x EROFS" "a read-only root"
	mkdir tree
	tar -C tree -xf image.tar
	same "$(ctr run --rm --rootfs --runc-binary "$RUNTIME_PATH" "$WORK/tree" r /bin/echo direct)" direct "--rootfs"
	same "$(again once --no-pivot -- echo chrooted)" chrooted "--no-pivot"
	fails '/no/such' once --mount type=bind,src=/no/such,dst=/b,options=rbind -- true
}

# ---- rights --------------------------------------------------------------------------------------

has_capabilities()
{
	probe -- caps -- sched
	same "$(key bounding) $(key effective)" "00000000a80425fb 00000000a80425fb" "containerd's default set"
	same "$(key no_new_privs)" 1 "no-new-privileges"
	probe --cap-add CAP_NET_ADMIN --cap-drop CAP_CHOWN -- caps
	same "$(key effective)" 00000000a80435fa "one more, one less"
	probe --allow-new-privs -- sched
	same "$(key no_new_privs)" 0 "--allow-new-privs"
	/husk/probe caps >own
	probe --privileged -- caps
	same "$(key effective)" "$(sed -n 's/^bounding //p' own)" "--privileged"
}

filters()
{
	probe -- sched
	same "$(key seccomp)" 0 "none"
	probe --seccomp -- sched
	same "$(key seccomp)" 2 "containerd's own"
	same "$(again once --seccomp -- sh -c 'unshare -U true 2>&1 | grep -c ermitted')" 1 "it refuses"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["mkdir", "mkdirat"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }' >profile.json
	fails 'not supported' once --seccomp --seccomp-profile "$WORK/profile.json" -- mkdir /x
}

has_devices()
{
	same "$(again once -- sh -c 'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done')" ""
	same "$(again once --device /dev/net/tun -- stat -c %t:%T /dev/net/tun)" a:c8 "--device"
	same "$(again once -- sh -c "mknod /x c 10 229; cat /x 2>&1 | grep -c 'open.*ermitted'")" 1 "others are refused"
}

maps_ids()
{
	same "$(again once --uidmap 0:300000:1000 --gidmap 0:300000:1000 -- cat /proc/self/uid_map | tr -s ' ')" \
		" 0 300000 1000"
	lasting c --uidmap 0:300000:1000 --gidmap 0:300000:1000 -- sleep 1000
	same "$(stat -c %u "/proc/$(pid_of c)")" 300000 "the user on the host"
	same "$(again inside c id -u)" 0 "exec"
}

shares_namespaces()
{
	same "$(again once --net-host -- readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)" "--net-host"
	lasting c -- sleep 1000
	for ns in network:net ipc:ipc uts:uts; do
		same "$(again once --with-ns "${ns%:*}:/proc/$(pid_of c)/ns/${ns#*:}" -- readlink "/proc/self/ns/${ns#*:}")" \
			"$(readlink "/proc/$(pid_of c)/ns/${ns#*:}")" "${ns%:*} of another"
	done
	lasting d --with-ns "pid:/proc/$(pid_of c)/ns/pid" -- sleep 1001
	same "$(readlink "/proc/$(pid_of d)/ns/pid")" "$(readlink "/proc/$(pid_of c)/ns/pid")" "pid of another"
}

counts()
{
	lasting c -- sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.1; done'
	sleep 0.5
}

checkpoints()
{
	criu check >criu.log 2>&1 || not_here "criu cannot work on this kernel: $(tail -n 1 criu.log)"
	counts
	ctr task checkpoint --image-path "$WORK/images" --work-path "$WORK/work" c >/dev/null 2>err ||
		stop_here "checkpoint: $(cat err)"
	ls images | grep -q core- || stop_here "no images: $(ls images)"
	same "$(state c)" RUNNING "it goes on"
	ctr container checkpoint --rw --task c localhost/saved >/dev/null 2>err || engines_own "container checkpoint: $(cat err)"
	ctr task kill -s KILL c
	soon STOPPED state c
	ctr task delete c
	ctr container restore --live --rw d localhost/saved >/dev/null 2>err || engines_own "restore: $(cat err)"
	_n=$(inside d cat /n)
	[ "$_n" -gt 4 ] || stop_here "it counts from $_n"
}

# It gets the cgroup of the one that was saved, here one that goes on: what is done to one of them, its end, too, would be
# done to both.  runc 1.1 takes it and says that it will not; since 1.2 it refuses.
restores_beside()
{
	criu check >criu.log 2>&1 || not_here "criu cannot work on this kernel: $(tail -n 1 criu.log)"
	counts
	fails 'cgroup.*(has [0-9]+ process|is not empty)' ctr container restore --live --rw d localhost/saved
	_n=$(inside c cat /n)
	sleep 0.5
	[ "$(inside c cat /n)" -gt "$_n" ] || stop_here "it does not go on from $_n"
}

outlives_daemon()
{
	lasting c -- sh -c 'while :; do echo x >>/tmp/n; sleep 0.05; done'
	_pid=$(pid_of c)
	kill -KILL "$DAEMON"
	[ -d "/proc/$_pid" ] || stop_here "the container has gone with the daemon"
	containerd >>"$WORK/daemon.log" 2>&1 &
	echo $! >"$WORK/daemon.pid"
	until_true 30 command ctr version
	soon RUNNING state c
	same "$(again inside c echo back)" back
}

numbered()	# N: a container of that number says it
{
	again run_of --rm -- "number$1" echo "$1"
}

# ---- the set -------------------------------------------------------------------------------------

make_image_tar image.tar
docker_archive image.tar archive.tar
ctr image import archive.tar >import.log 2>&1 || {
	echo "not ok - $ENGINE/$RUNTIME: containerd starts"
	tail -n 3 import.log daemon.log
	exit 1
}

each "run" runs
each "it is the runtime; --runc-root" uses_runtime
each "a program that is not there" names_missing_program
each "exec, several at once" execs
each "terminal, size" terminals
each "attach" attaches
each "create, start, --pid-file" creates_then_starts
each "kill, delete" kills
each "pause, resume" pauses
each "limits, metrics, --cgroup" limits
each "processes" lists_processes
each "events, out of memory" tells_events
each "mounts, read-only root, --rootfs, --no-pivot" mounts_things
each "capabilities, no-new-privileges, privileged" has_capabilities
each "seccomp profiles" filters
each "devices" has_devices
each "user namespaces" maps_ids
each "namespaces of others and of the host" shares_namespaces
each "checkpoint, restore" checkpoints
each "restore beside it is refused" restores_beside
each "20 in a row" in_a_row 20 numbered
each "20 at once" at_once 20 numbered
each "the daemon is killed and comes back" outlives_daemon
[ ! -e daemon.pid ] || DAEMON=$(cat daemon.pid)
kill "$DAEMON"
until_true 10 sh -c "! kill -0 $DAEMON"
wait "$DAEMON" 2>/dev/null
# What containerd mounts and makes once.
step "nothing is left of the containers" left_nothing '/(default|given)$'
