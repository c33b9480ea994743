# lifecycle/listen-fds - LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES, sd_listen_fds(3).
# covers: R-08 3.3-listen-fds 8-17
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
for n in 3 4 5 6; do
	echo "file$n" >"$CASE_DIR/$n"
done

# with ENVIRONMENT COMMAND...: husk with descriptors 3 to 6 open; \$\$ in it is husk's own pid.
with()
{
	_env=$1
	shift
	run sh -c "$_env"' exec "$0" "$@" 3<"$CASE_DIR/3" 4<"$CASE_DIR/4" 5<"$CASE_DIR/5" 6<"$CASE_DIR/6"' \
		"$HUSK_BIN" --root "$STATE_DIR" "$@"
}
export CASE_DIR

got()	# what the program has got: descriptors, then variables
{
	output | sed -n 's/^fd \([0-9]*\).*/\1/p; s/^LISTEN_/&/p' | tr '\n' ' '
}

set_args /probe fds -- env
with 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b' run --bundle "$BUNDLE" "$ID"
is "$(got)" "0 1 2 3 4 LISTEN_FDS=2 LISTEN_PID=1 LISTEN_FDNAMES=a:b " "two sockets, with names"
with 'LISTEN_FDS=2' run --bundle "$BUNDLE" "$ID"
is "$(got)" "0 1 2 3 4 LISTEN_FDS=2 LISTEN_PID=1 " "without LISTEN_PID they are ours"
for pid in 1 0 '"$$ "' '-$$' x ""; do
	with "LISTEN_PID=$pid LISTEN_FDS=2 LISTEN_FDNAMES=a:b" run --bundle "$BUNDLE" "$ID"
	is "$(got)" "0 1 2 " "LISTEN_PID=$pid: meant for another process"
done
for n in 0 x -1 "" 99999999999; do
	with "LISTEN_FDS=$n" run --bundle "$BUNDLE" "$ID"
	is "$(got)" "0 1 2 " "LISTEN_FDS=$n: none"
done
with 'LISTEN_FDNAMES=a:b' run --bundle "$BUNDLE" "$ID"
is "$(got)" "0 1 2 " "names alone mean nothing"

with 'LISTEN_FDS=1' run --preserve-fds 2 --bundle "$BUNDLE" "$ID"
is "$(got)" "0 1 2 3 4 5 LISTEN_FDS=1 LISTEN_PID=1 " "--preserve-fds counts behind the sockets"
with 'LISTEN_PID=1 LISTEN_FDS=1' run --preserve-fds 2 --bundle "$BUNDLE" "$ID"
is "$(got)" "0 1 2 3 4 " "and from 3 when there is none of ours"
with 'LISTEN_FDS=9' run --bundle "$BUNDLE" "$ID"
fails_with 'unable to stat preserved-fd [0-9]+ \(of 9\)' "more than there are"

set_args /probe fdread 3 -- fdread 4 -- env
with 'LISTEN_PID=$$ LISTEN_FDS=2' run --bundle "$BUNDLE" "$ID"
has "fdread 3" file3 "in their order"
has "fdread 4" file4 "each where it was"

config '.process.env += ["LISTEN_FDS=7", "LISTEN_PID=8", "LISTEN_FDNAMES=c"]'
set_args /probe env
with 'LISTEN_FDS=1 LISTEN_FDNAMES=a' run --bundle "$BUNDLE" "$ID"
is "$(got)" "LISTEN_FDS=1 LISTEN_PID=1 LISTEN_FDNAMES=a " "they override the configuration's"
with 'LISTEN_PID=1 LISTEN_FDS=1' run --bundle "$BUNDLE" "$ID"
is "$(got)" "LISTEN_FDS=7 LISTEN_PID=8 LISTEN_FDNAMES=c " "which is left alone otherwise"
config '.process.env |= map(select(startswith("LISTEN") | not))'

set_args /probe fds -- env -- sleep
with 'LISTEN_FDS=1' create --bundle "$BUNDLE" "$ID"
exits 0 "create passes them, too"
cp "$OUT" "$CASE_DIR/created"
run husk start "$ID"
pid=$(pid_of)
is "$(readlink "/proc/$pid/fd/3")" "$CASE_DIR/3" "to the program that start lets run"
not_ok "and no more" test -e "/proc/$pid/fd/4"
destroy

done_testing
