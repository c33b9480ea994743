#!/bin/sh
# tests/vm/boot.sh [-b uml|qemu] [-t SECONDS] [-m MIB] DIR COMMAND - run a shell command as root in
# a guest whose cgroups are v2 alone and whose PID 1 is systemd.  DIR is /share in the guest; what
# the command leaves in DIR/out comes back.
# tests/vm/boot.sh [-b uml|qemu] build - only make what that needs, once, in the cache
#
# uml   User Mode Linux: boots in seconds; one CPU and no cpuset, hugetlb, or NUMA
# qemu  a whole machine, emulated, with the distribution's own kernel: slow, but nothing is missing
#
# `as-user COMMAND...` in the guest runs a command in a delegated cgroup of an ordinary user.
# Exit status: the command's; 124: SECONDS are over; 125: the guest ended without one;
# 77: this machine cannot run a guest, and standard error says why.
#
# HUSK_VM_LSM=selinux  that one instead of AppArmor, with uml
# HUSK_VM_CACHE  where the image and the kernels are kept (default ~/.cache/husk-vm)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${HUSK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk-vm}
backend=uml limit=600 memory=3072
packages="systemd systemd-sysv dbus dbus-user-session libpam-systemd kmod iproute2 procps uidmap
	busybox-static jq util-linux mount login passwd libmnl0 e2fsprogs strace runc crun criu
	iptables podman slirp4netns passt"

say()
{
	echo "vm: $*" >&2
}

cannot()
{
	say "$*"
	exit 77
}

# ---- packages --------------------------------------------------------------------------------

# apt with lists of its own: User Mode Linux comes from sid, and the host's sources stay as they
# are.  The mirror is the host's.
apt_private()	# TOOL ARG...
{
	a=$cache/apt
	mkdir -p "$a/lists/partial" "$a/archives/partial"
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::lists="$a/lists" -o Dir::Cache="$a" -o APT::Sandbox::User=root "$@"
}

apt_setup()
{
	[ ! -e "$cache/apt/.ok" ] || return 0
	mkdir -p "$cache/apt"
	for s in "$suite" sid; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $s main"
	done >"$cache/apt/sources.list"
	apt_private apt-get update || cannot "cannot fetch Debian's package lists"
	touch "$cache/apt/.ok"
}

# Unpack package @1 of suite @2 into directory @3.
unpack()
{
	(
		mkdir -p "$cache/debs" "$3"
		cd "$cache/debs"
		rm -f "$1"_*.deb
		apt_private apt-get download "$1/$2" >&2
		dpkg -x "$1"_*.deb "$3"
		rm -f "$1"_*.deb
	) || cannot "cannot fetch package $1 of $2"
}

# ---- what a guest is made of -----------------------------------------------------------------

# Nothing of these helps a guest that lives for some minutes.
masked="apt-daily-upgrade.timer apt-daily.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-timesyncd.service systemd-networkd.service
	getty.target getty@.service serial-getty@.service console-getty.service
	systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-random-seed.service
	systemd-machine-id-commit.service systemd-firstboot.service systemd-journal-flush.service
	systemd-hwdb-update.service systemd-journal-catalog-update.service
	systemd-update-done.service ldconfig.service sys-kernel-debug.mount sys-kernel-tracing.mount
	systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket
	systemd-udevd-kernel.socket modprobe@drm.service modprobe@dm_mod.service
	modprobe@loop.service modprobe@configfs.service systemd-sysusers.service
	systemd-binfmt.service systemd-tmpfiles-clean.timer proc-sys-fs-binfmt_misc.automount
	sys-kernel-config.mount systemd-pstore.service remote-fs.target"

build_root()
{
	root=$cache/root
	[ "$(cat "$root/.packages" 2>/dev/null)" != "$packages" ] || return 0
	say "making the guest's file system from $suite's packages"
	rm -rf "$root"
	mmdebstrap --quiet --variant=minbase --include="$(echo $packages | tr ' ' ,)" "$suite" "$root" \
		"$mirror" >&2 || cannot "cannot make a Debian file system"
	echo husk-vm >"$root/etc/hostname"
	echo "127.0.0.1 localhost husk-vm" >"$root/etc/hosts"
	: >"$root/etc/fstab"
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$root/etc/machine-id"
	chroot "$root" useradd -m -s /bin/bash tester
	mkdir -p "$root/share"
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
		"$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale
	echo "$packages" >"$root/.packages"
}

guest_files()
{
	units=$root/etc/systemd/system
	for unit in $masked; do
		ln -sfn /dev/null "$units/$unit"
	done
	mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d" \
		"$units/user@.service.d" "$units/multi-user.target.wants"
	printf '[Service]\nDelegate=yes\n' >"$units/user@.service.d/delegate.conf"
	printf '[Journal]\nStorage=volatile\nForwardToConsole=no\n' \
		>"$root/etc/systemd/journald.conf.d/vm.conf"
	printf '[Manager]\nDefaultTimeoutStopSec=5s\nShowStatus=no\n' \
		>"$root/etc/systemd/system.conf.d/vm.conf"
	ln -sfn /lib/systemd/system/multi-user.target "$units/default.target"
	install -m 644 "$here/guest/husk-vm.service" "$units/"
	ln -sfn ../husk-vm.service "$units/multi-user.target.wants/husk-vm.service"
	install -m 755 "$here/guest/husk-vm" "$root/usr/local/sbin/"
	install -m 755 "$here/guest/as-user" "$here/guest/suite" "$root/usr/local/bin/"
	rm -f "$root/usr/local/bin/ps"
	[ "$backend" != uml ] || install -m 755 "$here/guest/ps" "$root/usr/local/bin/"
}

# The kernel as a program, of sid: faster than older ones (seccomp instead of ptrace).  With the C
# library it was made for, which may be newer than this system's.
build_uml()
{
	[ ! -e "$cache/linux" ] || return 0
	say "fetching User Mode Linux"
	t=$cache/tmp.uml
	rm -rf "$t" "$cache/modules.uml"
	unpack user-mode-linux sid "$t"
	unpack libc6 sid "$t/libc"
	mkdir -p "$cache/lib"
	find "$t/libc" -name libc.so.6 -o -name ld-linux-x86-64.so.2 -type f |
		xargs -I@ cp -L @ "$cache/lib/"
	mv "$t/usr/lib/uml/modules" "$cache/modules.uml"
	cp "$t/usr/bin/linux.uml" "$cache/linux.new"
	# Not by calling the loader: the program runs itself again.
	patchelf --set-interpreter "$cache/lib/ld-linux-x86-64.so.2" --set-rpath "$cache/lib" \
		"$cache/linux.new"
	mv "$cache/linux.new" "$cache/linux"
	rm -rf "$t"
}

# The distribution's kernel for virtual machines, and an initrd that finds the disk.
build_qemu()
{
	[ ! -e "$cache/vmlinuz" ] || return 0
	say "fetching the kernel for qemu"
	t=$cache/tmp.qemu
	rm -rf "$t" "$cache/modules.qemu"
	name=$(apt_private apt-cache show "linux-image-cloud-amd64/$suite" |
		sed -n 's/^Depends: \(linux-image-[0-9][^ ,]*\).*/\1/p' | head -n 1)
	unpack "$name" "$suite" "$t"
	find "$t" -name '*.ko.xz' -print0 | xargs -0 -r -P2 -n50 xz -d
	mkdir -p "$t/initrd/bin" "$t/initrd/proc" "$t/initrd/sys" "$t/initrd/dev" "$t/initrd/root"
	cp "$(command -v busybox)" "$t/initrd/bin/busybox"
	[ -e "$t/lib" ] || ln -s usr/lib "$t/lib"
	release=$(ls "$t/lib/modules")
	depmod -b "$t" "$release"
	for module in virtio_pci virtio_blk ext4; do
		modprobe -d "$t" -S "$release" --show-depends "$module" | sed -n 's/^insmod //p'
	done | while read -r file _; do
		[ -e "$t/initrd/${file##*/}" ] || echo "${file##*/}" >>"$t/initrd/modules"
		cp "$file" "$t/initrd/"
	done
	cat >"$t/initrd/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		while read -r module; do /bin/busybox insmod "/$module"; done </modules
		/bin/busybox mount -t ext4 /dev/vda /root && /bin/busybox mount -o move /dev /root/dev &&
			exec /bin/busybox switch_root /root /sbin/init
		/bin/busybox poweroff -f
	END
	chmod 755 "$t/initrd/init"
	(cd "$t/initrd" && find . | busybox cpio -o -H newc 2>/dev/null) >"$cache/initrd"
	mv "$t/lib/modules" "$cache/modules.qemu"
	mv "$t"/boot/vmlinuz-* "$cache/vmlinuz"
	rm -rf "$t"
}

build()
{
	[ "$(uname -m)" = x86_64 ] || cannot "guests are made for x86_64 only"
	[ "$(id -u)" -eq 0 ] || cannot "making the guest's file system needs root"
	for command in apt-get mmdebstrap patchelf mkfs.ext4 busybox xz depmod flock unshare; do
		command -v "$command" >/dev/null ||
			cannot "$command is not installed (tests/deps.sh vm)"
	done
	[ "$backend" = uml ] || command -v qemu-system-x86_64 >/dev/null ||
		cannot "qemu-system-x86_64 is not installed"
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security |
		head -n 1)
	[ -n "$suite" ] && [ -n "$mirror" ] || cannot "this is no Debian with a package mirror"
	mkdir -p "$cache"
	cache=$(cd "$cache" && pwd)
	image=$cache/$backend.img
	(
		flock 9
		[ ! -e "$image" ] || [ -n "$(find "$here/boot.sh" "$here/guest" -newer "$image")" ] || exit 0
		apt_setup
		build_root
		"build_$backend"
		guest_files
		rm -rf "$root/lib/modules"
		cp -a "$cache/modules.$backend" "$root/lib/modules"
		for dir in "$root"/lib/modules/*; do
			chroot "$root" depmod "${dir##*/}"
		done
		rm -f "$image" "$image.new"
		truncate -s 4G "$image.new"
		mkfs.ext4 -q -F -O ^has_journal,^metadata_csum -E lazy_itable_init=1,nodiscard \
			-d "$root" "$image.new"
		mv "$image.new" "$image"
	) 9>"$cache/lock" || exit
}

# ---- running -------------------------------------------------------------------------------------

# All of it ends with this script: the guest's processes are in a pid namespace.
guard()
{
	setpriv --pdeathsig KILL unshare --pid --fork --kill-child=KILL -- \
		timeout -s KILL "$limit" "$@"
}

common="rw rootfstype=ext4 quiet loglevel=1 panic=-1 systemd.unified_cgroup_hierarchy=1"

run_uml()
{
	# On one CPU of the host its system calls cost half.
	guard taskset -c "$(shuf -i "0-$(($(nproc) - 1))" -n 1)" "$cache/linux" "mem=${memory}M" \
		"ubd0=$run/cow.img,$image" con=null con0=null,fd:1 "uml_dir=$run/" umid=u \
		seccomp=on "security=${HUSK_VM_LSM:-apparmor}" root=/dev/ubda $common "husk.share=$dir" </dev/null
}

# Its kernel knows neither hostfs nor 9p: DIR travels on a disk.
run_qemu()
{
	truncate -s 1G "$run/share.img"
	mkfs.ext4 -q -F -O ^has_journal -d "$dir" "$run/share.img"
	guard qemu-system-x86_64 -accel tcg,thread=multi,tb-size=512 -cpu max,la57=off -smp 2 \
		-M q35 -m "$memory" -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$cache/vmlinuz" -initrd "$cache/initrd" -serial stdio \
		-append "console=ttyS0 mitigations=off tsc=reliable nowatchdog audit=0 root=/dev/vda $common \
husk.disk=/dev/vdb" \
		-drive "if=none,id=root,format=raw,file=$image,snapshot=on,cache=unsafe" \
		-device virtio-blk-pci,drive=root \
		-drive "if=none,id=share,format=raw,file=$run/share.img,cache=unsafe" \
		-device virtio-blk-pci,drive=share </dev/null
	debugfs -R 'cat .status' "$run/share.img" >"$dir/.status" 2>/dev/null
	debugfs -R "rdump out $dir" "$run/share.img" >/dev/null 2>&1
}

while getopts b:t:m: option; do
	case $option in
	b) backend=$OPTARG ;;
	t) limit=$OPTARG ;;
	m) memory=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
case $backend in uml | qemu) ;; *) say "no backend $backend"; exit 2 ;; esac

build
[ "${1-}" != build ] || exit 0
[ $# -eq 2 ] || { say "usage: $0 [-b uml|qemu] [-t SECONDS] [-m MIB] DIR COMMAND"; exit 2; }
dir=$(cd "$1" && pwd)
run=$(mktemp -d "${TMPDIR:-/var/tmp}/husk-vm.XXXXXX")
trap 'rm -rf "$run" "$dir/.command" "$dir/.status"' EXIT
trap 'exit 130' HUP INT TERM
printf '%s\n' "$2" >"$dir/.command"
rm -f "$dir/.status"
start=$(date +%s)
noise='^(\[ *[0-9.]+\] )?(reboot: |Core dump limits|[[:space:]]*(soft|hard) - |Checking )'
{ "run_$backend" 2>&1 || true; } |
	grep --line-buffered -avE "$noise" || true
[ ! -s "$dir/.status" ] || exit "$(cat "$dir/.status")"
[ $(($(date +%s) - start)) -lt "$limit" ] || { say "the guest did not end in $limit s"; exit 124; }
say "the guest ended without an exit status"
exit 125
