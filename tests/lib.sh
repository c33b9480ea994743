# tests/lib.sh - what an integration case may use.  Sourced: . "$HUSK_TESTS/lib.sh"
#
# tests/run-integration.sh gives every case:
#   HUSK_BIN    the husk to test            HUSK_TESTS  this directory
#   HUSK_PROBE  the static probe            HUSK_USER   root, or user (no privilege at all)
#   HUSK_FDRECV tests/helpers/fdrecv.c      HUSK_FAKECRIU  tests/helpers/fakecriu.c
#   HUSK_SOURCE, HUSK_BUILD    where both were made
#   CASE_DIR    an empty directory          TAG         unique word: every container ID and every
#                                                       cgroup of the case must contain it
# and compares mounts, cgroups, processes and state directories before and after.
#
# A check prints one TAP line, and when it fails what it got and what it wanted.  A case ends
# with `done_testing`; `skip_all REASON` ends it early.

BUNDLE=$CASE_DIR/bundle
ROOTFS=$BUNDLE/rootfs
STATE_DIR=$CASE_DIR/state
ID=$TAG
OUT=$CASE_DIR/out		# standard output, error and status of the last run()
ERR=$CASE_DIR/err
STATUS=
_n=0
_bad=0

# ---- running ---------------------------------------------------------------------------------

# husk with the case's own state directory; HUSK_MANAGER: with that cgroup manager.  Who calls
# "$HUSK_BIN" itself adds $MANAGER.
MANAGER=${HUSK_MANAGER:+--cgroup-manager=$HUSK_MANAGER}
husk()
{
	"$HUSK_BIN" --root "$STATE_DIR" $MANAGER "$@"
}

# Run anything; afterwards $OUT, $ERR and $STATUS say what happened.  Never fails.
run()
{
	STATUS=0
	# New files: a container in the background may still write to the old ones.
	rm -f "$OUT" "$ERR"
	"$@" >"$OUT" 2>"$ERR" </dev/null || STATUS=$?
}

# run_husk [GLOBAL OPTION]... COMMAND [ARG]...
run_husk()
{
	run husk "$@"
}

# `husk run` of the bundle: run_container [OPTION OF RUN]...
run_container()
{
	run husk run --bundle "$BUNDLE" "$@" "$ID"
}

# Set the program to a probe command and run it: probe mounts /proc
probe()
{
	set_args /probe "$@"
	run_container
}

# Create, or create and start, a container in the background: its descriptors 0, 1 and 2 must not
# keep a command substitution waiting.  $1 is the ID.
create_container()
{
	_id=$1
	shift
	run husk create --bundle "$BUNDLE" "$@" "$_id"
}

start_container()
{
	create_container "$@"
	[ "$STATUS" -ne 0 ] || run husk start "$_id"
}

# Delete what a case has created: destroy [ID]
destroy()
{
	husk delete --force "${1:-$ID}" >/dev/null 2>&1 || true
}

# Poll until a command succeeds: wait_until SECONDS COMMAND...
wait_until()
{
	_rounds=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		_rounds=$((_rounds - 1))
		[ "$_rounds" -gt 0 ] || return 1
		sleep 0.05
	done
}

# reaped PID: there is no such process any more; whoever adopts it may take a moment
reaped()
{
	! kill -0 "$1"
}

# fdrecv FILE stream|dgram SOCKET [ARG]...: helpers/fdrecv.c in the background, as $RECEIVER; it
# listens, and what it has to say comes into FILE.
fdrecv()
{
	_said=$1
	shift
	# Not the "ready" of one before.
	rm -f "$_said" "$2"
	"$HUSK_FDRECV" "$@" >"$_said" 2>&1 </dev/null &
	RECEIVER=$!
	wait_until 20 grep -q ready "$_said"
}

not()	# COMMAND...: for wait_until
{
	! "$@"
}

status_of()	# [ID]: created, running, ...; empty when there is no such container
{
	husk state "${1:-$ID}" 2>/dev/null | jq -r .status 2>/dev/null
}

has_status()	# STATUS [ID]
{
	[ "$(status_of "${2:-$ID}")" = "$1" ]
}

pid_of()	# [ID]: host pid of the container's init
{
	husk state "${1:-$ID}" | jq -r .pid
}

# ---- bundles -----------------------------------------------------------------------------------

# make_bundle [DIR]: a root filesystem with nothing but /probe, and tests/data/bundle/config.json.
# BUNDLE and ROOTFS name it afterwards.
make_bundle()
{
	BUNDLE=${1:-$CASE_DIR/bundle}
	ROOTFS=$BUNDLE/rootfs
	mkdir -p "$ROOTFS/proc" "$ROOTFS/sys" "$ROOTFS/dev" "$ROOTFS/tmp" "$ROOTFS/etc" "$ROOTFS/bin"
	cp "$HUSK_PROBE" "$ROOTFS/probe"
	cp "$HUSK_TESTS/data/bundle/config.json" "$BUNDLE/config.json"
	if [ "$HUSK_USER" = user ] && [ -n "${SUBIDS:-}" ]; then
		: # husk makes the namespace, with what /etc/subuid gives
	elif [ "$HUSK_USER" = user ]; then
		config '.linux.namespaces += [{"type": "user"}] |
			.linux.uidMappings = [{"containerID": 0, "hostID": ($uid | tonumber), "size": 1}] |
			.linux.gidMappings = [{"containerID": 0, "hostID": ($gid | tonumber), "size": 1}] |
			.mounts |= map(if .destination == "/dev/pts"
				then .options -= ["gid=5"] else . end)' \
			--arg uid "$(id -u)" --arg gid "$(id -g)"
	fi
	set_cgroup "$ID"
}

# Put busybox and its applets into the root filesystem.
add_busybox()
{
	_busybox=$(command -v busybox) || skip_all "busybox is not installed"
	cp "$_busybox" "$ROOTFS/bin/busybox"
	for _applet in sh cat echo ls mkdir mount sleep stat touch true umount id env grep rm ln ps; do
		ln -sf busybox "$ROOTFS/bin/$_applet"
	done
}

# config FILTER [JQ OPTION]...: edit config.json with jq.
config()
{
	_filter=$1
	shift
	jq "$_filter" "$BUNDLE/config.json" "$@" >"$BUNDLE/config.json.new" &&
		mv "$BUNDLE/config.json.new" "$BUNDLE/config.json" ||
		fail "edit config.json with $_filter"
}

# A JSON array of strings.  Not jq's --args: that swallows a "--".
json_array()
{
	{ printf '%s\0' "$@"; printf end; } | jq -cRs 'split("\u0000")[:-1]'
}

# set_args PROGRAM [ARG]...: as config and json_array, with one jq instead of two.
set_args()
{
	{ printf '%s\0' "$@"; printf end; } |
		jq -Rs --slurpfile config "$BUNDLE/config.json" 'split("\u0000")[:-1] as $args |
			$config[0] | .process.args = $args' >"$BUNDLE/config.json.new" &&
		mv "$BUNDLE/config.json.new" "$BUNDLE/config.json" || fail "edit config.json: $*"
}

# add_mount DESTINATION TYPE SOURCE OPTION,OPTION
add_mount()
{
	config '.mounts += [{destination: $d, type: $t, source: $s, options: ($o | split(","))}]' \
		--arg d "$1" --arg t "$2" --arg s "$3" --arg o "${4:-}"
}

# set_cgroup NAME: the container's cgroup is that of cgroup_of NAME.  A user without systemd chooses
# none.
set_cgroup()
{
	case ${HUSK_MANAGER:-}:$HUSK_USER in
	systemd:*) config '.linux.cgroupsPath = $path' --arg path ":husk:$1" ;;
	*:root) config '.linux.cgroupsPath = $path' --arg path "/$1" ;;
	esac
}

# set_terminal: process.terminal with the terminal's own devpts.
set_terminal()
{
	config '.process.terminal = true'
}

# no_seccomp, no_namespace TYPE, host_namespace TYPE
no_namespace()
{
	config '.linux.namespaces |= map(select(.type != $t))' --arg t "$1"
}

# ---- what the probe said -------------------------------------------------------------------------

# value KEY: the rest of the first line of $OUT that starts with KEY.
value()
{
	awk -v key="$1 " 'index($0, key) == 1 { print substr($0, length(key) + 1); exit }' "$OUT"
}

# line N: the Nth line of $OUT; output: all of it; errors: all of $ERR.
line()
{
	sed -n "$1p" "$OUT"
}

output()
{
	cat "$OUT"
}

errors()
{
	cat "$ERR"
}

# ---- checkpoint and restore --------------------------------------------------------------------

# fake_criu [ORDER]...: put helpers/fakecriu.c, with these orders, in the first directory that husk
# looks for criu in.  $CRIU/criu.got is what it was asked.  no_criu: take it away again.
CRIU=/usr/local/sbin

fake_criu()
{
	[ -e "$CRIU/criu.do" ] || mount -t tmpfs -o mode=755 tmpfs "$CRIU" || skip_all "cannot mount"
	cp "$HUSK_FAKECRIU" "$CRIU/criu"
	printf '%s\n' "$@" >"$CRIU/criu.do"
	: >"$CRIU/criu.got"
}

no_criu()
{
	umount "$CRIU"
}

asked()	# LINE NAME: was criu asked for exactly that?
{
	if grep -qxF -- "$1" "$CRIU/criu.got"; then
		pass "$2"
	else
		fail "$2" "$(cat "$CRIU/criu.got")" "$1"
	fi
}

not_asked()	# LINE-PREFIX NAME
{
	unlike "$(cat "$CRIU/criu.got")" "^$1" "$2"
}

# ---- checks --------------------------------------------------------------------------------------

pass()
{
	_n=$((_n + 1))
	printf 'ok %d - %s\n' "$_n" "$1"
}

# fail NAME [GOT [WANTED]]
fail()
{
	_n=$((_n + 1))
	_bad=$((_bad + 1))
	printf 'not ok %d - %s\n' "$_n" "$1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/#      got: /'
	[ $# -lt 3 ] || printf '%s\n' "$3" | sed 's/^/#   wanted: /'
	[ ! -s "$ERR" ] || sed 's/^/#   stderr: /' "$ERR"
}

# is GOT WANTED NAME
is()
{
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "$1" "$2"; fi
}

isnt()
{
	if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "$1" "anything else"; fi
}

# like GOT EXTENDED-REGEX NAME; any line may match
like()
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then pass "$3"; else fail "$3" "$1" "/$2/"; fi
}

unlike()
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then fail "$3" "$1" "not /$2/"; else pass "$3"; fi
}

# ok NAME COMMAND...: the command succeeds
ok()
{
	_name=$1
	shift
	if "$@" >/dev/null 2>&1; then pass "$_name"; else fail "$_name" "$* failed"; fi
}

not_ok()
{
	_name=$1
	shift
	if "$@" >/dev/null 2>&1; then fail "$_name" "$* succeeded"; else pass "$_name"; fi
}

# exits STATUS NAME: the last run() ended with it
exits()
{
	is "$STATUS" "$1" "$2"
}

# has KEY VALUE NAME: the probe's line for KEY
has()
{
	is "$(value "$1")" "$2" "$3"
}

# fails_with REGEX NAME: the last run() failed and said so
fails_with()
{
	if [ "$STATUS" -eq 0 ]; then
		fail "$2" "exit status 0" "failure with /$1/"
	else
		like "$(errors)" "$1" "$2"
	fi
}

# skip NAME REASON: one check that this machine cannot do
skip()
{
	_n=$((_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$_n" "$1" "$2"
}

# skip_all REASON: nothing (more) of this case can be done here
skip_all()
{
	printf '# SKIP %s\n' "$1"
	exit 77
}

done_testing()
{
	printf '1..%d\n' "$_n"
	[ "$_bad" -eq 0 ]
	exit
}

# ---- what this machine can do ----------------------------------------------------------------

need_command()
{
	command -v "$1" >/dev/null 2>&1 || skip_all "$1 is not installed"
}

# v1 CONTROLLER: where its hierarchy is mounted, or nothing
v1()
{
	awk -v c="$1" '$3 == "cgroup" && ("," $4 ",") ~ ("," c "(,|$)") { print $2; exit }' \
		/proc/self/mounts
}

v2()
{
	awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts
}

# cgroup_of [NAME]: path of a container's cgroup below where the hierarchies are mounted.  Of a user,
# cgroupfs has it beside the caller's own, or nowhere.
cgroup_of()
{
	_uid=$(id -u)
	case ${HUSK_MANAGER:-}:$HUSK_USER in
	systemd:root) echo "/system.slice/husk-${1:-$ID}.scope" ;;
	systemd:*) echo "/user.slice/user-$_uid.slice/user@$_uid.service/user.slice/husk-${1:-$ID}.scope" ;;
	*:root) echo "/${1:-$ID}" ;;
	*) echo "$(awk -F: '$1 == 0 { sub("/[^/]*$", "", $3); print $3; exit }' /proc/self/cgroup)/${1:-$ID}" ;;
	esac
}
CGROUP=$(cgroup_of)

# only_cgroupfs REASON: not in a round with systemd
only_cgroupfs()
{
	[ "${HUSK_MANAGER:-cgroupfs}" = cgroupfs ] || skip_all "not with HUSK_MANAGER=$HUSK_MANAGER: $1"
}

# Will a container have a cgroup that can be frozen?  A user's only where one is delegated.
can_pause()
{
	case ${HUSK_MANAGER:-}:$HUSK_USER in
	*:root) [ -n "$(v1 freezer)$(v2)" ] ;;
	systemd:*) [ -n "$(v2)" ] ;;
	*) [ -n "$(v2)" ] && [ -w "$(v2)${CGROUP%/*}/cgroup.procs" ] ;;
	esac
}

need_v1()
{
	[ -n "$(v1 "$1")" ] || skip_all "no cgroup v1 hierarchy with $1"
}

# Capability NUMBER in the bounding set of this process?
have_cap()
{
	_set=$(awk '/^CapBnd/ { print $2 }' /proc/self/status)
	[ $((0x$_set >> $1 & 1)) -eq 1 ]
}
