# cgroups/io - a throttle slows down what the container writes to a disk.
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
set_args dd if=/dev/zero of=/file bs=256k count=8 oflag=direct
config '.process.env = ["PATH=/bin"]'
written()	# prints the milliseconds that it took
{
	_start=$(date +%s%N)
	run_container
	echo $((($(date +%s%N) - _start) / 1000000))
}
took=$(written)
run_container
[ "$STATUS" -eq 0 ] || skip_all "no direct writing here: $(errors | head -n 1)"
config '.linux.resources = {blockIO: {throttleWriteBpsDevice: [{major: ($d / ":" | .[0] | tonumber),
	minor: ($d / ":" | .[1] | tonumber), rate: 524288}]}}' --arg d "$disk"
slow=$(written)
if [ "$slow" -gt $((took + 2000)) ]; then pass "2 MiB at 512 KiB/s take long"
else fail "2 MiB at 512 KiB/s take long" "$slow ms" "3 s more than without, $took ms"; fi

done_testing
