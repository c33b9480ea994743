# namespaces/sysctl - settings of the container's own namespaces, and nothing else.
# covers: L-41
. "$HUSK_TESTS/lib.sh"

setting()	# JSON OBJECT
{
	make_bundle
	config '.linux.sysctl = $s' --argjson s "$1"
}

setting '{"net.core.somaxconn": "77", "net/ipv4/ip_forward": "1", "kernel.shmmax": "123456",
	"kernel.sem": "32000 1024000000 500 32001", "fs.mqueue.msg_max": "11"}'
before=$(cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/msg_max)
probe sysctl net.core.somaxconn net.ipv4.ip_forward kernel.shmmax kernel.sem fs.mqueue.msg_max
exits 0 "net and ipc"
has "sysctl net.core.somaxconn" 77 "net.core.somaxconn"
has "sysctl net.ipv4.ip_forward" 1 "net/ipv4/ip_forward"
has "sysctl kernel.shmmax" 123456 "kernel.shmmax"
like "$(value "sysctl kernel.sem")" '^32000[[:space:]]1024000000[[:space:]]500[[:space:]]32001$' "kernel.sem"
has "sysctl fs.mqueue.msg_max" 11 "fs.mqueue.msg_max"
is "$(cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/msg_max)" "$before" \
	"the host keeps its own"

setting '{"kernel.hostname": "by-sysctl", "kernel.domainname": "domain"}'
config 'del(.hostname)'
probe uts
has hostname by-sysctl "kernel.hostname"
has domainname domain "kernel.domainname"

setting '{"net.ipv4.ip_local_reserved_ports": "1000-2000"}'
probe sysctl net.ipv4.ip_local_reserved_ports
has "sysctl net.ipv4.ip_local_reserved_ports" 1000-2000 "a list"
setting '{"net.ipv4.ip_local_reserved_ports": ""}'
probe sysctl net.ipv4.ip_local_reserved_ports
exits 0 "an empty value"

setting '{"user.max_net_namespaces": "3", "net.ipv4.ip_unprivileged_port_start": "80",
	"net.ipv4.ping_group_range": "0 100", "kernel.msgmax": "9000", "fs.mqueue.msg_max": "12",
	"kernel.hostname": "in-user-ns"}'
config 'del(.hostname) | .linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
	.linux.gidMappings = .linux.uidMappings'
probe sysctl user.max_net_namespaces net.ipv4.ip_unprivileged_port_start -- uts
exits 0 "in a user namespace"
has "sysctl net.ipv4.ip_unprivileged_port_start" 80 "a network's setting in a user namespace"
has "sysctl user.max_net_namespaces" 3 "a limit of the user namespace"
has hostname in-user-ns "its host name"

# ---- mistakes ----
refused()	# KEY REGEX NAME
{
	setting "$(jq -nc --arg k "$1" '{($k): "1"}')"
	run_container
	fails_with "$2" "$3"
}

refused kernel.core_pattern '/linux/sysctl/kernel.core_pattern: belongs to no namespace' "the host's setting"
refused vm.swappiness '/linux/sysctl/vm.swappiness' "another"
refused kernel.hostname 'set by /hostname already' "the host name twice"
refused net/../kernel/core_pattern 'not (a|the) name of a sysctl' "a way out of net"
refused net.core.no_such_thing 'no_such_thing' "one that does not exist"
refused user.max_net_namespaces 'needs a user namespace' "user.* without a user namespace"

setting '{"net.core.somaxconn": "1"}'
no_namespace network
run_container
fails_with 'net.core.somaxconn: this sysctl needs a network namespace' "net.* in the host's network"

setting '{"net.core.somaxconn": "1"}'
config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
run_container
fails_with 'would change the host' "net.* in the host's network by path"

setting '{"net.core.somaxconn": "many"}'
run_container
fails_with 'net/core/somaxconn|net.core.somaxconn' "a value that the kernel does not take"

done_testing
