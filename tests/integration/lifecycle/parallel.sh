# lifecycle/parallel - containers made at the same time do not get in each other's way.
# covers: R-02
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config 'del(.linux.cgroupsPath)'
set_args /probe uts
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	husk run --bundle "$BUNDLE" "$ID-$i" >"$CASE_DIR/out-$i" 2>&1 </dev/null &
done
wait
is "$(cat "$CASE_DIR"/out-* | grep -c '^hostname husk-test$')" 12 "12 containers at once"

# One ID, many creators: exactly one wins.
set_args /probe sleep
for i in 1 2 3 4 5 6; do
	{ husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>"$CASE_DIR/err-$i" </dev/null &&
		echo won >"$CASE_DIR/won-$i"; } &
done
wait
is "$(cat "$CASE_DIR"/won-* | wc -l)" 1 "one of 6 creators of the same ID wins"
is "$(cat "$CASE_DIR"/err-* | grep -c 'already exists')" 5 "the others are told so"
is "$(status_of)" created "and the container is there"
destroy

done_testing
