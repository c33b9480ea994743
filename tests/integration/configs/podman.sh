# configs/podman - what podman and buildah write.
# covers: 2.6-podman 2.6-conmon
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/engine.sh"

holder --net --ipc --uts
once podman-4.3.1-run hi
once podman-5.8.6-run hi
once podman-5.8.6-hooks ""
lasting podman-5.8.6-limits
lasting podman-5.8.6-pod-member
once podman-5.8.6-userns-idmap 0
let_holder_go
once buildah-1.43.2-run hi
on_terminal umoci-0.6.0-unpack "echo a'b'; exit" "^ab$"

done_testing
