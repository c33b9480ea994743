# attack/cgroups - a container writes to cgroups that are not its own, or moves away from its own.
# attacks: T-CG1 T-CG2 T-CG3 T-CG4
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

make_bundle
# The cgroups of the host that are there before; another case may make its own beside.
hierarchies=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts)
foreign()	# what the attack would make
{
	find /sys/fs/cgroup -name "*husk-escape-$TAG*" 2>/dev/null
}

# Without a cgroup namespace, the hierarchy as a whole is the host's.
escapes=''
for dir in $hierarchies; do
	escapes="$escapes -- mkdir ${dir}/husk-escape-$TAG -- write ${dir}/cgroup.procs 0 -- write ${dir}/release_agent x"
done
for how in "cgroup cgroup nosuid,noexec,nodev,relatime,ro" "bind /sys/fs/cgroup rbind,rro,nosuid"; do
	set -- $how
	make_bundle "$CASE_DIR/ro-$1"
	no_namespace cgroup
	add_mount /sys/fs/cgroup "$1" "$2" "$3"
	[ "$HUSK_USER" = root ] || [ "$1" = bind ] || config '.linux.namespaces |= map(select(.type != "network"))'
	set_args /probe echo $escapes
	run_container
	if [ "$STATUS" -ne 0 ]; then
		like "$(errors)" '^husk: .*cgroup' "a read-only $1 of the host's cgroups: is refused"
	else
		is "$(grep -cE '^(mkdir|write) .* ok$' "$OUT")" 0 "a read-only $1 of the host's cgroups: nothing can be written"
	fi
	is "$(foreign)" "" "and nothing is made"
	# What is mounted below it is read-only as well.
	set_args /probe mounts
	run_container
	is "$(awk '$2 ~ "^/sys/fs/cgroup" && ("," $4 ",") !~ /,ro,/' "$OUT")" "" "every mount below is read-only"
done

make_bundle "$CASE_DIR/keys"
cp "$BUNDLE/config.json" "$CASE_DIR/plain.json"
for key in ../../x ../cgroup.procs cgroup./../../cgroup.procs pids.max/../../pids.max a/b /etc/passwd . .. '' 'a b' 'pids.max/' 'x.
y'; do
	cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
	config '.linux.resources.unified = {($k): "1"}' --arg k "$key"
	run_container
	fails_with '^husk: .*unified' "the key \"$key\" of unified"
	case $key in
	*/*) like "$(errors)" 'is not the name of a cgroup v2 file' "the key \"$key\": its message" ;;
	esac
done
is "$(foreign)" "" "nothing is made"
cp "$CASE_DIR/plain.json" "$BUNDLE/config.json"
for path in "/../../husk-escape-$TAG" "/$TAG/../../../husk-escape-$TAG" "../../../husk-escape-$TAG"; do
	config '.linux.cgroupsPath = $p' --arg p "$path"
	set_args /probe exit 0
	run_container
	# Refused, or understood as a path below the hierarchy, as runc does; never beside it.
	is "$(find / -xdev -maxdepth 3 -name "husk-escape-$TAG" 2>/dev/null)" "" "cgroupsPath $path leads nowhere else"
	destroy
	find /sys/fs/cgroup -depth -name "husk-escape-$TAG" -exec rmdir {} + 2>/dev/null
	find /sys/fs/cgroup -depth -name "$TAG" -exec rmdir {} + 2>/dev/null
done
[ "$HUSK_USER" = root ] || done_testing

# With a namespace and a writable hierarchy it moves to a cgroup of its own making; then comes exec.
need_command busybox
make_bundle "$CASE_DIR/moves"
config '.linux.namespaces += [{type: "cgroup"}]'
add_mount /sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,rw
add_busybox
cat >"$ROOTFS/move" <<'END'
for procs in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
	dir=${procs%/cgroup.procs}
	[ -w "$procs" ] || continue
	mkdir "$dir/own"
	[ ! -e "$dir/cpuset.cpus" ] || { cat "$dir/cpuset.cpus" >"$dir/own/cpuset.cpus"
		cat "$dir/cpuset.mems" >"$dir/own/cpuset.mems"; }
	echo 1 >"$dir/own/cgroup.procs"
	echo 1 >"$dir/../cgroup.procs"
done 2>/dev/null
echo done >/done
exec sleep 1000
END
set_args /bin/sh /move
start_container "$ID"
wait_until 10 test -s "$ROOTFS/done"
like "$(cat "/proc/$(pid_of)/cgroup")" ":$CGROUP/own\$" "it has moved"
run husk exec --detach --pid-file "$CASE_DIR/pid" "$ID" /bin/sleep 1000
if [ "$STATUS" -ne 0 ]; then
	like "$(errors)" '^husk: .*cgroup' "exec is refused"
else
	where=$(cat "/proc/$(cat "$CASE_DIR/pid")/cgroup")
	is "$(printf '%s\n' "$where" | grep -c ":$CGROUP\(/own\)\?\$")" \
		"$(grep -c ":$CGROUP\(/own\)\?\$" "/proc/$(pid_of)/cgroup")" "exec is in the container's cgroups nevertheless"
fi
destroy
is "$(every_cgroup "/$ID")" "" "and delete removes what it has made"

done_testing
