# cli/doctor - what husk doctor says in environments that lack something, and that `husk run` there
# fails exactly when the doctor says so, and points to it.
# timeout: 240
. "$HUSK_TESTS/lib.sh"

need_command setpriv
need_command unshare
USER_DIR=$CASE_DIR/user
uid=$TEST_UID

# ---- environments: each runs a command -----------------------------------------------------------

as_user()
{
	setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
		env XDG_RUNTIME_DIR="$USER_DIR/run" "$@"
}

# filtered ERRNO CALL,CALL... COMMAND...: as a user in a container whose seccomp profile answers so
filtered()
{
	_errno=$1 _calls=$2
	shift 2
	mkdir -p "$CASE_DIR/outer"
	jq '.root = {path: "/"} | .mounts = [] | .linux = {namespaces: [{type: "mount"}],
			seccomp: {defaultAction: "SCMP_ACT_ALLOW",
				syscalls: [{names: ($calls | split(",")), action: "SCMP_ACT_ERRNO",
					errnoRet: $errno}]}} |
		del(.hostname) | .process.capabilities = {} | .process.noNewPrivileges = false |
		.process.cwd = "/" | .process.user = {uid: $uid, gid: $uid} |
		.process.args = $args | .process.env += ["XDG_RUNTIME_DIR=\($dir)"]' \
		--arg calls "$_calls" --argjson errno "$_errno" --argjson uid "$uid" \
		--arg dir "$USER_DIR/run" --argjson args "$(json_array "$@")" \
		"$HUSK_TESTS/data/bundle/config.json" >"$CASE_DIR/outer/config.json"
	husk --cgroup-manager=disabled run --bundle "$CASE_DIR/outer" "$TAG-outer"
}

# limited WHICH COMMAND...: as root without capabilities in a user namespace with this limit at 0
limited()
{
	_which=$1
	shift
	unshare -U -r sh -c 'echo 0 >"/proc/sys/user/max_$0_namespaces" && exec "$@"' "$_which" "$@"
}

masked()	# COMMAND...: something is mounted in /proc
{
	unshare -m sh -c 'mount -t tmpfs none /proc/irq && exec "$@"' sh "$@"
}

without_newuidmap()
{
	unshare -m sh -c 'for f in /usr/bin/newuidmap /bin/newuidmap; do
			mount --bind /dev/null $f; done; exec "$@"' sh "$@"
}

# with_subids LINE COMMAND...: a user named husksub, and /etc/subuid has LINE
with_subids()
{
	{ cat /etc/passwd; echo "husksub:x:$uid:$uid::/:/bin/sh"; } >"$CASE_DIR/passwd"
	printf '%s\n' "$1" >"$CASE_DIR/subid"
	shift
	touch "$CASE_DIR/none"
	unshare -m sh -c 'touch /etc/subuid /etc/subgid
		mount --bind "$0/passwd" /etc/passwd
		mount --bind "$0/subid" /etc/subuid && mount --bind "$0/subid" /etc/subgid &&
		exec "$@"' "$CASE_DIR" "$@"
}

bare_root()
{
	setpriv --bounding-set=-all --inh-caps=-all "$@"
}

read_only_cgroups()
{
	unshare -m sh -c 'while read -r _ dir type _; do
			case $type in cgroup*) mount -o remount,bind,ro "$dir" ;; esac
		done </proc/self/mounts; exec "$@"' sh "$@"
}

noexec_memfds()
{
	unshare -m -p -f --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"' sh "$@"
}

# with_sysctl NAME VALUE COMMAND...: as a kernel that has kernel.NAME
make_sysctl='mount -t tmpfs none /proc/sys/kernel && mkdir /proc/sys/kernel/yama &&
	echo "$1" >"/proc/sys/kernel/$0" && shift && exec "$@"'
with_sysctl()
{
	unshare -m sh -c "$make_sysctl" "$@"
}

# All that the host has, in a directory that is no mount.  The kernel refuses a user namespace there, with
# the error that it has for AppArmor's refusal.
chrooted()
{
	mkdir -p "$CASE_DIR/jail"
	unshare -m sh -c 'for d in /*; do
			if [ -L "$d" ]; then
				[ -L "$0$d" ] || cp -P "$d" "$0$d"
			elif [ -d "$d" ]; then
				mkdir -p "$0$d" && mount --rbind "$d" "$0$d"
			fi
		done
		exec chroot "$0" "$@"' "$CASE_DIR/jail" "$@"
}

read_only_run()
{
	unshare -m sh -c 'mount -t tmpfs -o ro none "$0" && exec "$@"' "$USER_DIR/run" "$@"
}

# ---- checks ----------------------------------------------------------------------------------------

# says NAME LINE [FIX]: the line about NAME, whole, and the one below it
says()
{
	_line=$(grep -n -- "^  [a-zA-Z?]*  *$1  " "$OUT" | head -n 1)
	is "${_line#*:}" "$2" "$env: $1"
	[ $# -lt 3 ] || is "$(line $((${_line%%:*} + 1)) | sed 's/^ *//')" "$3" "$env: what to do"
}

# in_env NAME STATUS COMMAND...: the doctor, as text in $OUT, and as JSON
in_env()
{
	env=$1
	shift
	_want=$1
	shift
	run "$@" "$HUSK_BIN" doctor --json
	is "$(jq -r '.works' "$OUT" 2>&1)" "$([ "$_want" = 0 ] && echo true || echo false)" "$env: JSON"
	is "$(jq -r '[.findings[] | select(.need == "needed" and .verdict != "works" and
		.verdict != "limited")] | length > 0' "$OUT" 2>&1)" \
		"$([ "$_want" = 0 ] && echo false || echo true)" "$env: and its findings say the same"
	run "$@" "$HUSK_BIN" doctor
	exits "$_want" "$env: exit code"
	is "$(errors)" "" "$env: nothing on stderr"
	ok "$env: at most 50 lines" test "$(wc -l <"$OUT")" -le 50
}

# runs ENV...: a container of this user's runs; points ENV...: it does not, and that points to us, or
# says itself what we would
runs()
{
	run "$@" "$HUSK_BIN" --root "$USER_DIR/state" run --bundle "$BUNDLE" "$ID"
	exits 7 "$env: a container runs"
}

points()
{
	run "$@" "$HUSK_BIN" --root "$(dirname "$BUNDLE")/state" run --bundle "$BUNDLE" "$ID"
	fails_with 'husk doctor|hides parts of /proc|only with CAP_SETFCAP' "$env: a failing start points to the doctor"
}

# ---- an ordinary user ------------------------------------------------------------------------------

# A bundle for the user in USER_DIR; and one for root, with a network namespace.
make_bundle "$CASE_DIR/root/bundle"
set_args /probe exit 7
ROOT_BUNDLE=$BUNDLE
mkdir -p "$USER_DIR/run"
HUSK_USER=user
make_bundle "$USER_DIR/bundle"
HUSK_USER=root
config '(.linux.uidMappings, .linux.gidMappings) |= map(.hostID = $uid)' --argjson uid "$uid"
set_args /probe exit 7
chown -R "$uid:$uid" "$USER_DIR"

in_env "a user" 0 as_user
says "system calls" "  ok   system calls      none is blocked"
says "user namespace" "  ok   user namespace    can be made"
says "id map" "  ok   id map            own ids ($uid, $uid) as root"
says "capabilities" "  ok   capabilities      all, inside the user namespace"
says "namespaces" "  ok   namespaces        mount, pid, ipc, uts, network, cgroup"
says "/proc" "  ok   /proc             a new one can be mounted"
says "state directory" "  ok   state directory   $USER_DIR/run/husk"
is "$(tail -n 1 "$OUT")" "The default sandbox works for this user." "the last line"
ok "and nothing is made by looking" test ! -e "$USER_DIR/run/husk"
unlike "$(output)" "$(printf '\033')" "no colours"
runs as_user

# Also fast: it is meant to be run at every start of a doubtful service.
start=$(date +%s%N)
as_user "$HUSK_BIN" doctor >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
ok "quick: $took ms" test "$took" -lt 1500

# ---- seccomp of an outer container ------------------------------------------------------------------

profile="start the outer container with a seccomp profile that allows"
in_env "clone3 ENOSYS" 1 filtered 38 clone3
says "system calls" "  NO   system calls      blocked: clone3 (ENOSYS)" \
	"fix: $profile them (--security-opt seccomp=FILE)"
says "husk-init" "  NO   husk-init         clone3 with namespaces 0x0: Function not implemented"
says "user namespace" "  ok   user namespace    can be made"
says "namespaces" "  ?    namespaces        not tried: clone3 is blocked"
points filtered 38 clone3

in_env "clone3 EPERM" 1 filtered 1 clone3
says "system calls" "  NO   system calls      blocked: clone3 (EPERM)"
points filtered 1 clone3

calls=fsopen,unshare,pidfd_open
in_env "some EPERM" 1 filtered 1 "$calls"
says "system calls" "  NO   system calls      blocked: pidfd_open, fsopen, unshare (EPERM)" \
	"fix: $profile them (--security-opt seccomp=FILE)"
says "root filesystem" "  NO   root filesystem   mount a tmpfs: Operation not permitted"
says "namespaces" "  NO   namespaces        cgroup refused: Operation not permitted"
says "husk-init" "  ok   husk-init         runs from a sealed memory file"
points filtered 1 "$calls"

# As podman and docker do to who has no CAP_SYS_ADMIN.
in_env "sethostname EPERM" 1 filtered 1 sethostname
says "system calls" "  ok   system calls      none is blocked"
says "capabilities" "  NO   capabilities      sethostname in a uts namespace of its own: Operation not permitted" \
	"fix: $profile sethostname (--security-opt seccomp=FILE)"
points filtered 1 sethostname

calls=openat2,mount_setattr,close_range,landlock_create_ruleset
in_env "like an old kernel" 1 filtered 38 "$calls"
says "system calls" "  NO   system calls      blocked: openat2, close_range, mount_setattr (ENOSYS)"
says "landlock" "  NO   landlock          the kernel has none, or a filter hides it"
says "root filesystem" "  NO   root filesystem   switch to another root: Function not implemented"
points filtered 38 "$calls"

in_env "seccomp blocked" 1 filtered 1 seccomp
says "system calls" "  NO   system calls      blocked: seccomp (EPERM)"
says "seccomp" "  NO   seccomp           install a filter: Operation not permitted"

# ---- sysctls ------------------------------------------------------------------------------------------

bare="setpriv --bounding-set=-all --inh-caps=-all"
in_env "no user namespaces" 1 limited user $bare
says "user namespace" "  NO   user namespace    refused: user.max_user_namespaces is 0" \
	"fix: sysctl -w user.max_user_namespaces=1000"
says "namespaces" "  ?    namespaces        not tried: no user namespace"
BUNDLE=$ROOT_BUNDLE points limited user $bare

# That of an "unshare --user" which nobody gave a map.
in_env "no id maps" 1 as_user unshare --user
says "user namespace" "  NO   user namespace    Operation not permitted: this user namespace has no id maps, so nobody in it has an id" \
	"fix: write them before (unshare --map-root-user)"
points as_user unshare --user

for kind in mnt:mount pid:pid net:network cgroup:cgroup; do
	in_env "no $kind namespaces" 1 limited "${kind%:*}"
	says "namespaces" "  NO   namespaces        ${kind#*:} refused: user.max_${kind%:*}_namespaces is 0" \
		"fix: sysctl -w user.max_${kind%:*}_namespaces=1000"
	[ "${kind%:*}" = cgroup ] || BUNDLE=$ROOT_BUNDLE points limited "${kind%:*}"
done

in_env "chroot" 1 chrooted setpriv --reuid "$uid" --regid "$uid" --clear-groups
says "user namespace" "  NO   user namespace    Operation not permitted: this process is in a chroot" \
	"fix: switch roots with pivot_root instead of chroot"
points chrooted setpriv --reuid "$uid" --regid "$uid" --clear-groups

restricted()	# NAME VALUE COMMAND...
{
	chrooted sh -c "$make_sysctl" "$@"
}
in_env "AppArmor" 1 restricted apparmor_restrict_unprivileged_userns 1 setpriv --reuid "$uid" --regid "$uid" --clear-groups
says "user namespace" "  NO   user namespace    kernel.apparmor_restrict_unprivileged_userns is 1" \
	'fix: an AppArmor profile for this program with the rule "userns,"'
points restricted apparmor_restrict_unprivileged_userns 1 setpriv --reuid "$uid" --regid "$uid" --clear-groups
like "$(errors)" 'kernel.apparmor_restrict_unprivileged_userns' "$env: the start names it"
in_env "Debian's switch" 1 restricted unprivileged_userns_clone 0 setpriv --reuid "$uid" --regid "$uid" --clear-groups
says "user namespace" "  NO   user namespace    kernel.unprivileged_userns_clone is 0" \
	"fix: sysctl -w kernel.unprivileged_userns_clone=1"

in_env "Yama" 0 with_sysctl yama/ptrace_scope 2 env
says "ptrace" "  part ptrace            kernel.yama.ptrace_scope is 2" \
	"for debuggers, criu: sysctl -w kernel.yama.ptrace_scope=1"

# ---- what is mounted ----------------------------------------------------------------------------------

in_env "masked /proc" 1 masked setpriv --reuid "$uid" --regid "$uid" --clear-groups
says "/proc" "  NO   /proc             a new one is refused because something is mounted on /proc/irq" \
	"fix: start the outer container with an unmasked /proc (docker: --security-opt systempaths=unconfined, podman: --security-opt unmask=ALL, Kubernetes: procMount: Unmasked)"
says "/dev" "  ok   /dev              devpts, mqueue, devices of the host"
points masked setpriv --reuid "$uid" --regid "$uid" --clear-groups

in_env "read-only XDG_RUNTIME_DIR" 1 read_only_run setpriv --reuid "$uid" --regid "$uid" \
	--clear-groups env XDG_RUNTIME_DIR="$USER_DIR/run"
says "state directory" \
	"  NO   state directory   $USER_DIR/run/husk: $USER_DIR/run: Read-only file system" \
	"fix: --root=DIR, or XDG_RUNTIME_DIR, with a directory this user may write to"

mkdir -m 770 "$USER_DIR/run/husk"
chown "$uid:$uid" "$USER_DIR/run/husk"
in_env "a state directory of more than one" 1 as_user
says "state directory" \
	"  NO   state directory   state directory $USER_DIR/run/husk is not a directory of uid $uid that nobody else can write to" \
	"fix: remove it, or choose another with --root or XDG_RUNTIME_DIR"
rmdir "$USER_DIR/run/husk"

if grep -q ' cgroup' /proc/self/mounts; then
	in_env "read-only cgroups" 1 read_only_cgroups
	says "cgroup" "  NO   cgroup            not writable: Read-only file system" \
		"fix: a writable /sys/fs/cgroup, or do without: --cgroup-manager=disabled"
	BUNDLE=$ROOT_BUNDLE points read_only_cgroups
fi

# ---- root ---------------------------------------------------------------------------------------------

in_env "root" 0 env
says "capabilities" "$(grep '^  ok   capabilities      all' "$OUT")"
says "id ranges" "  ok   id ranges         any, as root"

in_env "root without capabilities" 1 $bare
says "id map" "  NO   id map            root may not be mapped without CAP_SETFCAP" \
	"fix: give the outer container the capability (--cap-add SETFCAP), or run as another user than root"
BUNDLE=$ROOT_BUNDLE points $bare env XDG_RUNTIME_DIR="$USER_DIR/run"

if [ -e /proc/sys/vm/memfd_noexec ]; then
	in_env "memfd_noexec" 1 noexec_memfds
	says "husk-init" "  NO   husk-init         memfd_create husk-init: Permission denied" \
		"fix: sysctl -w vm.memfd_noexec=1, in this pid namespace"
	BUNDLE=$ROOT_BUNDLE points noexec_memfds
fi

# ---- id ranges: more than one id is a luxury -------------------------------------------------------

in_env "no line in /etc/subuid" 0 with_subids somebody:1:1 setpriv --reuid "$uid" --regid "$uid" \
	--clear-groups env XDG_RUNTIME_DIR="$USER_DIR/run"
if [ -x /usr/bin/newuidmap ] && [ -u /usr/bin/newuidmap ]; then
	says "id ranges" "  NO   id ranges         /etc/subuid gives none to husksub" \
		'for more than one user in a container: a line "husksub:100000:65536" in /etc/subuid and /etc/subgid'

	in_env "ranges" 0 with_subids husksub:700000:5000 setpriv --reuid "$uid" --regid "$uid" \
		--clear-groups env XDG_RUNTIME_DIR="$USER_DIR/run"
	says "id ranges" "  ok   id ranges         5000 uids from 700000, 5000 gids from 700000"

	in_env "no_new_privs" 0 with_subids husksub:700000:5000 setpriv --reuid "$uid" --regid "$uid" \
		--clear-groups --no-new-privs env XDG_RUNTIME_DIR="$USER_DIR/run"
	says "id ranges" "  NO   id ranges         newgidmap has no power: no_new_privs is set" \
		"for more than one user in a container: start husk without no_new_privs (systemd: NoNewPrivileges=no, docker: without --security-opt no-new-privileges)"

	in_env "no newuidmap" 0 without_newuidmap setpriv --reuid "$uid" --regid "$uid" \
		--clear-groups env XDG_RUNTIME_DIR="$USER_DIR/run"
	says "id ranges" "  NO   id ranges         newuidmap is not installed" \
		"for more than one user in a container: install it (Debian: apt install uidmap)"
	runs without_newuidmap setpriv --reuid "$uid" --regid "$uid" --clear-groups
else
	skip "id ranges" "newuidmap is not installed"
fi

done_testing
