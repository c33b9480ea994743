# lifecycle/threads - eight threads of one program make containers at the same time.
# runs as: root user
# timeout: 120
. "$HUSK_TESTS/lib.sh"

make_bundle
config 'del(.linux.cgroupsPath)'
set_args /probe exit 0
run "$HUSK_THREADS" "$STATE_DIR" "$BUNDLE" "$TAG" 8 "${THREADS_RUNS:-20}"
exits 0 "it comes to its end"
has failures 0 "every container is made, run and deleted"
is "$(errors)" "" "and nothing else is said"
has inheritable 0 "no descriptor is without close-on-exec, not even for a moment"
has children none "no child is left"
set -- $(value descriptors)
is "${2-none}" "${1-some}" "as many descriptors are open as before"
is "$(find "$STATE_DIR" -mindepth 1 -maxdepth 1 ! -name '[.~]*')" "" "no state is left"

done_testing
