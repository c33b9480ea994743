# attack/terminal - /dev/pts and /dev/console of an image; typing into the terminal of the host.
# CVE-2025-52565: what a link at /dev/pts/N or /dev/ptmx names would be mounted on /dev/console.
# attacks: T-PTY1 T-PTY2 T-PTY3 T-DEV3 T-TTY1
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary terminal
socket=$CASE_DIR/console.sock
receive()	# [FDRECV ARG]...
{
	fdrecv "$CASE_DIR/received" stream "$socket" "$@"
}
# nobody NAME: nothing was passed on
nobody()
{
	kill "$RECEIVER" 2>/dev/null
	wait "$RECEIVER" 2>/dev/null
	is "$(grep -c received "$CASE_DIR/received")" 0 "$1: no descriptor is passed on"
}

# No devpts is mounted; /dev/pts is the image's.
for kind in link number pattern file directory missing; do
	make_bundle "$CASE_DIR/pts-$kind"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	mkdir "$ROOTFS/dev/pts"
	case $kind in
	link)	ln -s "$CANARY/ptmx" "$ROOTFS/dev/pts/ptmx" ;;
	number)	ln -s /dev/ptmx "$ROOTFS/dev/pts/ptmx"
		ln -s "$CANARY/file" "$ROOTFS/dev/pts/0" ;;
	pattern) ln -s /proc/sys/kernel/domainname "$ROOTFS/dev/pts/ptmx"
		ln -s /proc/sys/kernel/domainname "$ROOTFS/dev/pts/0" ;;
	file)	echo image >"$ROOTFS/dev/pts/ptmx" ;;
	directory) mkdir "$ROOTFS/dev/pts/ptmx" ;;
	missing) rmdir "$ROOTFS/dev/pts"
		ln -s "$CANARY" "$ROOTFS/dev/pts" ;;
	esac
	set_terminal
	set_args /probe tty
	receive
	create_container "$ID" --console-socket "$socket"
	refused "/dev/pts of the image: $kind"
	nobody "/dev/pts of the image: $kind"
done
canary_intact "/dev/pts of the image"

# A tmpfs, or a directory of somebody else, on /dev/pts.
for kind in tmpfs bind; do
	make_bundle "$CASE_DIR/on-$kind"
	mkdir "$CASE_DIR/fake-$kind"
	echo fake >"$CASE_DIR/fake-$kind/ptmx"
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	case $kind in
	tmpfs)	add_mount /dev/pts tmpfs tmpfs nosuid ;;
	bind)	add_mount /dev/pts bind "$CASE_DIR/fake-$kind" bind ;;
	esac
	set_terminal
	receive
	create_container "$ID" --console-socket "$socket"
	refused "$kind on /dev/pts"
	nobody "$kind on /dev/pts"
	is "$(cat "$CASE_DIR/fake-$kind/ptmx")" fake "$kind on /dev/pts: nothing is written to it"
done

# /dev/console and /dev/ptmx of an image, with a terminal of the container's own.
for kind in link up dir fifo; do
	make_bundle "$CASE_DIR/console-$kind"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	mkdir "$ROOTFS/dev/pts"
	add_mount /dev/pts devpts devpts newinstance,ptmxmode=0666,mode=0620
	case $kind in
	link)	ln -s "$CANARY/console" "$ROOTFS/dev/console"
		ln -s "$CANARY/ptmx" "$ROOTFS/dev/ptmx" ;;
	up)	ln -s "../../../../../../..$CANARY/new" "$ROOTFS/dev/console" ;;
	dir)	mkdir "$ROOTFS/dev/console" ;;
	fifo)	mkfifo "$ROOTFS/dev/console" ;;
	esac
	set_terminal
	set_args /probe tty -- stat /dev/console -- lstat /dev/ptmx
	receive relay
	create_container "$ID" --console-socket "$socket"
	if [ "$kind" != fifo ]; then
		refused "/dev/console is a $kind"
		kill "$RECEIVER" 2>/dev/null
	else
		husk start "$ID"
		wait "$RECEIVER"
		tr -d '\r' <"$CASE_DIR/received" >"$OUT"
		like "$(value "stat /dev/console")" '^char .* 136:' "/dev/console is a $kind: covered by the terminal"
		destroy
	fi
	wait "$RECEIVER" 2>/dev/null
done
canary_intact "/dev/console of the image"

# What is passed on is a master of the container's devpts, and only that.
make_bundle "$CASE_DIR/passed"
set_terminal
set_args /probe exit 0
receive
create_container "$ID" --console-socket "$socket"
wait "$RECEIVER"
is "$(grep -c '^received ' "$CASE_DIR/received")" 1 "one descriptor is passed on"
like "$(cat "$CASE_DIR/received")" '^received .*/ptmx$' "a master"
destroy
# The other end is no socket.
: >"$CASE_DIR/file"
for end in "$CASE_DIR/file" "$CASE_DIR/none" /dev/null; do
	create_container "$ID" --console-socket "$end"
	refused "--console-socket ${end##*/}"
done

# TIOCSTI: the program must not be able to type into the terminal that husk was started from.
if command -v script >/dev/null 2>&1; then
	make_bundle "$CASE_DIR/type"
	set_terminal
	set_args /probe type "echo typed-into-the-host >$CASE_DIR/typed
"
	printf '%s\n' "'$HUSK_BIN' --root '$STATE_DIR' run --bundle '$BUNDLE' '$ID'" "sleep 0.3" >"$CASE_DIR/session"
	script -qec "sh -i '$CASE_DIR/session'" /dev/null >"$OUT" 2>&1 </dev/null
	like "$(tr -d '\r' <"$OUT")" '^paste (EPERM|ENOTTY|EINVAL)$' "TIOCLINUX is refused"
	# Another terminal than the host's: what is typed there stays there.
	not_ok "what is typed reaches no shell of the host" test -e "$CASE_DIR/typed"

	# The caller's own terminal, inherited: it is not the program's controlling terminal.
	config '.process.terminal = false'
	script -qec "'$HUSK_BIN' --root '$STATE_DIR' run --bundle '$BUNDLE' '$ID'; sleep 0.3" /dev/null \
		>"$OUT" 2>&1 </dev/null
	like "$(tr -d '\r' <"$OUT")" '^type (EPERM|EIO)$' "TIOCSTI into the caller's terminal is refused"
	like "$(tr -d '\r' <"$OUT")" '^paste (EPERM|ENOTTY|EINVAL)$' "so is TIOCLINUX"
else
	skip "typing into the terminal of the host" "script is not installed"
fi

done_testing
