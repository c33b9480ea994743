# namespaces/time - clocks that are ahead or behind.
# covers: L-08
# runs as: root user
. "$HUSK_TESTS/lib.sh"

now()	# Field of /proc/uptime is CLOCK_BOOTTIME
{
	cut -d. -f1 /proc/uptime
}

offsets()	# JSON
{
	make_bundle
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = $o' --argjson o "$1"
}

near()	# GOT WANTED NAME
{
	if [ "$1" -ge "$2" ] && [ "$1" -le $(($2 + 20)) ]; then pass "$3"; else fail "$3" "$1" "$2"; fi
}

offsets '{"boottime": {"secs": 604800}, "monotonic": {"secs": 172800, "nanosecs": 5}}'
before=$(now)
probe time -- ns -- read /proc/self/timens_offsets
exits 0 "both clocks"
near "$(value boottime)" $((before + 604800)) "boottime is a week ahead"
like "$(output)" '^monotonic +172800 +5$' "monotonic is two days ahead"
like "$(output)" '^boottime +604800 +0$' "as procfs says"
isnt "$(output | sed -n 's/^time //p')" "$(stat -Lc %i /proc/self/ns/time)" "in a new time namespace"

offsets '{"boottime": {"secs": -10}}'
before=$(now)
probe time
exits 0 "behind"
near "$(value boottime)" $((before - 10)) "boottime is ten seconds behind"

offsets '{}'
probe time
exits 0 "a time namespace without offsets"

offsets '{"boottime": {"secs": 604800}}'
if [ "$HUSK_USER" = root ]; then
	set_args /probe sleep 60
	start_container "$ID"
	before=$(now)
	run husk exec "$ID" /probe time
	exits 0 "exec"
	near "$(value boottime)" $((before + 604800)) "exec is in that time, too"
	destroy
fi

# ---- mistakes ----
make_bundle
config '.linux.timeOffsets = {"boottime": {"secs": 1}}'
run_container
fails_with '/linux/timeOffsets.*time' "offsets without a time namespace"

offsets '{"boottime": {"secs": -999999999}}'
run_container
fails_with 'timens_offsets' "before the machine was started"

done_testing
