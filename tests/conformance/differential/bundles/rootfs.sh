# Mounts, the root filesystem, masks and devices.
sources()
{
	mkdir -p "$BUNDLE/dir/sub" "$BUNDLE/host" "$ROOTFS/data" "$ROOTFS/other" "$ROOTFS/filled"
	echo text >"$BUNDLE/file"
	echo text >"$BUNDLE/dir/inside"
	echo text >"$ROOTFS/filled/inside"
	: >"$ROOTFS/existing"
	chmod 750 "$ROOTFS/filled"
	ln -s data "$ROOTFS/link"
	ln -s /data "$ROOTFS/absolute"
	ln -s /nowhere/new "$ROOTFS/dangling"
	ln -s ../../../../data "$ROOTFS/upward"
}
mount_bundle() { bundle "mount-$1" "$2 | also(\"create /data/new -- stat /data /data/inside\")" sources; }
mount_bundle tmpfs 'mount("/data"; "tmpfs"; "tmpfs"; "size=64k,mode=700")'
mount_bundle tmpfs-plain 'mount("/data"; "tmpfs"; "tmpfs"; "nosuid")'
mount_bundle options 'reduce ("ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "sync", "async", "dirsync", "noatime",
	"atime", "nodiratime", "diratime", "relatime", "norelatime", "strictatime", "nostrictatime", "size=64k,mode=711")
	as $option (.; mount("/options/" + $option; "tmpfs"; "tmpfs"; $option))'
mount_bundle bind-options 'reduce ("ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "atime", "nodiratime", "diratime",
	"relatime", "strictatime", "defaults") as $option (.; bind("/options/" + $option; "dir"; "bind," + $option))'
mount_bundle option-defaults 'mount("/data"; "tmpfs"; "tmpfs"; "defaults")'
mount_bundle option-silent 'mount("/data"; "tmpfs"; "tmpfs"; "silent")'
mount_bundle option-lazytime 'mount("/data"; "tmpfs"; "tmpfs"; "lazytime")'
mount_bundle option-nosymfollow 'mount("/data"; "tmpfs"; "tmpfs"; "nosymfollow")'
mount_bundle option-rro 'bind("/data"; "dir"; "bind,rro")'
mount_bundle ro-then-rw 'mount("/data"; "tmpfs"; "tmpfs"; "ro,rw")'
mount_bundle rw-then-ro 'mount("/data"; "tmpfs"; "tmpfs"; "rw,ro")'
mount_bundle option-unknown 'mount("/data"; "tmpfs"; "tmpfs"; "nosuchoption")'
mount_bundle type-unknown 'mount("/data"; "nosuchfs"; "none"; "ro")'
mount_bundle no-options '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs"}]'
mount_bundle no-source '.mounts += [{destination: "/data", type: "tmpfs"}]'
mount_bundle propagation-shared 'mount("/data"; "tmpfs"; "tmpfs"; "shared")'
mount_bundle propagation-slave 'mount("/data"; "tmpfs"; "tmpfs"; "rslave")'
mount_bundle propagation-unbindable 'mount("/data"; "tmpfs"; "tmpfs"; "unbindable")'
mount_bundle tmpcopyup 'mount("/filled"; "tmpfs"; "tmpfs"; "tmpcopyup") | also("stat /filled /filled/inside")'
mount_bundle over-another 'mount("/data"; "tmpfs"; "first"; "ro") | mount("/data"; "tmpfs"; "second"; "rw")'
mount_bundle below-another 'mount("/data"; "tmpfs"; "first"; "rw") | mount("/data/sub/deep"; "tmpfs"; "second"; "rw")'
mount_bundle missing-destination 'mount("/new/deep"; "tmpfs"; "tmpfs"; "rw") | also("stat /new /new/deep")'
mount_bundle missing-destination-file 'bind("/new/file"; "file"; "bind") | also("stat /new /new/file")'
mount_bundle symlink 'mount("/link"; "tmpfs"; "tmpfs"; "rw")'
mount_bundle symlink-absolute 'mount("/absolute"; "tmpfs"; "tmpfs"; "rw")'
mount_bundle symlink-dangling 'mount("/dangling"; "tmpfs"; "tmpfs"; "rw") | also("stat /nowhere /nowhere/new")'
mount_bundle symlink-upward 'mount("/upward"; "tmpfs"; "tmpfs"; "rw")'
mount_bundle relative-destination 'mount("data"; "tmpfs"; "tmpfs"; "rw")'
mount_bundle dots 'mount("/other/../data/."; "tmpfs"; "tmpfs"; "rw")'
mount_bundle bind 'bind("/data"; "dir"; "bind")'
mount_bundle bind-type-none 'mount("/data"; "none"; $bundle + "/dir"; "bind")'
mount_bundle bind-ro 'bind("/data"; "dir"; "bind,ro")'
mount_bundle bind-flags 'bind("/data"; "dir"; "bind,nosuid,nodev,noexec,noatime")'
mount_bundle bind-file 'bind("/existing"; "file"; "bind,ro") | also("read /existing -- write /existing")'
mount_bundle bind-relative-source 'mount("/data"; "bind"; "dir"; "bind")'
mount_bundle bind-missing-source 'bind("/data"; "missing"; "bind")'
mount_bundle bind-file-on-directory 'bind("/data"; "file"; "bind")'
mount_bundle bind-directory-on-file 'bind("/existing"; "dir"; "bind")'
mount_bundle bind-private 'bind("/data"; "dir"; "rbind,rprivate")'
mount_bundle bind-proc-self 'mount("/proc/self"; "bind"; $bundle + "/dir"; "bind")'
mount_bundle on-proc 'mount("/proc"; "tmpfs"; "tmpfs"; "rw")'
mount_bundle bind-procfs-file 'mount("/proc/uptime"; "bind"; $bundle + "/file"; "bind")'
with_submount() { sources; mount -t tmpfs -o nosuid below "$BUNDLE/dir/sub"; }
submounted() { observe_bundle; umount "$BUNDLE/dir/sub"; }
submount_bundle() { scenario "$1" "$2 | also(\"create /data/new -- create /data/sub/new\")" submounted with_submount; }
submount_bundle mount-rbind 'bind("/data"; "dir"; "rbind")'
submount_bundle mount-rbind-ro 'bind("/data"; "dir"; "rbind,ro")'
submount_bundle mount-bind-not-recursive 'bind("/data"; "dir"; "bind")'
mount_bundle mqueue-and-shm '.'
mount_bundle none '.mounts = []'
mount_bundle absent 'del(.mounts)'
mount_bundle sysfs-rw '.mounts |= map(if .type == "sysfs" then .options = ["rw"] else . end)'
mount_bundle cgroup 'mount("/sys/fs/cgroup"; "cgroup"; "cgroup"; "ro,nosuid,noexec,nodev,relatime")'

bundle readonly '.root.readonly = true | also("create /new -- create /tmp/new")'
bundle root-missing '.root.path = "missing"'
bundle root-empty '.root.path = ""'
bundle root-absent 'del(.root)'
bundle root-absolute '.root.path = $bundle + "/rootfs"'
bundle root-dots '.root.path = "./../bundle/rootfs/"'
root_link() { mv "$ROOTFS" "$BUNDLE/real"; ln -s real "$ROOTFS"; }
bundle root-symlink . root_link
root_file() { rm -r "$ROOTFS"; : >"$ROOTFS"; }
bundle root-file . root_file
for propagation in shared slave unbindable rslave rprivate; do
	bundle "propagation-$propagation" ".linux.rootfsPropagation = \"$propagation\""
done
bundle propagation-unknown '.linux.rootfsPropagation = "public"'

masks() { mkdir -p "$ROOTFS/secret"; echo text >"$ROOTFS/secret/inside"; echo text >"$ROOTFS/hidden"; ln -s hidden "$ROOTFS/link"; }
bundle masked '.linux.maskedPaths = ["/secret", "/hidden"] | also("ls /secret -- read /hidden -- write /hidden x -- create /secret/new")' masks
bundle masked-missing '.linux.maskedPaths = ["/nothing", "/no/thing"]' masks
bundle masked-symlink '.linux.maskedPaths = ["/link"] | also("read /hidden")' masks
bundle masked-none '.linux.maskedPaths = []'
bundle masked-relative '.linux.maskedPaths = ["hidden"] | also("read /hidden")' masks
bundle readonly-paths '.linux.readonlyPaths = ["/secret", "/hidden"] | also("create /secret/new -- write /hidden x")' masks
bundle readonly-paths-missing '.linux.readonlyPaths = ["/nothing"]' masks
bundle readonly-paths-none 'del(.linux.readonlyPaths) | also("open /proc/sys/kernel/hostname rw")'
bundle readonly-paths-submount 'mount("/secret/sub"; "tmpfs"; "tmpfs"; "rw") | .linux.readonlyPaths = ["/secret"] | also("create /secret/sub/new")' masks

bundle device '.linux.devices = [{path: "/dev/tun", type: "c", major: 10, minor: 200, fileMode: 438, uid: 5, gid: 6}] | also("stat /dev/tun")'
bundle device-defaults '.linux.devices = [{path: "/dev/loop9", type: "b", major: 7, minor: 9}] | also("stat /dev/loop9")'
bundle device-fifo '.linux.devices = [{path: "/dev/queue", type: "p", fileMode: 384}] | also("stat /dev/queue")'
bundle device-below '.linux.devices = [{path: "/dev/net/deep/tun", type: "c", major: 10, minor: 200, fileMode: 384}] | also("stat /dev/net /dev/net/deep/tun")'
bundle device-outside-dev '.linux.devices = [{path: "/srv/null", type: "c", major: 1, minor: 3, fileMode: 438}] | also("stat /srv/null")'
bundle device-default-again '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 384, uid: 7}]'
bundle device-type-unknown '.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 3}]'
bundle device-relative '.linux.devices = [{path: "x", type: "c", major: 1, minor: 3}]'
bundle dev-not-mounted '.mounts |= map(select(.destination | startswith("/dev") | not)) | also("ls /dev")'
