# cgroups/events-runc - `events --stats` has every member that runc's has, of the same type and in its order.
# covers: 2.3-events 8-06
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_command runc
case $HUSK_BIN in
*runc) skip_all "runc beside itself" ;;
esac
make_bundle
set_args /probe sleep
config '.linux.resources = {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 50}, cpu: {quota: 50000, period: 100000}}'
[ -n "$(dir_of memory)" ] && [ -n "$(dir_of cpu)" ] && [ -n "$(dir_of pids)" ] ||
	config '.linux.resources = {}'

# Does something of everything, so that little is left out as 0.
work()	# RUNTIME...
{
	"$@" exec "$ID" /probe alloc 8 -- forks 2 >/dev/null 2>&1 </dev/null
}

start_container "$ID"
exits 0 "husk's container"
work husk
husk events --stats "$ID" >"$CASE_DIR/husk.json"
destroy

their="runc --root $CASE_DIR/runc"
$their run -d --bundle "$BUNDLE" "$ID" >/dev/null 2>"$CASE_DIR/runc.err" </dev/null ||
	skip_all "runc cannot run here: $(head -c 200 "$CASE_DIR/runc.err")"
work $their
$their events --stats "$ID" >"$CASE_DIR/runc.json"
$their delete --force "$ID" >/dev/null 2>&1

# Paths and types.  What Go leaves out when it is 0 depends on the moment: kept out of both.
shape()
{
	jq -c '. as $all | [paths | map(if type == "number" then 0 else . end)] | unique[] as $p |
		[($p | map(tostring) | join(".")), ($all | try getpath($p) catch null | type)]' "$1" |
		grep -vE '"data\.blkio|\.(cache|usage|max|total|periods|throttledPeriods|throttledTime)","number"' |
		grep -vE '"data\.(network_interfaces|hugetlb\.)' | sort
}

order()	# FILTER: names as they stand in the file
{
	jq -c "$1|keys_unsorted" "$2"
}

shape "$CASE_DIR/runc.json" >"$CASE_DIR/runc.shape"
shape "$CASE_DIR/husk.json" | grep -v '\.psi[."]' >"$CASE_DIR/husk.shape"
is "$(comm -23 "$CASE_DIR/runc.shape" "$CASE_DIR/husk.shape")" "" "everything that runc says is there, with its type"
# Debian 12's runc is older than pressure, never lists interfaces, and on a hybrid host does not look at
# the controllers of v2; nothing else is new.
is "$(comm -13 "$CASE_DIR/runc.shape" "$CASE_DIR/husk.shape")" "" "and nothing else, but for pressure"
# The peak on v2 came later, too.
for filter in . .data .data.cpuset '.data.memory.usage|del(.max)' .data.memory.raw; do
	is "$(order "$filter" "$CASE_DIR/husk.json")" "$(order "$filter" "$CASE_DIR/runc.json")" "$filter: order"
done
for value in .data.memory.usage.limit .data.memory.swap.limit .data.memory.kernel.limit .data.memory.kernelTCP.limit \
	.data.pids.limit .data.cpuset '(.data.cpu.usage.percpu|length)' '(.data.cpu.usage.percpu_user|length)'; do
	is "$(jq -c "$value" "$CASE_DIR/husk.json")" "$(jq -c "$value" "$CASE_DIR/runc.json")" "$value"
done

done_testing
