# cgroups/errors - what cannot be done is an error that names the member, and leaves nothing.
# covers: L-35 R-07
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

make_bundle
set_args /probe exit 0

refused()	# RESOURCES REGEX NAME
{
	config ".linux.resources = $1"
	run_container
	fails_with "$2" "$3"
	is "$(every_cgroup "$CGROUP")" "" "$3: no cgroup is left"
	not_ok "$3: no container is left" husk state "$ID"
}

[ -z "$(dir_of cpuset)" ] || {
	refused '{cpu: {cpus: "9999"}}' '/linux/resources/cpu/cpus: write "9999"' "a CPU that is not there"
	refused '{cpu: {mems: "999"}}' '/linux/resources/cpu/mems: ' "a memory node that is not there"
}
[ -z "$(dir_of cpu)" ] ||
	refused '{cpu: {quota: 1, period: 100000}}' '/linux/resources/cpu/quota: ' "a quota below the kernel's least"
[ -n "$(dir_of rdma)" ] ||
	refused '{rdma: {mlx5_1: {hcaHandles: 3}}}' \
		'/linux/resources/rdma/mlx5_1: the rdma controller is not available' "a controller that is missing"
has_v2 memory ||
	refused '{unified: {"memory.high": "1000000"}}' '/linux/resources/unified/memory.high: ' \
		"unified without the controller on v2"
[ -z "$(dir_of blkio)" ] ||
	refused '{blockIO: {throttleReadBpsDevice: [{major: 4000, minor: 9, rate: 1}]}}' \
		'/linux/resources/blockIO/throttleReadBpsDevice/0: .*No such device' "a disk that is not there"
[ ! -e "$(dir_of memory "")/memory.memsw.limit_in_bytes" ] ||
	refused '{memory: {limit: 67108864, swap: 33554432}}' '/linux/resources/memory/swap: ' \
		"memory and swap below memory"

config 'del(.linux.resources)'
run_container
exits 0 "the ID and the path can be used again"

done_testing
