# lib.sh - observe a bundle in each runtime, and compare.  Sourced by run.sh for each topic.
#
# bundle NAME FILTER [PREPARE]             create, state, start, delete; then run in the foreground
# scenario NAME FILTER FUNCTION [PREPARE]  whatever FUNCTION does, with the functions below
#
# FILTER is a jq filter over tests/data/bundle/config.json; the functions of $jq_prelude may be used in
# it, and $bundle, the directory.  PREPARE is a shell function that adds to $ROOTFS or $BUNDLE.
# A fact is a line; what is observed is a sorted list of them.

BUNDLE=$TOPIC_DIR/bundle
ROOTFS=$BUNDLE/rootfs
STATE=$TOPIC_DIR/state/root	# deep: crun takes ".." for an ID, and deletes it
ROWS=$WORK/rows.$TOPIC
OUT=$TOPIC_DIR/out
ERR=$TOPIC_DIR/err
STATUS=
runtimes="husk runc crun"	# "as-crun": husk called by that name, which is then compared with crun
HOLDER=			# pid of a process whose namespaces the bundle joins
_n=0

# What a program inside looks at, unless a bundle has its own arguments.
report='ids -- caps -- rlimits -- env -- cwd -- self -- sched -- signals -- keyring -- tty -- fds -- uts -- net'
report="$report -- mounts -- ls /dev -- stat /dev/null /dev/zero /dev/full /dev/tty /dev/random /dev/urandom"
report="$report -- lstat /dev/console /dev/fd /dev/stdin /dev/ptmx -- read /proc/self/cgroup"

jq_prelude='
def probe(words): .process.args = ["/probe"] + (words | split(" "));
def also(words): .process.args += ["--"] + (words | split(" "));
def mount(d; t; s; o): .mounts += [{destination: d, type: t, source: s, options: (o | split(","))}];
def bind(d; s; o): mount(d; "bind"; $bundle + "/" + s; o);
def without(t): .linux.namespaces |= map(select(.type != t));
def caps(list): .process.capabilities = {bounding: list, effective: list, permitted: list};
probe($report) | .linux.cgroupsPath = "/" + $id |
'

# ---- facts ---------------------------------------------------------------------------------------

fact()
{
	printf '%s\n' "$*" >>"$FACTS"
}

# The runtime that is observed.
rt()
{
	"$PROGRAM" --root "$STATE" "$@"
}

# Run anything; $OUT, $ERR and $STATUS say what happened.
run()
{
	STATUS=0
	# New files: a container in the background may still write to the old ones.
	rm -f "$OUT" "$ERR"
	"$@" >"$OUT" 2>"$ERR" <"$WORK/null" || STATUS=$?
}

# What engines make of an error's text (podman, moby, containerd and CRI-O search for these).
class_of()	# FILE
{
	tr 'A-Z' 'a-z' <"$1" | awk '
		/executable file not found in|no such file or directory|open executable/ { c["not-found"] }
		/permission denied|operation not permitted/ { c["not-permitted"] }
		/not a directory/ { c["not-a-directory"] }
		/does not exist/ { c["does-not-exist"] }
		/container not running|process already finished|no such process/ { c["not-running"] }
		/already exists/ { c["already-exists"] }
		END { for (i in c) print i }' | sort | paste -sd, | sed 's/^$/other/'
}

# note NAME COMMAND...: a command, its exit status and its output as facts
note()
{
	_name=$1
	shift
	run "$@"
	fact "$_name: exit $STATUS"
	[ "$STATUS" -eq 0 ] || fact "$_name: class $(class_of "$ERR")"
	sed "s|^|$_name: |" "$OUT" >>"$FACTS"
}

# The same with the text of an error: without what a logger puts around it, and what husk adds to runc's.
note_text()
{
	note "$@"
	sed -n '$ {
		s/^time=.* msg="\(.*\)"$/\1/
		s/\\"/"/g
		s/^[a-z-]*: //
		s/^\(runc [a-z]*\|exec\) failed: //
		s/: container "[^"]*" is [a-z]*$//
		s/: "[^"]*"$//
		s|^|'"$1"': says |p
	}' "$ERR" >>"$FACTS"
}

# The JSON of `state` on standard input: a line for each member.
state_facts()	# WHEN
{
	jq -r --arg when "$1" 'to_entries[] | "state \($when): \(.key) " + (
		if .key == "pid" then (if .value > 0 then "positive" else "0" end)
		elif .key == "created" then (.value
			| if test("^20[0-9-]{8}T[0-9:]{8}[.][0-9]+Z$") then "RFC 3339" else . end)
		else (.value | tojson) end)' >>"$FACTS"
}

pid_of()
{
	rt state "$ID" 2>/dev/null | jq -r .pid
}

# ---- from outside ----------------------------------------------------------------------------------

# What config.json can set, in either version; a v1 hierarchy is mounted at its controllers' name.
cgroup_files='cpu.shares cpu.cfs_quota_us cpu.cfs_period_us cpuset.cpus cpuset.mems memory.limit_in_bytes
	memory.soft_limit_in_bytes memory.memsw.limit_in_bytes memory.swappiness memory.oom_control
	pids.max blkio.weight blkio.throttle.read_bps_device blkio.throttle.write_iops_device devices.list
	freezer.state memory.max memory.low memory.high memory.swap.max cpu.max cpu.weight io.max'

cgroup_facts()	# PID
{
	_files=
	while IFS=: read -r _nr _list _path; do
		fact "cgroup: ${_list:-v2} $_path"
		case $_path in */"$ID"*) ;; *) continue ;; esac
		for _file in $cgroup_files; do
			_file=/sys/fs/cgroup/${_list#name=}$_path/$_file
			[ ! -r "$_file" ] || _files="$_files $_file"
		done
	done <"/proc/$1/cgroup"
	[ -z "$_files" ] || grep -H '' $_files 2>/dev/null |
		sed 's|^[^:]*/\([^/:]*\):|cgroup: \1 |' >>"$FACTS"
}

# Which namespaces are the host's (ours), those of $HOLDER, or new.
namespace_facts()	# PID
{
	for _of in self "${HOLDER:-self}" "$1"; do
		(cd "/proc/$_of/ns" && readlink cgroup ipc mnt net pid time user uts)
	done | awk -F: '
		NR <= 8 { host[$1] = $2; next }
		NR <= 16 { held[$1] = $2; next }
		{ print "namespace: " $1 " " ($2 == host[$1] ? "the host'"'"'s" : $2 == held[$1] ? "joined" : "new") }
		' >>"$FACTS"
}

outside_facts()	# PID
{
	namespace_facts "$1"
	fact "outside: oom_score_adj $(cat "/proc/$1/oom_score_adj")"
	cgroup_facts "$1"
}

# Until process @1 has ended.
wait_gone()
{
	_rounds=500
	while [ -d "/proc/$1" ] && [ "$_rounds" -gt 0 ]; do
		_rounds=$((_rounds - 1))
		sleep 0.01
	done
	[ "$_rounds" -gt 0 ] || fact "program: does not end"
}

wait_for()	# COMMAND...
{
	_rounds=250
	until "$@" >/dev/null 2>&1; do
		_rounds=$((_rounds - 1))
		[ "$_rounds" -gt 0 ] || return 1
		sleep 0.02
	done
}

# ---- a bundle --------------------------------------------------------------------------------------

wanted()
{
	[ -n "$PATTERNS" ] || return 0
	for _pattern in $PATTERNS; do
		case $TOPIC/$1 in *"$_pattern"*) return 0 ;; esac
	done
	return 1
}

make_bundle()	# FILTER PREPARE
{
	rm -rf "$BUNDLE"
	mkdir -p "${STATE%/*}" "$ROOTFS/proc" "$ROOTFS/sys" "$ROOTFS/dev" "$ROOTFS/tmp" "$ROOTFS/etc" "$ROOTFS/bin"
	cp "$PROBE" "$ROOTFS/probe"
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/var/user:/bin/sh\n' >"$ROOTFS/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\nmore:x:2000:user\n' >"$ROOTFS/etc/group"
	jq --arg bundle "$BUNDLE" --arg id "$ID" --arg report "$report" --arg holder "${HOLDER:-self}" \
		--arg path "$PATH" \
		"$jq_prelude $1" "$CONFIG" >"$BUNDLE/config.json"
	"$2"
}

# What a runtime leaves behind is a fact, and then swept up.
left_facts()
{
	rt delete --force "$ID" >/dev/null 2>&1
	find /sys/fs/cgroup -depth -type d -path "*/$ID*" ! -path '*/unified/*' 2>/dev/null | while read -r _dir; do
		fact "left: cgroup ${_dir#/sys/fs/cgroup/}"
		xargs -r kill -KILL <"$_dir/cgroup.procs"
		wait_for rmdir "$_dir"
	done 2>/dev/null
	find "$STATE" -mindepth 1 -maxdepth 1 ! -name '[.~]*' 2>/dev/null |
		sed 's|.*/|left: state |' >>"$FACTS"
	cut -d' ' -f5 /proc/self/mountinfo | grep "^$BUNDLE/rootfs" | sort -r | while read -r _dir; do
		fact "left: mount $_dir"
		umount -l "$_dir"
	done
	rm -rf "${STATE%/*}"
}

# Facts are compared sorted: the order of the variables is one of its own.
order_fact()
{
	_order=$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | paste -sd' ')
	[ -z "$_order" ] || fact "environment: $_order"
}

# From create to delete; what the program prints are facts.
life_cycle()
{
	run rt create --bundle "$BUNDLE" "$ID"
	fact "create: exit $STATUS"
	if [ "$STATUS" -ne 0 ]; then
		fact "create: class $(class_of "$ERR")"
		return
	fi
	mv "$OUT" "$TOPIC_DIR/program"
	mv "$ERR" "$TOPIC_DIR/program.err"
	rt state "$ID" >"$OUT"
	state_facts created <"$OUT"
	_pid=$(jq .pid "$OUT")
	outside_facts "$_pid"

	run rt start "$ID"
	fact "start: exit $STATUS"
	[ "$STATUS" -eq 0 ] || fact "start: class $(class_of "$ERR")"
	wait_gone "$_pid"
	sed 's/^/in: /' "$TOPIC_DIR/program" >>"$FACTS"
	order_fact <"$TOPIC_DIR/program"
	rt state "$ID" 2>/dev/null | state_facts stopped
	run rt delete "$ID"
	fact "delete: exit $STATUS"
}

observe_bundle()
{
	life_cycle
	left_facts
	run rt run --bundle "$BUNDLE" "$ID"
	fact "run: exit $STATUS"
	[ "$STATUS" -eq 0 ] || [ -s "$OUT" ] || fact "run: class $(class_of "$ERR")"
	left_facts
}

# Numbers that no two runs share; and a tmpfs's mode option, which "stat" tells better.
normalise()
{
	sed -e "s|$WORK/null|/dev/null|" -e 's/\(pipe\|socket\):\[[0-9]*\]/\1/' -e 's/^\(in: p*[gs]*id\) [0-9]\{3,\}$/\1 of the host/' \
		-e 's/^\(in: mount \/\(data\|filled\|options\).* tmpfs .*\),mode=[0-7]*/\1/' -e "s|$TOPIC_DIR|DIR|g" -e "s|$ID|ID|g" "$1" |
		LC_ALL=C sort >"$1.sorted"
}

compare()	# NAME
{
	_n=$((_n + 1))
	_log=$TOPIC_DIR/log
	for _rt in $runtimes; do
		[ -s "$_facts/$_rt.sorted" ] || echo "# $_rt: unlisted: nothing was observed"
	done >"$_log"
	for _peer in runc crun; do
		_ours=husk
		[ ! -f "$_facts/as-$_peer.sorted" ] || _ours=as-$_peer
		{ LC_ALL=C comm -23 "$_facts/$_ours.sorted" "$_facts/$_peer.sorted" | sed 's/^/+ /'
		  LC_ALL=C comm -13 "$_facts/$_ours.sorted" "$_facts/$_peer.sorted" | sed 's/^/- /'
		} >"$TOPIC_DIR/diff"
		# Where one fails and the other does not, there is nothing else to compare.
		if grep -q '^+ create: exit' "$TOPIC_DIR/diff"; then
			sed -i '/^. [a-z]*: \(exit\|class\|says\) /!d' "$TOPIC_DIR/diff"
		fi
		awk -f "$here/judge.awk" -v peer="$_peer" -v bundle="$TOPIC/$1" -v used="$WORK/used" \
			"$ROWS" "$TOPIC_DIR/diff" >"$TOPIC_DIR/judged" || echo "unlisted: no judgement" >"$TOPIC_DIR/judged"
		sed "s/^/# $_peer: /" "$TOPIC_DIR/judged" >>"$_log"
	done
	if grep -q '^# [a-z]*: unlisted' "$_log"; then
		echo "not ok $_n - $TOPIC/$1"
	else
		echo "ok $_n - $TOPIC/$1"
	fi
	[ -n "$V" ] || sed -i '/^# [a-z]*: listed/d' "$_log"
	cat "$_log"
}

observe()	# NAME FILTER FUNCTION PREPARE
{
	_facts=$WORK/facts/$TOPIC/$1
	mkdir -p "$_facts"
	for _rt in $runtimes; do
		case $_rt in
		husk)	PROGRAM=$HUSK_BIN ;;
		as-*)	PROGRAM=$WORK/${_rt#as-} ;;
		*)	PROGRAM=$(command -v "$_rt") ;;
		esac
		FACTS=$_facts/$_rt
		make_bundle "$2" "$4"
		"$3"
		left_facts
		normalise "$FACTS"
	done
	compare "$1"
}

bundle()
{
	! wanted "$1" || observe "$1" "${2:-.}" observe_bundle "${3:-:}"
}

scenario()
{
	! wanted "$1" || observe "$1" "$2" "$3" "${4:-:}"
}

# ---- for scenarios -----------------------------------------------------------------------------------

# A container that sleeps.
started()
{
	note create rt create --bundle "$BUNDLE" "$ID"
	note start rt start "$ID"
	_pid=$(pid_of)
}

awk -f "$here/rows.awk" "$here/differences" >"$ROWS"
