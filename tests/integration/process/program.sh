# process/program - a program that is not there is an error of create, not of start.
# runs as: root user
# covers: C-21
#
# Engines tell 126 and 127 from what create says (podman, conmon); runc and crun report it there.
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir "$ROOTFS/a" "$ROOTFS/b" "$ROOTFS/a/prog" "$ROOTFS/dir"
cp "$HUSK_PROBE" "$ROOTFS/b/prog"
cp "$HUSK_PROBE" "$ROOTFS/dir/here"
printf data >"$ROOTFS/data"
ln -s /nowhere "$ROOTFS/dangling"

refused()	# PROGRAM REGEX NAME
{
	set_args "$1"
	create_container "$ID"
	fails_with "$2" "create: $3"
	run husk list --quiet
	is "$(output)" "" "and no container is left"
}
refused /nothing 'exec: "/nothing": no such file or directory' "a missing file"
refused nothing 'exec: "nothing": executable file not found in \$PATH' "a name that is not in PATH"
refused /dir 'exec: "/dir": permission denied.*it is a directory' "a directory"
refused /data 'exec: "/data": permission denied.*not executable' "a file without execute permission"
refused /dangling 'exec: "/dangling": no such file or directory' "a dangling link"
refused /data/x 'exec: "/data/x": not a directory' "a path through a file"

found()	# PROGRAM NAME
{
	set_args "$1" exit 3
	create_container "$ID"
	exits 0 "create: $2"
	run husk start "$ID"
	exits 0 "start: $2"
	destroy
}
config '.process.env = ["PATH=/a:/b"]'
refused other 'exec: "other": executable file not found in \$PATH' "not in any of PATH"
found prog "a directory of that name comes first in PATH"
config '.process.cwd = "/dir"'
found ./here "a path from the working directory"
refused ./prog 'exec: "./prog": no such file or directory' "a path that is not below it"
config '.process.env = ["PATH=:/none"]'
found here "an empty element of PATH is the working directory"
refused prog 'exec: "prog": executable file not found in \$PATH' "not in the working directory either"
config '.process.env = ["PATH="]'
found here "an empty PATH is the working directory"
refused prog 'exec: "prog": executable file not found in \$PATH' "an empty PATH"
config '.process.env = ["PATH=../b"]'
found prog "a relative element of PATH"

done_testing
