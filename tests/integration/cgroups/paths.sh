# cgroups/paths - linux.cgroupsPath: absolute, relative, unset, and what is refused.
# attacks: T-CG3
# covers: L-14 L-15 2.1-cgroup-manager 8-14
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

only_cgroupfs "what linux.cgroupsPath means to it"
need_controller pids
make_bundle
set_args /probe read /proc/self/cgroup
pids=$(v1 pids)
if [ -n "$pids" ]; then own=$(awk -F: '$2 ~ /(^|,)pids(,|$)/ { print $3 }' /proc/self/cgroup)
else own=$(awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup); own=${own%/*}; fi
own=${own%/}

where()	# what /proc/self/cgroup said, of the pids hierarchy
{
	if [ -n "$pids" ]; then awk -F: '$2 ~ /(^|,)pids(,|$)/ { print $3 }' "$OUT"
	else awk -F: '{ sub(/^.* /, "", $1) } $1 == 0 { print $3 }' "$OUT"; fi
}

config '.linux.cgroupsPath = $p' --arg p "/$TAG/a/$TAG-b"
run_container
exits 0 "an absolute path"
is "$(where)" "/$TAG/a/$TAG-b" "is below the mount"
is "$(every_cgroup "/$TAG/a/$TAG-b")" "" "and gone afterwards"
every_cgroup "/$TAG/a" | xargs -r rmdir
every_cgroup "/$TAG" | xargs -r rmdir

config '.linux.cgroupsPath = $p' --arg p "$TAG-rel"
run_container
exits 0 "a relative path"
is "$(where)" "$own/$TAG-rel" "is below the caller's own cgroup"

# The caller may be at the root, where "below" shows nothing.
if [ -n "$pids" ]; then
	mkdir "$pids/$TAG-own"
	run sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' sh "$pids/$TAG-own" "$HUSK_BIN" --root "$STATE_DIR" \
		run --bundle "$BUNDLE" "$ID"
	is "$STATUS $(where)" "0 /$TAG-own/$TAG-rel" "of a caller in a cgroup of its own"
	config 'del(.linux.cgroupsPath)'
	run sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' sh "$pids/$TAG-own" "$HUSK_BIN" --root "$STATE_DIR" \
		run --bundle "$BUNDLE" "$ID"
	is "$STATUS $(where)" "0 /$TAG-own/$ID" "likewise without a path"
	rmdir "$pids/$TAG-own"
fi

config 'del(.linux.cgroupsPath)'
run_container
exits 0 "no path"
is "$(where)" "$own/$ID" "is the ID, below the caller's own cgroup"

for path in / /a/../../b .. "/$TAG/.."; do
	config '.linux.cgroupsPath = $p' --arg p "$path"
	run_container
	fails_with "/linux/cgroupsPath: " "\"$path\" is refused"
done
not_ok "and leaves no container" husk state "$ID"

# Without a manager: no cgroup, and a limit is an error.
config '.linux.cgroupsPath = $p' --arg p "/$ID"
run husk --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
exits 0 "--cgroup-manager disabled"
is "$(where)" "$([ -n "$pids" ] && echo "${own:-/}" || awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup)" \
	"leaves the program where the caller is"
config '.linux.resources.pids.limit = 5'
run husk --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
is "$(errors)" "husk: /linux/resources/pids/limit: cannot set limits without cgroups
  hint: use the cgroupfs manager, or remove the limit" "and sets no limit silently"
config 'del(.linux.resources.pids)'
run husk --cgroup-manager cgroupfs run --bundle "$BUNDLE" "$ID"
is "$(where)" "/$ID" "--cgroup-manager cgroupfs"

# Somebody is there already.
config '.linux.cgroupsPath = $p' --arg p "/$ID"
set_args /probe sleep
start_container "$ID"
config '.linux.cgroupsPath = $p' --arg p "/$ID"
run husk run --bundle "$BUNDLE" "$TAG-2"
fails_with "/linux/cgroupsPath: cgroup .*/$ID has [0-9]+ process" "a cgroup with processes is refused"
is "$(status_of "$ID")" running "and the one who is there is left alone"
destroy
is "$(every_cgroup "$CGROUP")" "" "delete leaves no cgroup"

# An engine made it before, for us.
every=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts)
for mount in $every; do mkdir "$mount/$ID"; done
set_args /probe read /proc/self/cgroup
run_container
exits 0 "an empty cgroup is used"
is "$(where)" "/$ID" "that one"
is "$(every_cgroup "$CGROUP")" "" "and removed with the container"

done_testing
