# process/environment - process.env, HOME from /etc/passwd, process.args and the search in PATH.
# covers: C-20 C-21
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
SECRET=leaked
export SECRET

config '.process.env = ["PATH=/bin", "A=1", "B=2", "A=3", "HOME=/h", "EMPTY="]'
probe env
is "$(output)" "PATH=/bin
A=3
B=2
HOME=/h
EMPTY=" "exactly the variables of the configuration; of equal ones the last, where the first was"

config '.process.env = ["A=1"]'
probe env
is "$(output)" "A=1
HOME=/" "HOME without an /etc/passwd"

printf '%s\n' '# comment' '' 'broken:x:0' 'root:x:0:0:root:/root:/bin/sh' 'root2:x:0:0::/wrong:' \
	>"$ROOTFS/etc/passwd"
probe env
has_home() { sed -n 's/^HOME=//p' "$OUT"; }
is "$(has_home)" /root "HOME is the user's in /etc/passwd: the first entry"

config '.process.env = ["HOME="]'
probe env
is "$(has_home)" /root "an empty HOME says nothing"

printf 'other:x:5:5::/other:\nroot:x:0:0:no newline at the end:/last' >"$ROOTFS/etc/passwd"
config '.process.env = []'
probe env
is "$(has_home)" /last "the last line may lack its newline"

{
	awk 'BEGIN { for (i = 0; i < 3000; i++) printf "long"; print ":x:0:0::/long:" }'
	printf 'root:x:0:0::/short:\n'
} >"$ROOTFS/etc/passwd"
probe env
is "$(has_home)" /short "a line too long to be an entry is passed over"

printf 'root:x:0:0::relative:\n' >"$ROOTFS/etc/passwd"
probe env
is "$(has_home)" / "a home that is not absolute"

rm "$ROOTFS/etc/passwd"
mkfifo "$ROOTFS/etc/passwd"
probe env
is "$(has_home)" / "an /etc/passwd that would block"
rm "$ROOTFS/etc/passwd"
ln -s /../../../etc/real "$ROOTFS/etc/passwd"
printf 'root:x:0:0::/linked:\n' >"$ROOTFS/etc/real"
probe env
is "$(has_home)" /linked "a symbolic link stays inside the root"
rm "$ROOTFS/etc/passwd"

config '.process.env = ["NOEQUALS"]'
probe env
fails_with 'NOEQUALS' "a variable without an equals sign"
config '.process.env = ["PATH=/nowhere:/bin"]'

# The first argument is looked for in the program's own PATH.
cp "$ROOTFS/probe" "$ROOTFS/bin/searched"
set_args searched args -- env "a b" ""
run_container
exits 0 "a program found in PATH"
has "arg 0" searched "its first argument is as configured"
has "arg 1" args "the next"
is "$(sed -n 's/^arg 4/&/p' "$OUT")" "arg 4 a b" "blanks and empty arguments survive"
set_args missing
run_container
fails_with 'exec: "missing": executable file not found in \$PATH' "a program that is not in PATH"

done_testing
