# attack/dev - an image's /dev/null, zero and tty are something else; standard output is a pipe.
# attacks: T-DEV4 T-MASK1
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

canary dev
# bundle KIND NAME: nothing is mounted on /dev, where the image has NAME, a KIND
bundle()
{
	make_bundle "$CASE_DIR/$1-$2"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) |
		.linux.maskedPaths += ["/secret"]'
	echo secret >"$ROOTFS/secret"
	case $1 in
	link)	ln -s "$CANARY/$2" "$ROOTFS/dev/$2" ;;
	up)	ln -s "../../../../../../../../..$CANARY/file" "$ROOTFS/dev/$2" ;;
	pattern) ln -s /proc/sys/kernel/domainname "$ROOTFS/dev/$2" ;;
	file)	echo image >"$ROOTFS/dev/$2" ;;
	fifo)	mkfifo "$ROOTFS/dev/$2" ;;
	other)	mknod "$ROOTFS/dev/$2" c 1 8 ;;
	block)	mknod "$ROOTFS/dev/$2" b 7 200 ;;
	dir)	mkdir "$ROOTFS/dev/$2" ;;
	esac
}

kinds='link up pattern file fifo dir'
[ "$HUSK_USER" = user ] || kinds="$kinds other block"
for kind in $kinds; do
	for name in null zero tty; do
		[ "$kind" != dir ] || [ "$name" = null ] || continue
		bundle "$kind" "$name"
		set_args /probe lstat "/dev/$name" /secret -- write "/dev/$name" x -- read /secret
		run_container
		case $name in
		null)	number=1:3 ;;
		zero)	number=1:5 ;;
		tty)	number=5:0 ;;
		esac
		# Made by a user, a device is the host's, mounted over what the image has.
		if [ "$STATUS" -eq 0 ]; then
			like "$(value "lstat /dev/$name")" "^char .* $number " "/dev/$name is a $kind: what is there is the device"
			like "$(value "lstat /secret")" '^char .* 1:3 ' "and what is masked is masked"
		else
			like "$(errors)" "$name.*(exists|symbolic link|directory)|something else is there" \
				"/dev/$name is a $kind: is refused"
		fi
		[ "$kind" != file ] || is "$(cat "$ROOTFS/dev/$name")" image "nothing is written to it"
	done
done
canary_intact "/dev/null, zero and tty of an image"

# /dev is a directory of somebody's: what stands there for null must not become a standard stream.
make_bundle "$CASE_DIR/given"
mkdir "$CASE_DIR/dev"
echo image >"$CASE_DIR/dev/null"
canary_again "$CASE_DIR/dev"
config '.mounts |= map(select(.destination | startswith("/dev") | not))'
add_mount /dev bind "$CASE_DIR/dev" rbind
set_args /probe fds
streams()
{
	echo in | husk run --bundle "$BUNDLE" "$ID" 2>&1 | cat >"$OUT"
}
streams
is "$(grep -cE '^fd [012] pipe:' "$OUT")" 3 "0, 1 and 2 are the caller's pipes still"
run husk run --bundle "$BUNDLE" "$ID"
like "$(value "fd 0")" '^/dev/null' "and /dev/null where it was given"
set_args /probe fdwrite 0 x -- fdwrite 1 ''
run_container
is "$(cat "$CASE_DIR/dev/null")" image "what is at /dev/null in the container was not written to"
canary_intact "/dev is a directory of the host" "$CASE_DIR/dev"

done_testing
