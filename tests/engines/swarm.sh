#!/bin/sh
# tests/engines/swarm.sh RUNTIME - a Docker Swarm of three nodes on a runtime: services that survive.
#
# Inside the sandbox.  A node is a dockerd in a network, uts and mount namespace of its own, with an interface on
# a bridge; all three are managers, so that any one may go.  The image is busybox and the probe; there is no IPVS
# here, hence dnsrr and ports of the host.
. /tests/steps.sh

nodes="1 2 3"
subnet=10.77.0

# ---- nodes ---------------------------------------------------------------------------------------

# The overlay's bridge can be set up only where /sys is that of the network namespace.
node_daemon()	# NODE OPTION...: becomes dockerd
{
	_node=$1
	shift
	exec nsenter --net="/run/netns/node$_node" unshare --uts --mount --propagation slave sh -c '
		node=$1
		shift
		hostname "node$node"
		mount -t sysfs sysfs /sys && mount --rbind /run/cgroups /sys/fs/cgroup || exit 1
		exec dockerd --data-root "/data/node$node" --exec-root "/run/node$node" \
			--pidfile "/run/node$node.pid" -H "unix:///run/node$node.sock" --storage-driver overlay2 \
			--userland-proxy=false --cgroup-parent "/node$node" "$@"' sh "$_node" "$@"
}

start_node()	# NODE
{
	_n=$1
	set -- --default-runtime runc
	[ "$RUNTIME" = runc ] || set -- --add-runtime "$RUNTIME=$RUNTIME_PATH" --default-runtime "$RUNTIME"
	rm -f "/run/node$_n.pid"
	( node_daemon "$_n" "$@" ) >>"/tmp/node$_n.log" 2>&1 &
	until_true 30 on "$_n" info || stop_here "node $_n does not start: $(tail -n 3 "/tmp/node$_n.log")"
}

make_nodes()
{
	mkdir -p /run/cgroups
	mount --rbind /sys/fs/cgroup /run/cgroups
	ip link add nodes type bridge
	ip address add $subnet.254/24 dev nodes
	ip link set nodes up
	for node in $nodes; do
		ip netns add "node$node"
		ip link add "veth$node" type veth peer name eth0 netns "node$node"
		ip link set "veth$node" master nodes up
		ip -n "node$node" address add "$subnet.$node/24" dev eth0
		ip -n "node$node" link set eth0 up
		ip -n "node$node" link set lo up
		ip -n "node$node" route add default via $subnet.254
		start_node "$node"
		on "$node" import -c 'CMD ["/bin/sh"]' bb.tar bb >/dev/null
	done
}

on()	# NODE ARG...: docker there
{
	_docker=unix:///run/node$1.sock
	shift
	timeout 60 docker -H "$_docker" "$@"
}

# What becomes of a machine that loses its power: its network first, then every process, shims and containers, too.
power_off()	# NODE
{
	ip link set "veth$1" down
	_processes=$(ip netns pids "node$1")
	for _cgroup in $(find /sys/fs/cgroup/pids/"node$1" -name cgroup.procs 2>/dev/null); do
		_processes="$_processes $(cat "$_cgroup")"
	done
	kill -KILL $_processes
	until_true 10 sh -c "[ -z \"\$(ip netns pids node$1)\" ]"
}

# ---- services ------------------------------------------------------------------------------------

# Asked of node @MANAGER, which one step moves.
service()	# NAME OPTION... IMAGE COMMAND...
{
	_name=$1
	shift
	on "$MANAGER" service create --detach --quiet --no-resolve-image --restart-delay 500ms --stop-signal KILL \
		--endpoint-mode dnsrr --name "$_name" "$@" >/dev/null
}

# Nodes on which tasks of a service run, a line each
places()	# SERVICE
{
	on "$MANAGER" service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' "$1" |
		awk '$2 == "Running" { print $1 }' | sort
}

spread()	# SERVICE: "node1:2 node2:2 ..."
{
	places "$1" | uniq -c | awk '{ printf "%s%s:%d", (NR > 1 ? " " : ""), $2, $1 }'
}

runs_times()	# SERVICE N
{
	[ "$(places "$1" | wc -l)" -eq "$2" ]
}

reaches()	# SERVICE N [SECONDS]
{
	until_true "${3:-40}" runs_times "$1" "$2" ||
		stop_here "$1 does not reach $2: $(on "$MANAGER" service ps --no-trunc "$1" 2>&1 | tail -n 6)"
}

# Containers of a service on a node, by their ids
tasks_on()	# NODE SERVICE
{
	on "$1" ps -q --filter "label=com.docker.swarm.service.name=$2"
}

# in_each SERVICE COMMAND...: what it prints in every task
in_each()
{
	_service=$1
	shift
	for _node in $nodes; do
		for _task in $(tasks_on "$_node" "$_service"); do
			on "$_node" exec "$_task" "$@"
		done
	done
}

remove_services()
{
	_all=$(on "$MANAGER" service ls -q)
	[ -z "$_all" ] || on "$MANAGER" service rm $_all >/dev/null
	for _node in $nodes; do
		until_true 20 sh -c "[ -z \"\$(docker -H unix:///run/node$_node.sock ps -q)\" ]"
	done
}

ready_nodes()
{
	on "$MANAGER" node ls --format '{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}' |
		sed 's/ Leader$/ Reachable/' | sort | tr '\n' ','
}
all_ready="node1 Ready Active Reachable,node2 Ready Active Reachable,node3 Ready Active Reachable,"
ready() { [ "$(ready_nodes)" = "$all_ready" ]; }

# ---- steps ---------------------------------------------------------------------------------------

joins()
{
	on 1 swarm init --advertise-addr $subnet.1 >/dev/null || stop_here "init"
	_token=$(on 1 swarm join-token -q manager)
	on 2 swarm join --advertise-addr $subnet.2 --token "$_token" $subnet.1:2377 || stop_here "join"
	on 3 swarm join --advertise-addr $subnet.3 --token "$_token" $subnet.1:2377 || stop_here "join"
	until_true 30 ready || stop_here "$(ready_nodes)"
}

replicates()
{
	service web --replicas 6 --hostname '{{.Service.Name}}-{{.Task.Slot}}' --env V=1 bb sleep 1000
	reaches web 6
	same "$(spread web)" "node1:2 node2:2 node3:2" "spread"
	same "$(in_each web hostname | sort | tr '\n' ' ')" "web-1 web-2 web-3 web-4 web-5 web-6 " "their names"
	# It is this runtime that runs them.
	for node in $nodes; do
		same "$(on "$node" info -f '{{.DefaultRuntime}}') $(on "$node" inspect -f '{{.HostConfig.Runtime}}' \
			$(tasks_on "$node" web) | sort -u)" "$RUNTIME $RUNTIME" "node$node: the runtime"
	done
}

seen_inside()
{
	service seen --replicas 3 --limit-memory 32m --limit-cpu 0.5 --limit-pids 20 --user 1000:1000 --read-only \
		--mount type=tmpfs,dst=/t,tmpfs-size=65536 --cap-drop ALL --sysctl net.ipv4.ip_forward=1 --init \
		--ulimit nofile=512:512 bb sleep 1000
	reaches seen 3
	in_each seen /probe ids -- caps -- rlimits -- sched -- create /x -- create /t/x \
		-- read /sys/fs/cgroup/memory/memory.limit_in_bytes -- read /sys/fs/cgroup/pids/pids.max \
		-- read /proc/sys/net/ipv4/ip_forward -- read /sys/fs/cgroup/cpu/cpu.cfs_quota_us >out
	for line in "uid 1000 1000 1000" "bounding 0000000000000000" "RLIMIT_NOFILE 512 512" "seccomp 2" "create /x EROFS" \
		33554432 20 1 50000; do
		same "$(grep -cx "$line" out)" 3 "$line"
	done
	same "$(in_each seen cat /proc/1/cmdline | tr '\0' ' ' | grep -o docker-init | wc -l)" 3 "--init"
}

secrets()
{
	printf hidden | on "$MANAGER" secret create word - >/dev/null
	printf 'open' | on "$MANAGER" config create page - >/dev/null
	service told --replicas 3 --secret source=word,target=w,uid=1000,mode=0400 --config source=page,target=/etc/page \
		--user 1000 bb sleep 1000
	reaches told 3
	same "$(in_each told sh -c 'cat /run/secrets/w /etc/page; echo; stat -c %a /run/secrets/w' | sort | uniq -c | tr -s ' \n' ' ')" \
		" 3 400 3 hiddenopen "
	same "$(in_each told sh -c 'grep " /run/secrets/w " /proc/mounts | cut -d" " -f3,4 | cut -d, -f1' | sort -u)" "tmpfs ro" \
		"where the secret lies"
}

talks()
{
	on "$MANAGER" network create -d overlay --attachable over >/dev/null
	service talk --replicas 3 --network over bb sh -c 'while :; do hostname | nc -l -p 80; done'
	reaches talk 3
	_task=$(tasks_on 1 talk | head -n 1)
	until_true 20 sh -c "[ \"\$(docker -H unix:///run/node1.sock exec $_task nslookup tasks.talk 2>/dev/null |
		grep -c 'Address.*10\.0\.')\" -eq 3 ]" || stop_here "names: $(on 1 exec "$_task" nslookup tasks.talk 2>&1)"
	for _address in $(on 1 exec "$_task" nslookup tasks.talk | sed -n 's/^Address.*\(10\.0\.[0-9.]*\)$/\1/p'); do
		on 1 exec "$_task" nc -w 5 "$_address" 80 </dev/null
	done >out
	same "$(sort -u out | wc -l)" 3 "answers of all three: $(cat out)"
	service port --mode global --publish mode=host,target=80,published=8088 bb sh -c 'while :; do echo served | nc -l -p 80; done'
	reaches port 3
	for node in $nodes; do
		until_true 10 sh -c "busybox nc -w 2 $subnet.$node 8088 </dev/null | grep -q served" ||
			stop_here "port 8088 of node $node"
	done
}

heals()
{
	service web --replicas 6 bb sleep 1000
	reaches web 6
	_before=$(tasks_on 2 web | sort)
	for _task in $_before; do
		kill -KILL "$(on 2 inspect -f '{{.State.Pid}}' "$_task")"
	done
	until_true 20 sh -c "docker -H unix:///run/node$MANAGER.sock service ps --filter desired-state=shutdown web |
		grep -q Failed" || stop_here "nobody noticed"
	reaches web 6
	same "$(for _task in $_before; do tasks_on 2 web | grep -x "$_task"; done)" "" "tasks that were killed"
}

scales()
{
	service web --replicas 1 bb sleep 1000
	on "$MANAGER" service scale -d web=12 >/dev/null
	reaches web 12 60
	same "$(spread web)" "node1:4 node2:4 node3:4"
	on "$MANAGER" service scale -d web=2 >/dev/null
	until_true 30 sh -c "[ \$(for n in 1 2 3; do docker -H unix:///run/node\$n.sock ps -q; done | wc -l) -eq 2 ]" ||
		stop_here "$(on "$MANAGER" service ps web)"
}

# What V is in the tasks; those before may take a moment to end.
versions()
{
	in_each web sh -c 'echo $V' | sort | uniq -c | tr -s ' '
}

update_state()	# SERVICE STATE
{
	[ "$(on "$MANAGER" service inspect -f '{{.UpdateStatus.State}}' "$1")" = "$2" ]
}

rolls()
{
	service web --replicas 6 --env V=1 --update-parallelism 2 --update-delay 200ms --update-monitor 500ms \
		--update-order start-first --update-failure-action rollback --rollback-parallelism 0 --rollback-monitor 500ms bb sleep 1000
	reaches web 6
	on "$MANAGER" service update -d --env-add V=2 web >/dev/null
	until_true 60 update_state web completed || stop_here "$(on "$MANAGER" service ps web)"
	reaches web 6
	soon " 6 2" versions
	# A program that is not there: the runtime refuses, and the old one stays.
	on "$MANAGER" service update -d --args /no/such --env-add V=3 web >/dev/null
	until_true 60 update_state web rollback_completed || stop_here "no way back: $(on "$MANAGER" service ps --no-trunc web)"
	reaches web 6
	like "$(on "$MANAGER" service ps --no-trunc web)" '/no/such.*[Nn]o such file or directory' "the runtime's reason"
	soon " 6 2" versions
}

replaces_ill()
{
	service ill --replicas 3 --health-cmd 'test ! -e /tmp/ill' --health-interval 500ms --health-retries 1 bb sleep 1000
	reaches ill 3 60
	_task=$(tasks_on 3 ill)
	on 3 exec "$_task" touch /tmp/ill
	until_true 40 sh -c "docker -H unix:///run/node3.sock ps -q | grep -qvx $_task" || stop_here "$(on "$MANAGER" service ps ill)"
	reaches ill 3 60
}

does_jobs()
{
	service job --mode replicated-job --replicas 6 --max-concurrent 3 --restart-condition none bb sh -c 'echo done; exit 0'
	until_true 60 sh -c "[ \$(docker -H unix:///run/node$MANAGER.sock service ps --format '{{.CurrentState}}' job |
		grep -c Complete) -eq 6 ]" || stop_here "$(on "$MANAGER" service ps --no-trunc job)"
	same "$(on "$MANAGER" service logs --raw job | sort | uniq -c | tr -s ' ')" " 6 done" "their output"
	service each --mode global bb sleep 1000
	reaches each 3
	same "$(spread each)" "node1:1 node2:1 node3:1" "global"
}

drains()
{
	service web --replicas 6 bb sleep 1000
	reaches web 6
	on "$MANAGER" node update --availability drain node2 >/dev/null
	until_true 30 sh -c "[ -z \"\$(docker -H unix:///run/node2.sock ps -q)\" ]" || stop_here "tasks are left on node2"
	reaches web 6
	same "$(spread web)" "node1:3 node3:3"
	on "$MANAGER" node update --availability active node2 >/dev/null
	on "$MANAGER" service update -d --force web >/dev/null
	until_true 60 update_state web completed || stop_here "$(on "$MANAGER" service ps web)"
	reaches web 6
	like "$(spread web)" 'node2:[1-9]' "it has tasks again"
}

# The node whose manager leads goes: another leads, and its tasks run elsewhere.
survives()
{
	service web --replicas 6 bb sleep 1000
	reaches web 6
	same "$(spread web)" "node1:2 node2:2 node3:2"
	power_off 1
	MANAGER=2
	until_true 60 sh -c "docker -H unix:///run/node2.sock node ls --format '{{.Hostname}} {{.Status}}' |
		grep -q 'node1 Down'" || stop_here "$(on 2 node ls 2>&1)"
	like "$(on 2 node ls --format '{{.Hostname}} {{.ManagerStatus}}')" 'node[23] Leader' "another leads"
	reaches web 6 60
	same "$(spread web)" "node2:3 node3:3" "where its tasks went"
}

# It comes back with what it had on its disk; what it ran is not run twice.
returns()
{
	service web --replicas 6 bb sleep 1000
	ip link set veth1 up
	start_node 1
	until_true 60 ready || stop_here "$(ready_nodes)"
	reaches web 6
	on "$MANAGER" service scale -d web=9 >/dev/null
	reaches web 9
	like "$(spread web)" 'node1:[1-9]' "it has tasks again"
	until_true 30 sh -c "[ \$(for n in 1 2 3; do docker -H unix:///run/node\$n.sock ps -q; done | wc -l) -eq 9 ]" ||
		stop_here "containers beyond the nine: $(for n in $nodes; do on "$n" ps; done)"
}

leaves()
{
	for node in 1 2; do
		# Refused while the managers are about to choose a leader.
		until_true 20 on 3 node demote "node$node" || stop_here "demote node$node"
		soon false on "$node" info -f '{{.Swarm.ControlAvailable}}'
	done
	on 1 swarm leave || stop_here "node1"
	on 2 swarm leave || stop_here "node2"
	on 3 swarm leave --force || stop_here "node3"
	for node in $nodes; do
		same "$(on "$node" info -f '{{.Swarm.LocalNodeState}}')" inactive "node$node"
		same "$(on "$node" ps -aq)" "" "node$node: containers"
	done
}

# ---- the set -------------------------------------------------------------------------------------

end_nodes()
{
	for node in $nodes; do
		_daemon=$(cat "/run/node$node.pid")
		kill "$_daemon"
		until_true 20 sh -c "[ -z \"\$(ip netns pids node$node)\" ]" || echo "not ok - $ENGINE/$RUNTIME: node$node ends"
		grep " /run/node$node/netns/" /proc/self/mounts | cut -d' ' -f2 | xargs -r umount
		ip netns del "node$node"
	done
	umount /run/netns
	ip link del nodes
	umount -R /run/cgroups
}

# The kernel takes what is in a namespace away after it, one namespace of the machine after another.
nodes_left_nothing()
{
	until_true 60 sh -c '! ip -o link | grep -q " veth[123]@"'
	left_nothing '/(node[123]|docker)$'
}

ENGINE=swarm/$(dockerd --version | sed 's/Docker version \([0-9.]*\).*/\1/')
STEP_TIMEOUT=240
MANAGER=1
make_image_tar bb.tar
each()
{
	step "$@"
	remove_services
}
step "three nodes start" make_nodes
step "three managers join" joins
each "replicas on every node" replicates
each "limits, ids, rights, sysctls as asked for" seen_inside
each "secrets and configs" secrets
each "an overlay network and ports of the host" talks
each "containers of a node are killed" heals
each "scale" scales
each "rolling update, rollback" rolls
each "a task that is ill is replaced" replaces_ill
each "jobs, one on each node" does_jobs
each "drain" drains
step "the leader's node is killed" survives
MANAGER=2
each "a node returns" returns
step "leave" leaves
end_nodes
step "nothing is left" nodes_left_nothing
