# configs/rootless - what engines without privilege write, run where they run it.
# covers: 3.5-rootless
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/engine.sh"

inside_user_namespace
once docker-28.5.2-rootless ""
once podman-4.3.1-rootless hi
once podman-5.8.6-rootless-v2 hi
let_holder_go

done_testing
