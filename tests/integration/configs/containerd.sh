# configs/containerd - what containerd (ctr, CRI, kubelet) and CRI-O write.
# covers: 2.6-containerd
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/engine.sh"

holder --net --ipc --uts --pid
once containerd-1.6.20-ctr-run hi
once containerd-2.1.9-ctr-run hi
once containerd-2.1.9-ctr-userns " 0 100000 65536"
HOST_ID=0
lasting containerd-2.1.9-cri-sandbox
lasting containerd-2.1.9-cri-container
lasting kubelet-1.20.2-containerd-1.6.20-container
lasting crio-1.37.0-sandbox
lasting crio-1.37.0-container
let_holder_go

done_testing
