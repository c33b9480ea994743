#!/bin/sh
# tests/engines/sandbox.sh RELEASE MODE -- COMMAND... - run a command as root in a throw-away Debian with
# container engines in it, whose mounts, processes, interfaces and cgroups all end with it.
# tests/engines/sandbox.sh RELEASE build - only make the release's tree, once, in the cache
#
# RELEASE  bookworm, trixie, sid: Debian's packages of the engines, of runc and of crun
# MODE     the cgroup hierarchies inside: v1, hybrid (v1 and an empty v2), v2
#
# Inside: /husk has husk, runc, crun, probe, fdrecv, engines/ (the drop-ins); /tests has the scripts of this directory; /data and the engines' own
# directories below /var/lib lie on a disk and not on an overlay, as overlays of containers need.
# Exit status: the command's; 124: it took longer than HUSK_ENGINES_TIMEOUT (seconds, 1200); 1: it left
# a cgroup or a mount; 77: this machine cannot run a sandbox, and standard error says why.
#
# HUSK_BUILD          the build with husk and the helpers (default build)
# HUSK_ENGINES_SHARE  a directory of the host that is /share inside
# HUSK_ENGINES_CACHE  where the trees are kept (default ~/.cache/husk-engines)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${HUSK_ENGINES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk-engines}
hierarchies=/sys/fs/cgroup
packages="podman buildah conmon netavark aardvark-dns slirp4netns passt fuse-overlayfs catatonit
	containerd docker.io tini containernetworking-plugins runc crun criu iptables iproute2
	busybox-static jq procps util-linux util-linux-extra bsdutils uidmap ca-certificates
	python3-minimal python3-grpcio python3-protobuf python3-websocket libcap2-bin libmnl0"

say()
{
	echo "sandbox: $*" >&2
}

cannot()
{
	say "$*"
	exit 77
}

# ---- inside: process 1 of the sandbox ------------------------------------------------------------

device()	# NAME MAJOR MINOR
{
	mknod -m 666 "$root/dev/$1" c "$2" "$3"
}

inside_dev()
{
	mount -t tmpfs -o mode=755 dev "$root/dev"
	mkdir "$root/dev/net" "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
	device null 1 3
	device zero 1 5
	device full 1 7
	device random 1 8
	device urandom 1 9
	device tty 5 0
	device fuse 10 229
	device net/tun 10 200
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
	mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
	mount -t mqueue mqueue "$root/dev/mqueue"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s fd/0 "$root/dev/stdin"
	ln -s fd/1 "$root/dev/stdout"
	ln -s fd/2 "$root/dev/stderr"
}

# In the cgroup namespace, each hierarchy's root is the sandbox's own cgroup.
inside_cgroups()
{
	if [ "$mode" = v2 ]; then
		mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
		return
	fi
	mount -t tmpfs -o mode=755 cgroup "$root/sys/fs/cgroup"
	for cgroup in $cgroups; do
		name=${cgroup#"$hierarchies/"}
		name=${name%%/*}
		mkdir "$root/sys/fs/cgroup/$name"
		case $name in
		unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified" ;;
		systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd" ;;
		*)	mount -t cgroup -o "$name" cgroup "$root/sys/fs/cgroup/$name" ;;
		esac
	done
}

inside()	# COMMAND...
{
	root=$run/root
	mount -t overlay -o "lowerdir=$tree,upperdir=$run/upper,workdir=$run/work" overlay "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs -o mode=755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	mkdir -p "$root/data" "$root/husk" "$root/tests"
	for dir in data var/lib/containers var/lib/containerd var/lib/docker var/tmp; do
		mkdir -p "$run/disk/$dir" "$root/$dir"
		mount --bind "$run/disk/$dir" "$root/$dir"
	done
	chmod 1777 "$root/var/tmp"
	mount -t tmpfs -o mode=755 husk "$root/husk"
	cp "$build/husk" "$build/tests/helpers/probe" "$build/tests/helpers/fdrecv" "$root/husk/"
	ln -s /usr/sbin/runc /usr/bin/crun "$root/husk/"
	mkdir "$root/husk/engines"
	for file in "$here"/../../cli/packaging/engines/*; do
		sed 's|@BINDIR@|/husk|' "$file" >"$root/husk/engines/${file##*/}"
	done
	# A copy: a shell reads its script as it goes, and the original may be edited meanwhile.
	mount -t tmpfs -o mode=755 tests "$root/tests"
	cp "$here"/*.sh "$here"/*.py "$root/tests/"
	if [ -n "$share" ]; then
		mkdir "$root/share"
		mount --bind "$share" "$root/share"
	fi
	inside_dev
	inside_cgroups
	ip link set lo up
	hostname engine
	cd "$root"
	mkdir -p old
	pivot_root . old
	# The runtimes' own pivot_root and engines' propagations need a root that is a mount, and shared.
	umount -l /old
	rmdir /old
	mount --make-rshared /
	cd /
	# Not by exec: this shell stays as process 1 and reaps what loses its parent.
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm LANG=C.UTF-8 \
		RELEASE="$release" MODE="$mode" "$@"
}

# ---- the tree ------------------------------------------------------------------------------------

is_current()
{
	[ "$(cat "$tree/.packages" 2>/dev/null)" = "$packages" ]
}

# Alone with the tree: another one may have made it, and none may run on what is removed.
build_tree()
{
	flock 8
	! is_current || return 0
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
		head -n 1)
	[ -n "$mirror" ] || cannot "this is no Debian with a package mirror"
	say "making a Debian $release with the engines of its packages"
	rm -rf --one-file-system "$tree"
	# What sid's Release says is signed for a week: a mirror that stands still has it longer.
	valid=
	[ "$release" != sid ] || valid='Acquire::Check-Valid-Until "false"'
	# No package may start its daemon; and what is mounted for their sake is not for the host to see.
	unshare --mount --propagation private mmdebstrap --quiet --variant=minbase --include="$(echo $packages | tr ' ' ,)" \
		${valid:+--aptopt="$valid"} \
		--setup-hook='mkdir -p "$1/usr/sbin" && printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d" &&
			chmod 755 "$1/usr/sbin/policy-rc.d"' \
		"$release" "$tree" "$mirror" >&2 || cannot "cannot make a Debian $release"
	echo engine >"$tree/etc/hostname"
	echo "127.0.0.1 localhost engine" >"$tree/etc/hosts"
	: >"$tree/etc/resolv.conf"
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$tree/etc/machine-id"
	chroot "$tree" useradd -M -d /data/tester -u 1001 tester
	echo tester:300000:65536 | tee "$tree/etc/subuid" >"$tree/etc/subgid"
	rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* "$tree"/usr/share/doc \
		"$tree"/usr/share/man "$tree"/usr/share/locale
	echo "$packages" >"$tree/.packages"
}

# ---- outside -------------------------------------------------------------------------------------

# own_cgroup NAME: this process's in the hierarchy mounted at that name
own_cgroup()
{
	case $1 in
	unified) sed -n 's/^0:://p' /proc/self/cgroup ;;
	systemd) sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup ;;
	*)	sed -nE "s/^[0-9]+:([a-z_]+,)*$1(,[a-z_]+)*://p" /proc/self/cgroup ;;
	esac
}

make_cgroups()
{
	unified=$hierarchies/unified
	[ "$(stat -f -c %T "$hierarchies")" != cgroup2fs ] || unified=$hierarchies
	for hierarchy in "$unified" "$hierarchies"/*; do
		name=${hierarchy##*/}
		[ ! -L "$hierarchy" ] && mountpoint -q "$hierarchy" || continue
		case $mode-$hierarchy in
		v1-"$unified") continue ;;
		v2-"$unified") name=unified ;;
		v2-*)	continue ;;
		esac
		case $cgroups in *"$hierarchy/"*) continue ;; esac
		own=$(own_cgroup "$name")
		[ -n "$own" ] || continue
		cgroup=$hierarchy${own%/}/husk-engines-$$
		mkdir "$cgroup" || cannot "no cgroup can be made in $hierarchy$own"
		cgroups="$cgroups $cgroup"
		for file in cpuset.cpus cpuset.mems; do
			[ ! -e "$cgroup/$file" ] || cat "${cgroup%/*}/$file" >"$cgroup/$file"
		done
	done
	[ -n "$cgroups" ] || cannot "no cgroup hierarchy for the mode $mode is mounted below $hierarchies"
}

# What the sandbox's processes, which are gone, have left in cgroups goes with the sandbox's own.
remove_cgroups()
{
	for cgroup in $cgroups; do
		for round in 1 2 3 4 5 6 7 8 9 10; do
			[ -d "$cgroup" ] || break
			find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.2
		done
	done
}

clean_up()
{
	remove_cgroups
	[ -z "$run" ] || rm -rf --one-file-system "$run"
}

if [ "${1-}" = --inside ]; then
	shift
	inside "$@"
	exit
fi

release=${1-} mode=${2-}
case $release in bookworm | trixie | sid) ;; *) say "no release \"$release\""; exit 2 ;; esac
case $mode in
build)	;;
v1 | hybrid | v2)
	[ "${3-}" = -- ] && [ $# -gt 3 ] || { say "usage: $0 RELEASE MODE -- COMMAND..."; exit 2; }
	shift 3 ;;
*)	say "no mode \"$mode\""; exit 2 ;;
esac
# Its docker.io has a client, its netavark uses iptables.
[ "$release" = bookworm ] || packages="$packages docker-cli nftables"

[ "$(id -u)" -eq 0 ] || cannot "needs root"
for command in apt-get mmdebstrap flock unshare setpriv ip; do
	command -v "$command" >/dev/null || cannot "$command is not installed (tests/deps.sh sandbox)"
done
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
tree=$cache/$release
exec 8>"$cache/$release.lock"
is_current || build_tree
[ "$mode" != build ] || exit 0
# Held until this sandbox has ended.
flock -s 8

build=$(cd "${HUSK_BUILD:-build}" && pwd)
share=${HUSK_ENGINES_SHARE:+$(cd "$HUSK_ENGINES_SHARE" && pwd)}
cgroups= run=
trap clean_up EXIT
trap 'exit 130' HUP INT TERM
run=$(mktemp -d "$cache/run.XXXXXX")
mkdir "$run/root" "$run/upper" "$run/work" "$run/disk"
make_cgroups
export cgroups run tree build share release mode

status=0
# A child of this shell enters the cgroups, and its namespaces begin there.
setpriv --pdeathsig KILL timeout --foreground -s KILL "${HUSK_ENGINES_TIMEOUT:-1200}" \
	setpriv --pdeathsig KILL sh -c 'for cgroup in $cgroups; do echo 0 >"$cgroup/cgroup.procs"; done
		exec unshare --mount --propagation private --pid --fork --kill-child=KILL \
			--net --uts --ipc --cgroup sh "$@"' sh "$0" --inside "$@" || status=$?
[ "$status" -ne 137 ] || status=124
remove_cgroups
for cgroup in $cgroups; do
	[ ! -d "$cgroup" ] || { say "left behind: $cgroup"; status=1; }
done
! grep -F " $run/" /proc/self/mountinfo >&2 || { say "left behind: mounts"; status=1; }
exit "$status"
