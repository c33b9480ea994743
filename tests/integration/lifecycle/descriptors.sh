# lifecycle/descriptors - which open files a program gets.
# covers: R-08 3.3-listen-fds 8-17
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
echo three >"$CASE_DIR/three"
echo four >"$CASE_DIR/four"
echo five >"$CASE_DIR/five"
set_args /probe fds

run_container
is "$(output | grep -c '^fd')" 3 "0, 1, 2 and nothing else"

run sh -c 'exec "$0" "$@" 3<"$CASE_DIR/three" 7<"$CASE_DIR/five" 9</' "$HUSK_BIN" --root "$STATE_DIR" \
	run --bundle "$BUNDLE" "$ID"
exits 0 "a caller with more open files"
is "$(output | grep -c '^fd')" 3 "keeps them to itself"

set_args /probe fds -- fdread 3 -- fdread 4
run sh -c 'exec "$0" "$@" 3<"$CASE_DIR/three" 4<"$CASE_DIR/four" 5<"$CASE_DIR/five"' "$HUSK_BIN" \
	--root "$STATE_DIR" run --bundle "$BUNDLE" --preserve-fds 2 "$ID"
exits 0 "--preserve-fds 2"
has "fdread 3" three "3 is passed on"
has "fdread 4" four "4 is passed on"
is "$(output | grep -c '^fd [0-9]')" 5 "and nothing else"

set_args /probe fds -- fdread 3 -- env
run sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec "$0" "$@" 3<"$CASE_DIR/three"' "$HUSK_BIN" \
	--root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
exits 0 "LISTEN_FDS=1"
has "fdread 3" three "3 is passed on"
like "$(output)" '^LISTEN_FDS=1$' "LISTEN_FDS is set"
like "$(output)" '^LISTEN_PID=1$' "LISTEN_PID is the program's own"
like "$(output)" '^LISTEN_FDNAMES=web$' "LISTEN_FDNAMES is set"

set_args /probe sleep
start_container "$ID"
run sh -c 'exec "$0" "$@" 3<"$CASE_DIR/three" 4<"$CASE_DIR/four" 5<"$CASE_DIR/five"' "$HUSK_BIN" \
	--root "$STATE_DIR" exec --preserve-fds 1 "$ID" /probe fds -- fdread 3
has "fdread 3" three "exec --preserve-fds 1"
is "$(output | grep -c '^fd [0-9]')" 4 "and nothing else"

# What a created container's init holds until start is seen by nobody in the container, but it must
# not keep the caller's files open either.
destroy
create_container "$ID" 8<"$CASE_DIR/five"
pid=$(pid_of)
if [ "$HUSK_USER" = root ]; then
	unlike "$(ls -l "/proc/$pid/fd")" "$CASE_DIR/five" "a created container does not hold them"
fi
destroy

done_testing
