# process/exec-reason - why a program could not be executed.
# covers: 2.5-not-found 2.5-permission 2.5-not-a-directory 2.5-missing-library
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
try()	# PROGRAM REGEX NAME
{
	set_args "$1"
	run_container
	fails_with "$2" "$3"
}

try /missing 'exec: "/missing": .*[Nn]o such file or directory' "a missing file"
try /etc 'exec: "/etc": .*[Pp]ermission denied.*it is a directory' "a directory"

printf 'data' >"$ROOTFS/data"
try /data '[Pp]ermission denied.*not executable: mode 06' "a file without execute permission"
chmod 755 "$ROOTFS/data"
try /data 'neither an ELF program nor a script' "a file that is no program"
: >"$ROOTFS/empty"
chmod 755 "$ROOTFS/empty"
try /empty 'the file is empty' "an empty file"

printf '#!/bin/nosh -e\ntrue\n' >"$ROOTFS/script"
printf '#!/bin/nosh\r\ntrue\r\n' >"$ROOTFS/dos"
chmod 755 "$ROOTFS/script" "$ROOTFS/dos"
try /script 'its interpreter /bin/nosh does not' "a script without its interpreter"
try /dos 'DOS line ends' "a script from another system"
ln -s /nowhere "$ROOTFS/dangling"
try /dangling 'dangling symbolic link' "a dangling link"
try /data/x 'not a directory' "a path through a file"

# The probe's ELF header with another machine in it.
if [ "$(uname -m)" = x86_64 ]; then
	{ head -c 18 "$ROOTFS/probe"; printf '\267\000'; tail -c +21 "$ROOTFS/probe"; } >"$ROOTFS/foreign"
	chmod 755 "$ROOTFS/foreign"
	try /foreign 'built for aarch64, this machine is x86_64' "a program for another machine"
fi
dynamic=$(command -v jq)
cp "$dynamic" "$ROOTFS/dynamic"
try /dynamic 'its loader /.* does not' "a dynamic program without its loader"

add_mount /noexec tmpfs tmpfs noexec,mode=755
config '.mounts += [{destination: "/noexec/probe", type: "bind", source: $p, options: ["bind", "noexec"]}]' \
	--arg p "$ROOTFS/probe"
try /noexec/probe 'noexec' "a noexec mount"
try noprogram 'exec: "noprogram": executable file not found in \$PATH' "a name that is not in PATH"

done_testing
