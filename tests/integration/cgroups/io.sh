# cgroups/io - throttles stand in the kernel's files, and slow down what is written to a disk and read.
# covers: L-30
# timeout: 120
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

[ -n "$(dir_of blkio)" ] || skip_all "no cgroup hierarchy with the io controller"
make_bundle
add_busybox
ln -sf busybox "$ROOTFS/bin/dd"
disk=$(disk_of "$CASE_DIR")
[ -n "$disk" ] || skip_all "$CASE_DIR is on no disk"
config '.root.readonly = false'

# Past the page cache: only then does v1 know who writes.
direct_write="dd if=/dev/zero of=/file bs=256k count=8 oflag=direct"
direct_read="dd if=/file of=/dev/null bs=256k count=8 iflag=direct"
config '.process.env = ["PATH=/bin"]'
took()	# prints the milliseconds that it took
{
	_start=$(date +%s%N)
	run_container
	echo $((($(date +%s%N) - _start) / 1000000))
}
# limited DIRECTION: to 512 KiB/s
limited()
{
	config '.linux.resources = {blockIO: {($m): [{major: ($d / ":" | .[0] | tonumber),
		minor: ($d / ":" | .[1] | tonumber), rate: 524288}]}}' --arg d "$disk" --arg m "throttle$1BpsDevice"
}

is_slow()	# MS BEFORE NAME
{
	if [ "$1" -gt $(($2 + 2000)) ]; then pass "$3"
	else fail "$3" "$1 ms" "3 s more than without, $2 ms"; fi
}

set_args $direct_write
free=$(took)
run_container
[ "$STATUS" -eq 0 ] || skip_all "no direct writing here: $(errors | head -n 1)"
limited Write
is_slow "$(took)" "$free" "writing 2 MiB at 512 KiB/s takes long"
set_args $direct_read
free=$(took)
limited Read
is_slow "$(took)" "$free" "so does reading them"

# ---- the files ----

set_args sleep 60
config '.linux.resources = {blockIO: ({throttleReadBpsDevice: 1048576, throttleWriteBpsDevice: 2097152,
	throttleReadIOPSDevice: 100, throttleWriteIOPSDevice: 200} | map_values([{rate: .,
	major: ($d / ":" | .[0] | tonumber), minor: ($d / ":" | .[1] | tonumber)}]))}' --arg d "$disk"
start_container "$ID"
exits 0 "all four"
if [ -n "$(v1 blkio)" ]; then
	for file in read_bps_device:1048576 write_bps_device:2097152 read_iops_device:100 write_iops_device:200; do
		is "$(cat "$(v1 blkio)$CGROUP/blkio.throttle.${file%:*}")" "$disk ${file#*:}" "blkio.throttle.${file%:*}"
	done
else
	is "$(cat "$(v2)$CGROUP/io.max")" "$disk rbps=1048576 wbps=2097152 riops=100 wiops=200" "io.max"
fi
destroy

done_testing
