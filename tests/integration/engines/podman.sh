# engines/podman - podman with husk as its runtime, as root and rootless: an image made here is run,
# entered, limited, mapped, stopped and removed.
# runs as: root user
# timeout: 600
. "$HUSK_TESTS/lib.sh"

command -v podman >/dev/null || skip_all "podman is not installed (tests/deps.sh engines)"
need_command conmon
need_command busybox
manager=cgroupfs where="$CASE_DIR/p"
if [ "$HUSK_USER" = user ]; then
	grep -q "^$(id -un 2>/dev/null):" /etc/subuid 2>/dev/null ||
		skip_all "this user has no range of ids in /etc/subuid"
	[ -S "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/systemd/private" ] ||
		skip_all "this user has no systemd of his own"
	manager=systemd
elif [ -d /run/systemd/system ] && [ "${HUSK_MANAGER:-}" = systemd ]; then
	manager=systemd
fi

# Nothing of podman's lies outside the case's directory: neither images nor locks in /dev/shm.  The
# limits of files and processes are this machine's, which may forbid podman's.
mkdir -p "$where"
cat >"$where/containers.conf" <<-END
	[containers]
	default_ulimits = ["nofile=512:512", "nproc=1024:1024"]
	log_driver = "k8s-file"
	[engine]
	runtime = "husk"
	runtime_supports_json = ["husk"]
	cgroup_manager = "$manager"
	lock_type = "file"
	[engine.runtimes]
	husk = ["$HUSK_BIN"]
END
CONTAINERS_CONF=$where/containers.conf
export CONTAINERS_CONF

# By options, as only those reach the podman that conmon starts when a container has ended.
podman()
{
	command podman --root "$where/root" --runroot "$where/run" --tmpdir "$where/tmp" \
		--volumepath "$where/volumes" --storage-driver vfs --events-backend file "$@"
}

# podman_run [OPTION]... COMMAND...: in a container that goes with its end
podman_run()
{
	run podman run --rm --network none "$@"
}

# ---- an image ----

make_bundle
add_busybox
echo "root:x:0:0::/:/bin/sh" >"$ROOTFS/etc/passwd"
tar -C "$ROOTFS" -c . >"$CASE_DIR/image.tar"
run podman import "$CASE_DIR/image.tar" husk-test
[ "$STATUS" -eq 0 ] || skip_all "podman cannot import an image here: $(tail -n 1 "$ERR")"

podman_run husk-test id -u
exits 0 "podman run"
is "$(output)" 0 "its output"
is "$(errors)" "" "without a word"
is "$(podman info --format '{{.Host.OCIRuntime.Name}}')" husk "husk is the runtime"
podman_run husk-test sh -c 'exit 7'
exits 7 "the program's exit status is podman's"
podman_run husk-test /nowhere
exits 127 "a program that is not there: 127, as podman reads it from the message"
podman_run husk-test /etc
exits 126 "one that cannot be run: 126"
podman_run --env A=b --hostname guest --workdir /tmp --user 1:2 --read-only --tmpfs /run \
	--cap-drop all husk-test sh -c 'echo $A $(cat /proc/sys/kernel/hostname) $PWD $(id -u) $(id -g);
	echo x >/file; grep CapEff /proc/self/status; grep Seccomp: /proc/self/status'
like "$(output | tr '\n' ' ')" '^b guest /tmp 1 2 CapEff:.0000000000000000 Seccomp:.2 $' \
	"environment, names, user, capabilities, seccomp filter"
like "$(errors)" "Read-only file system" "--read-only"
run eval 'echo text | podman run --rm -i --network none husk-test cat'
is "$(output)" text "its standard input"
podman_run -t husk-test sh -c 'test -t 0 && test -t 1 && echo terminal'
is "$(output | tr -d '\r')" terminal "-t: a terminal, by podman's console socket"

# ---- one that stays ----

run podman run -d --name "$ID" --network none --memory 64m --pids-limit 20 husk-test \
	sh -c 'echo out; echo err >&2; trap "exit 3" TERM; while :; do sleep 0.1; done'
exits 0 "run -d with limits"
is "$(podman inspect "$ID" --format '{{.State.Status}}')" running "it runs"
run podman exec "$ID" sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max 2>/dev/null ||
	cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max'
is "$(output | tr '\n' ' ')" "67108864 20 " "memory and pids are limited"
if [ "$manager" = systemd ]; then
	user=
	[ "$HUSK_USER" = root ] || user=--user
	is "$(systemctl $user show -P MemoryMax -P TasksMax \
		"libpod-$(podman inspect "$ID" --format '{{.Id}}').scope" | tr '\n' ' ')" "67108864 20 " \
		"by systemd, in podman's scope"
fi
run podman exec "$ID" sh -c 'exit 5'
exits 5 "exec: its exit status"
run podman exec "$ID" /nowhere
exits 127 "exec of what is not there"
run podman exec -t -e B=c --user 3 "$ID" sh -c 'test -t 1 && echo $B $(id -u)'
is "$(output | tr -d '\r')" "c 3" "exec -t --user"
is "$(podman logs "$ID" 2>/dev/null) $(podman logs "$ID" 2>&1 >/dev/null)" "out err" "logs"
like "$(podman top "$ID" pid comm)" '^1 +sh$' "top"
run podman pause "$ID"
exits 0 "pause"
is "$(podman inspect "$ID" --format '{{.State.Status}}')" paused "its status"
run podman unpause "$ID"
exits 0 "unpause"
if podman stats --no-stream "$ID" >/dev/null 2>&1; then
	like "$(podman stats --no-stream --no-reset --format '{{.MemUsage}} {{.PIDs}}' "$ID")" \
		'/ 67.11MB [0-9]+$' "stats"
else
	skip "stats" "podman reads cgroups itself, and cannot here"
fi
run podman stop -t 10 "$ID"
exits 0 "stop"
is "$(podman inspect "$ID" --format '{{.State.Status}} {{.State.ExitCode}}')" "exited 3" \
	"it ended by itself, at SIGTERM"
run podman start "$ID"
exits 0 "start again"
run podman kill -s KILL "$ID"
is "$(podman wait "$ID")" 137 "kill"
run podman rm -f "$ID"
exits 0 "rm"

podman_run --memory 16m --memory-swap 16m husk-test /probe alloc 64
exits 137 "more memory than the limit: killed"
podman_run --pids-limit 3 husk-test /probe forks 10
like "$(output)" EAGAIN "more processes than the limit are refused"

# ---- volumes and ids ----

mkdir "$CASE_DIR/shared"
echo host >"$CASE_DIR/shared/from-host"
podman_run -v "$CASE_DIR/shared:/data" husk-test sh -c 'cat /data/from-host; echo in >/data/inside'
is "$(output)" host "a volume shows the host's files"
is "$(cat "$CASE_DIR/shared/inside") $(stat -c %u "$CASE_DIR/shared/inside")" "in $(id -u)" \
	"and takes the container's, which are the caller's own"
podman_run -v "$CASE_DIR/shared:/data:ro" husk-test sh -c 'echo x >/data/no'
like "$(errors)" "Read-only file system" "unless it is read-only"
run podman volume create "$ID"
podman_run -v "$ID:/data" husk-test sh -c 'echo kept >/data/file'
podman_run -v "$ID:/data" husk-test cat /data/file
is "$(output)" kept "a named volume"
if [ "$HUSK_USER" = user ]; then
	podman_run --userns=keep-id -v "$CASE_DIR/shared:/data" husk-test \
		sh -c 'id -u; echo x >/data/mine; stat -c %u /data/mine'
	is "$(output | tr '\n' ' ')" "$(id -u) $(id -u) " "--userns=keep-id: the caller's id inside"
	is "$(stat -c %u "$CASE_DIR/shared/mine")" "$(id -u)" "and outside"
	if command -v slirp4netns >/dev/null && [ -w /dev/net/tun ]; then
		run podman run --rm --network slirp4netns husk-test /probe net
		like "$(output)" 'tap0' "--network slirp4netns"
	else
		skip "--network slirp4netns" "no slirp4netns, or /dev/net/tun is not for users"
	fi
else
	podman_run --uidmap 0:300000:1000 --gidmap 0:400000:1000 husk-test \
		cat /proc/self/uid_map /proc/self/gid_map
	is "$(output | tr -s ' \n' ' ')" " 0 300000 1000 0 400000 1000 " "--uidmap, --gidmap"
fi
podman_run --network host husk-test readlink /proc/self/ns/net
podman_run --privileged husk-test sh -c 'grep Seccomp: /proc/self/status'
like "$(output)" 'Seccomp:.0$' "--privileged"

# ---- the end ----

is "$(podman ps -aq)" "" "no container is left"
run podman rmi -f husk-test
run podman volume rm "$ID"
if [ "$HUSK_USER" = user ]; then
	# The process that keeps the user namespace between two calls.
	run podman system migrate
	exits 0 "podman goes"
	# Other ids than the caller's own are to be removed where they mean something.
	run podman unshare rm -rf "$where/root" "$where/volumes"
	run podman system migrate
elif [ "$manager" = cgroupfs ]; then
	# podman leaves it; with containers of somebody else's in it, it stays.
	find /sys/fs/cgroup/ -depth -maxdepth 3 -type d -path '*/libpod_parent*' -exec rmdir {} + 2>/dev/null
fi
done_testing
