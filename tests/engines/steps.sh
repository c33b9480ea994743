# tests/engines/steps.sh RUNTIME - what the step sets share.  Sourced inside the sandbox: . /tests/steps.sh
#
# A set says what ENGINE it drives (name/version), starts it, and then says its steps, each a function that
# runs in a subshell and a scratch directory ($WORK).  A step's line is
#
#	ok - ENGINE/RUNTIME: NAME		not ok - ...		skip - ... # SKIP REASON
#
# with what it said behind `not ok`.  ONLY=REGEX runs only the steps whose names match.
RUNTIME=${1:-husk}
RUNTIME_PATH=/husk/$RUNTIME
: "${ONLY:=}" "${STEP_TIMEOUT:=120}"
WORK=$(mktemp -d)
chmod 755 "$WORK"
cd "$WORK" || exit 1
ENGINE=

# step NAME FUNCTION [ARG]...
step()
{
	_name=$1
	shift
	[ -z "$ONLY" ] || printf '%s\n' "$_name" | grep -qE "$ONLY" || return 0
	( "$@" ) >"$WORK/said" 2>&1 </dev/null &
	_step=$!
	# What hangs costs its own step, not the set.
	( _ended= && trap '_ended=yes' TERM
		sleep "$STEP_TIMEOUT" & _sleep=$!
		# A child that is not a sleep yet would take another signal for the shell's.
		trap 'kill -KILL $_sleep; exit' TERM
		[ -z "$_ended" ] || { kill -KILL $_sleep; exit; }
		wait $_sleep
		echo "not ended after $STEP_TIMEOUT s" >>"$WORK/said"; kill -KILL $_step ) 2>/dev/null &
	_watch=$!
	wait $_step
	_status=$?
	{ kill $_watch && wait $_watch; } 2>/dev/null
	case $_status in
	0)	echo "ok - $ENGINE/$RUNTIME: $_name" ;;
	77)	echo "skip - $ENGINE/$RUNTIME: $_name # SKIP $(tail -n 1 "$WORK/said")" ;;
	*)	echo "not ok - $ENGINE/$RUNTIME: $_name"
		tail -n 12 "$WORK/said" | cut -c1-600 | sed 's/^/#   /' ;;
	esac
}

# ---- words that end a step -----------------------------------------------------------------------

stop_here() { echo "$*"; exit 1; }
not_here() { echo "$*"; exit 77; }

# The step cannot pass because of the engine itself: it fails, and the others' failures beside it prove it.
engines_own() { echo "not the runtime's: $*"; exit 1; }

# same GOT WANTED [NAME], like GOT REGEX [NAME], fails REGEX COMMAND...: it must, with such a message
same() { [ "$1" = "$2" ] || stop_here "${3:-}: got \"$1\", wanted \"$2\""; }
like() { printf '%s\n' "$1" | grep -qE -- "$2" || stop_here "${3:-}: got \"$1\", wanted /$2/"; }
fails()
{
	_regex=$1
	shift
	_said=$("$@" 2>&1) && stop_here "$* succeeds"
	like "$_said" "$_regex" "$*"
}

# exits STATUS COMMAND...
exits()
{
	_wanted=$1 _got=0
	shift
	"$@" >exits.out 2>&1 || _got=$?
	[ "$_got" -eq "$_wanted" ] || stop_here "$*: exit status $_got, wanted $_wanted: $(tail -n 3 exits.out)"
}

until_true()	# SECONDS COMMAND...
{
	_rounds=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		_rounds=$((_rounds - 1))
		[ "$_rounds" -gt 0 ] || return 1
		sleep 0.1
	done
}

# soon WANTED COMMAND...: within some seconds it prints that
soon()
{
	_wanted=$1 _rounds=100
	shift
	while _got=$("$@" 2>&1); [ "$_got" != "$_wanted" ]; do
		_rounds=$((_rounds - 1))
		[ "$_rounds" -gt 0 ] || stop_here "$*: got \"$_got\", wanted \"$_wanted\""
		sleep 0.1
	done
}

# options [OPTION]... -- REST...: the former in $_options; `shift $_shift` leaves the latter
options()
{
	_options= _shift=1
	for _word; do
		[ "$_word" != -- ] || return 0
		_options="$_options $_word"
		_shift=$((_shift + 1))
	done
	stop_here "no -- behind $_options"
}

# in_a_row N COMMAND..., at_once N COMMAND...: with 1, 2, ... N behind it, which is what it says
in_a_row()
{
	_many=$1
	shift
	for _i in $(seq "$_many"); do
		same "$("$@" "$_i")" "$_i"
	done
}
at_once()
{
	_many=$1 _jobs=
	shift
	rm -f many.*
	for _i in $(seq "$_many"); do
		"$@" "$_i" >"many.$_i" 2>&1 &
		_jobs="$_jobs $!"
	done
	wait $_jobs
	same "$(cat many.* | sort -n | tr '\n' ' ')" "$(seq "$_many" | tr '\n' ' ')"
}

# key NAME: the value of that line of the probe's in `out`
key()
{
	sed -n "s/^$1 //p" out
}

# in_terminal COMMAND: what it shows on a terminal of its own, without returns
in_terminal()
{
	# The end of its input shows as ^@.
	script -qec "$1" /dev/null </dev/null | tr -d '\r' | sed 's/\^@//'
}

# A terminal to type at: opens COMMAND, types TEXT REGEX (again, until it shows what matches), closes.  What
# it shows is in `shown`.
opens()
{
	rm -f typed shown
	mkfifo typed
	timeout 60 script -qefc "$1" /dev/null <typed >shown 2>&1 &
	_terminal=$!
	exec 4>typed
}
types()
{
	for _round in 1 2 3 4 5 6 7 8; do
		printf "$1" >&4
		! until_true 2 grep -qE -- "$2" shown || return 0
	done
	stop_here "typed \"$1\", but it shows: $(cat shown)"
}
closes()
{
	exec 4>&-
	wait $_terminal
}

# ---- an image ------------------------------------------------------------------------------------

# A busybox with all its names and the probe: the tar file @1.
make_image_tar()
{
	_tree=$(mktemp -d)
	mkdir -p "$_tree/bin" "$_tree/tmp" "$_tree/etc" "$_tree/root"
	chmod 755 "$_tree"
	chmod 1777 "$_tree/tmp"
	cp /bin/busybox "$_tree/bin"
	for _applet in $(busybox --list); do
		[ "$_applet" = busybox ] || ln -s busybox "$_tree/bin/$_applet"
	done
	cp /husk/probe "$_tree"
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$_tree/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$_tree/etc/group"
	tar -C "$_tree" --numeric-owner --owner 0 --group 0 -cf "$1" .
	rm -rf "$_tree"
}

# The same as `docker save` would write it: docker_archive IMAGE.tar OUT.tar [NAME [COMMAND]], localhost/bb with a shell
docker_archive()
{
	_tree=$(mktemp -d)
	cp "$1" "$_tree/layer.tar"
	jq -n --arg layer "sha256:$(sha256sum "$1" | cut -d' ' -f1)" --arg arch "$(dpkg --print-architecture)" \
		--argjson command "${4:-[\"/bin/sh\"]}" '
		{architecture: $arch, os: "linux", config: {Cmd: $command, Env: ["PATH=/bin"]},
		 rootfs: {type: "layers", diff_ids: [$layer]}, history: []}' >"$_tree/config.json"
	jq -n --arg name "${3:-localhost/bb}:latest" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' \
		>"$_tree/manifest.json"
	tar -C "$_tree" -cf "$2" .
	rm -rf "$_tree"
}

# ---- what is left --------------------------------------------------------------------------------

# Those that are not of this shell: what a container or an engine leaves has another parent.
processes()
{
	ps -A -o pid=,ppid=,args= | awk -v self=$$ '
		{ parent[$1] = $2; p = $1; $1 = $2 = ""; args[p] = $0 }
		END {
			for (p in parent) {
				for (a = p; a > 1 && a != self; a = parent[a]);
				if (a != self)
					print args[p]
			}
		}' | sort
}
mounts() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
interfaces() { ls /sys/class/net | sort; }
cgroups() { find /sys/fs/cgroup -mindepth 1 -type d | sort; }

left_of()	# KIND [REGEX: what may]
{
	"$1" | comm -13 "$WORK/before.$1" - | grep -vE "${2:-^$}"
}

# Taken before the engine starts; left_nothing compares with it when it has ended.
for _kind in processes mounts interfaces cgroups; do
	"$_kind" >"$WORK/before.$_kind"
done

# left_nothing [REGEX]: mounts and cgroups that match are the engine's own, which it keeps by design
left_nothing()
{
	# Process 1 reaps what has ended when it comes to it, and shims delete when their clients have gone.
	for _kind in processes interfaces; do
		soon "" left_of "$_kind"
	done
	for _kind in mounts cgroups; do
		soon "" left_of "$_kind" "${1:-^$}"
	done
}
