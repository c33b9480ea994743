# tests/engine.sh - run configurations that engines have written.  Sourced after lib.sh.
#
# A recorded config.json stays as it is but for what belongs to the machine it comes from: root.path,
# the sources of bind mounts, paths of namespaces and hooks, and the cgroup's name.  Each is run as
# recorded, and once more with the probe in place of its program, which compares what it sees with
# what the configuration says.

WRAP=		# words before husk: for a configuration of an engine that runs in a user namespace
HOLDER=
HOST_ID=0	# owner of the root filesystem

# The namespaces that a configuration wants to join, kept by a sleeping process: holder OPTION...
holder()
{
	unshare "$@" --fork --kill-child sleep 1000 </dev/null >/dev/null 2>&1 &
	_unshare=$!
	wait_until 5 grep -q . "/proc/$_unshare/task/$_unshare/children" ||
		fail "keep namespaces: unshare $*"
	HOLDER=$(tr -d ' ' <"/proc/$_unshare/task/$_unshare/children")
}

# Run husk where an engine without privilege runs it: root of a user namespace with many ids.
inside_user_namespace()
{
	HOST_ID=100000
	unshare --user --mount --net --ipc --uts --propagation private sleep 1000 \
		</dev/null >/dev/null 2>&1 &
	HOLDER=$!
	wait_until 5 sh -c "[ \"\$(readlink /proc/$HOLDER/ns/uts)\" != \"\$(readlink /proc/self/ns/uts)\" ]"
	echo "0 $HOST_ID 65536" >"/proc/$HOLDER/uid_map"
	echo "0 $HOST_ID 65536" >"/proc/$HOLDER/gid_map"
	WRAP="nsenter --target $HOLDER --user --mount --setuid 0 --setgid 0"
	mkdir -p "$STATE_DIR"
	chown "$HOST_ID:$HOST_ID" "$STATE_DIR"
}

let_holder_go()
{
	[ -z "$HOLDER" ] || kill -KILL "$HOLDER" 2>/dev/null
	HOLDER='' WRAP='' HOST_ID=0
}

engine_husk()
{
	$WRAP "$HUSK_BIN" --root "$STATE_DIR" "$@"
}

# What bind mounts need: files for what engines mount as files, directories for the rest.
make_sources()
{
	mkdir -p "$CASE_DIR/source"
	jq -r --argjson owner "$HOST_ID" '.mounts[] | select(.type == "bind")
		| .destination + " " + (if .uidMappings then 0 else $owner end | tostring)' \
		"$BUNDLE/config.json" |
	while read -r destination owner; do
		source=$CASE_DIR/source/$(printf '%s' "$destination" | tr / _)
		case $destination in
		/sbin/docker-init)
			printf '#!/bin/sh\nshift\nexec "$@"\n' >"$source"
			chmod 755 "$source" ;;
		/etc/*|*/.containerenv|/dev/termination-log)
			echo "from the engine" >"$source" ;;
		*)
			mkdir -p -m 1777 "$source"
			echo "from the engine" >"$source/f"
			chown "$owner:$owner" "$source" "$source/f" ;;
		esac
	done
}

# load FILE: a bundle from tests/data/engine/FILE.json
load()
{
	BUNDLE=$CASE_DIR/$1 ROOTFS=$CASE_DIR/$1/rootfs
	mkdir -p "$ROOTFS/bin" "$ROOTFS/etc" "$ROOTFS/tmp"
	cp "$HUSK_PROBE" "$ROOTFS/probe"
	add_busybox
	for _applet in httpd tr sleep; do ln -sf busybox "$ROOTFS/bin/$_applet"; done
	printf '#!/bin/sh\nexec sleep 1000\n' >"$ROOTFS/pause"
	printf '#!/bin/sh\ncat >>%s\necho >>%s\n' "$CASE_DIR/hooked" "$CASE_DIR/hooked" >"$CASE_DIR/hook"
	chmod 755 "$ROOTFS/pause" "$CASE_DIR/hook"
	cp "$HUSK_TESTS/data/engine/$1.json" "$BUNDLE/config.json"
	_mapped=$(jq -r '.linux.uidMappings[0].hostID // 0' "$BUNDLE/config.json")
	[ "$_mapped" -eq 0 ] || HOST_ID=$_mapped
	make_sources
	config '.root.path = $rootfs | .linux.cgroupsPath = "/" + $id
		| .mounts |= map(if .type == "bind"
			then .source = $sources + "/" + (.destination | gsub("/"; "_")) else . end)
		| .linux.namespaces |= map(if .path then .path = "/proc/" + $holder + "/ns/"
			+ ({network: "net", mount: "mnt"}[.type] // .type) else . end)
		| if .hooks then .hooks |= map_values(map(.path = $hook)) else . end' \
		--arg rootfs "$ROOTFS" --arg id "$ID" --arg sources "$CASE_DIR/source" \
		--arg holder "$HOLDER" --arg hook "$CASE_DIR/hook"
	[ -z "$WRAP" ] || config 'del(.linux.cgroupsPath)'
	# A machine without the controller, and an engine that may not raise limits.
	if jq -e .linux.resources.cpu.cpus "$BUNDLE/config.json" >/dev/null && [ -z "$(v1 cpuset)" ] &&
		! grep -qsw cpuset "$(v2)/cgroup.controllers"; then
		config 'del(.linux.resources.cpu.cpus, .linux.resources.cpu.mems)'
		skip "$1: cpu.cpus" "no cpuset controller"
	fi
	{ [ -z "$WRAP" ] && have_cap 24; } || config '.process.oomScoreAdj |= (if . and . < 0 then 0 else . end)
		| if .process.rlimits then .process.rlimits |= map(.hard = ([.hard, $max[.type] // .hard]
			| min) | .soft = ([.soft, .hard] | min)) else . end' \
		--argjson max "{\"RLIMIT_NOFILE\": $(ulimit -Hn), \"RLIMIT_NPROC\": $(max_processes)}"
	chown -R "$HOST_ID:$HOST_ID" "$ROOTFS"
}

max_processes()
{
	awk '/^Max processes/ { print $4 == "unlimited" ? 4194304 : $4 }' /proc/self/limits
}

# ---- what the probe must see ---------------------------------------------------------------------

mask_of()	# SET: of .process.capabilities, as the kernel prints it
{
	jq -r --arg set "$1" --argjson numbers "$cap_numbers" '
		def hex: [range(15; -1; -1) as $i | (. / pow(16; $i) | floor) % 16]
			| map("0123456789abcdef"[.:. + 1]) | add;
		[.process.capabilities[$set] // [] | .[] | pow(2; $numbers[.])] | add // 0 | hex' \
		"$BUNDLE/config.json"
}

cap_numbers='{"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2, "CAP_FOWNER": 3,
	"CAP_FSETID": 4, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SETPCAP": 8,
	"CAP_LINUX_IMMUTABLE": 9, "CAP_NET_BIND_SERVICE": 10, "CAP_NET_BROADCAST": 11,
	"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_IPC_LOCK": 14, "CAP_IPC_OWNER": 15,
	"CAP_SYS_MODULE": 16, "CAP_SYS_RAWIO": 17, "CAP_SYS_CHROOT": 18, "CAP_SYS_PTRACE": 19,
	"CAP_SYS_PACCT": 20, "CAP_SYS_ADMIN": 21, "CAP_SYS_BOOT": 22, "CAP_SYS_NICE": 23,
	"CAP_SYS_RESOURCE": 24, "CAP_SYS_TIME": 25, "CAP_SYS_TTY_CONFIG": 26, "CAP_MKNOD": 27,
	"CAP_LEASE": 28, "CAP_AUDIT_WRITE": 29, "CAP_AUDIT_CONTROL": 30, "CAP_SETFCAP": 31}'

# Everything of the configuration that a program can see of itself.
check_view()	# FILE
{
	config '.process.args = ["/probe", "ids", "--", "caps", "--", "cwd", "--", "sched", "--",
		"rlimits", "--", "uts", "--", "mounts", "--", "echo", "environment", "--", "env"]
		| .process.terminal = false | .hooks = {}'
	run engine_husk run --bundle "$BUNDLE" "$ID"
	exits 0 "$1: the probe runs"
	[ "$STATUS" -eq 0 ] || return 0
	_uid=$(jq -r '.process.user.uid' "$BUNDLE/config.json")
	has uid "$_uid $_uid $_uid" "$1: user"
	for _set in bounding effective permitted; do
		# The effective set of a user other than root is what execve leaves of it.
		[ "$_uid" -eq 0 ] || [ "$_set" = bounding ] || continue
		has "$_set" "$(mask_of "$_set")" "$1: $_set capabilities"
	done
	has cwd "$(jq -r .process.cwd "$BUNDLE/config.json")" "$1: working directory"
	has no_new_privs "$(jq 'if .process.noNewPrivileges then 1 else 0 end' "$BUNDLE/config.json")" \
		"$1: no_new_privs"
	has seccomp "$(jq 'if .linux.seccomp then 2 else 0 end' "$BUNDLE/config.json")" "$1: seccomp"
	jq -r '.process.rlimits // [] | .[] | .type + " " + (.soft | tostring) + " " + (.hard | tostring)' \
		"$BUNDLE/config.json" >"$CASE_DIR/wanted"
	is "$(grep -Fxf "$CASE_DIR/wanted" "$OUT" | sort)" "$(sort "$CASE_DIR/wanted")" "$1: rlimits"
	jq -r '.mounts[].destination' "$BUNDLE/config.json" | sort -u >"$CASE_DIR/wanted"
	awk '$1 == "mount" { print $2 }' "$OUT" | sort -u >"$CASE_DIR/seen"
	is "$(comm -23 "$CASE_DIR/wanted" "$CASE_DIR/seen")" "" "$1: every mount is there"
	jq -r '.process.env // [] | .[]' "$BUNDLE/config.json" | sort -u >"$CASE_DIR/wanted"
	sed '1,/^environment$/d' "$OUT" | sort -u >"$CASE_DIR/seen"
	is "$(comm -23 "$CASE_DIR/wanted" "$CASE_DIR/seen")" "" "$1: environment"
	_hostname=$(jq -r '.hostname // empty' "$BUNDLE/config.json")
	if [ -n "$_hostname" ] && [ "$(jq '[.linux.namespaces[] | select(.type == "uts" and .path)] | length' \
		"$BUNDLE/config.json")" -eq 0 ]; then
		has hostname "$_hostname" "$1: host name"
	fi
}

# once FILE OUTPUT: a configuration whose program ends by itself
once()
{
	load "$1"
	: >"$CASE_DIR/hooked"
	run engine_husk run --bundle "$BUNDLE" "$ID"
	exits 0 "$1"
	is "$(output | tr -s ' ')" "$2" "$1: what it prints"
	is "$(jq -s length "$CASE_DIR/hooked")" "$(jq '[.hooks // {} | .[] | length] | add // 0' \
		"$BUNDLE/config.json")" "$1: its hooks have run"
	check_view "$1"
}

# on_terminal FILE TYPED WANTED: one with a terminal, run in the foreground of one
on_terminal()
{
	load "$1"
	need_command script
	printf '%s\n' "$2" | script -qec "'$HUSK_BIN' --root '$STATE_DIR' run --bundle '$BUNDLE' '$ID'" \
		/dev/null >"$OUT" 2>"$ERR"
	is "$?" 0 "$1"
	like "$(tr -d '\r' <"$OUT")" "$3" "$1: what it prints"
	check_view "$1"
}

# lasting FILE: one whose program goes on; it is looked at, asked for its processes, and killed
lasting()
{
	load "$1"
	run engine_husk create --bundle "$BUNDLE" --pid-file "$CASE_DIR/pid" "$ID"
	exits 0 "$1: create"
	run engine_husk start "$ID"
	exits 0 "$1: start"
	run engine_husk exec "$ID" /probe echo inside
	is "$(output)" inside "$1: exec"
	if [ -z "$WRAP" ]; then
		run engine_husk ps --format json "$ID"
		ok "$1: ps" jq -e --argjson pid "$(cat "$CASE_DIR/pid")" 'index($pid)' "$OUT"
	fi
	run engine_husk kill "$ID" 9
	exits 0 "$1: kill"
	run engine_husk delete --force "$ID"
	exits 0 "$1: delete"
	check_view "$1"
}
