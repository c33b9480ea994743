# attack/program - images that want husk's own file as their program, or write to it.
# CVE-2019-5736: what runs in a container must never be a file of the host.
# attacks: T-EXE1 T-EXE2 T-EXE3 T-EXE4
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"

sum=$(sum_of "$HUSK_BIN")
inode=$(stat -c '%i %Y %Z %s' "$HUSK_BIN")
untouched()
{
	is "$(sum_of "$HUSK_BIN") $(stat -c '%i %Y %Z %s' "$HUSK_BIN")" "$sum $inode" "$1: husk itself is as it was"
}

# Entry points that are husk-init's own file.
make_bundle
printf '#!/proc/self/exe\n' >"$ROOTFS/script"
chmod +x "$ROOTFS/script"
ln -s /proc/self/exe "$ROOTFS/link"
for program in /script /link /proc/self/exe /proc/1/exe /proc/self/fd/0 /proc/self/fd/3 /proc/self/fd/7 \
	/dev/fd/7 /proc/self/task/1/fd/7; do
	set_args "$program" exit 0
	run_container 7<"$HUSK_BIN" </dev/null
	isnt "$STATUS" 0 "the program $program"
done
untouched "programs that are links"

# The image's dynamic linker is the attacker's, and the first code of the image that runs.
dynamic=$(command -v env)
interpreter=$(od -An -c -v "$dynamic" | tr -d ' \n' | grep -o '/lib[a-z0-9_./-]*ld-[a-z0-9_.-]*so[.0-9]*' | head -n 1)
if [ -n "$interpreter" ]; then
	make_bundle "$CASE_DIR/linker"
	mkdir -p "$ROOTFS${interpreter%/*}" "$ROOTFS/lib" "$ROOTFS/usr/lib"
	cp "$dynamic" "$ROOTFS/program"
	cp "$HUSK_PROBE" "$ROOTFS$interpreter"
	for library in libc.so.6 libseccomp.so.2 libcap.so.2 ld-musl-x86_64.so.1; do
		cp "$HUSK_PROBE" "$ROOTFS/lib/$library"
	done
	set_args /program write /proc/self/exe x -- lstat /proc/self/exe -- write /proc/1/exe x
	run_container
	has "write /proc/self/exe" ETXTBSY "the linker runs as part of the program"
	like "$(value "lstat /proc/self/exe")" '-> /program$' "which is the image's own file"
	untouched "a linker of the image's"
else
	skip "a linker of the image's" "no program that is linked dynamically"
fi

# As fast as it can: /proc/PID/exe of whoever comes in.
make_bundle "$CASE_DIR/steal"
set_args /probe steal-exe
config '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"])'
husk create --bundle "$BUNDLE" "$ID" >"$CASE_DIR/seen" 2>"$ERR" </dev/null
husk start "$ID"
rounds=${ROUNDS:-40} n=0
while [ $n -lt "$rounds" ]; do
	n=$((n + 1))
	husk exec "$ID" /probe exit 0 </dev/null >/dev/null 2>&1 || break
done
is "$n" "$rounds" "exec works meanwhile"
: >"$ROOTFS/stop"
wait_until 10 has_status stopped
destroy
ok "it has met husk-init ($(sed -n 's/^seen //p' "$CASE_DIR/seen") times)" \
	grep -q '^seen [1-9]' "$CASE_DIR/seen"
is "$(grep -c stolen "$CASE_DIR/seen")" 0 "and could not open its file in any way"
untouched "opening /proc/PID/exe"

done_testing
