# cgroups/exec - exec --cgroup puts the process in a cgroup below the container's.
# covers: 2.2-exec
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller pids
make_bundle
set_args /probe sleep
start_container "$ID"
every_cgroup "$CGROUP" | while read -r dir; do
	mkdir "$dir/sub"
	case $dir in
	*cpuset*)
		cat "$dir/cpuset.cpus" >"$dir/sub/cpuset.cpus"
		cat "$dir/cpuset.mems" >"$dir/sub/cpuset.mems" ;;
	esac
done

all=$(grep -c ":$CGROUP\$" "/proc/$(pid_of)/cgroup")
run husk exec --cgroup sub "$ID" /probe read /proc/self/cgroup
exits 0 "--cgroup PATH"
is "$(grep -c ":$CGROUP/sub\$" "$OUT")" "$all" "is for every hierarchy"
run husk exec --cgroup /sub "$ID" /probe read /proc/self/cgroup
is "$(grep -c ":$CGROUP/sub\$" "$OUT")" "$all" "a leading / changes nothing"
if [ -n "$(v1 pids)" ]; then
	run husk exec --cgroup pids:sub "$ID" /probe read /proc/self/cgroup
	exits 0 "--cgroup CONTROLLER:PATH"
	is "$(grep -c ":$CGROUP/sub\$" "$OUT")" 1 "is for that one"
fi
run husk exec --cgroup bogus:sub "$ID" /probe exit 0
fails_with 'the container has no cgroup of a controller "bogus"' "an unknown controller"
run husk exec --cgroup ../ "$ID" /probe exit 0
fails_with 'cgroup "../" is not below the container' "a path that leads out"
run husk exec --cgroup sub/../.. "$ID" /probe exit 0
fails_with 'is not below the container' "through one below"
run husk exec --cgroup missing "$ID" /probe exit 0
fails_with 'missing.*No such file or directory' "one that does not exist"

destroy
is "$(every_cgroup "$CGROUP")" "" "delete removes all"

done_testing
