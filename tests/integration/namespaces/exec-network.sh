# namespaces/exec-network - exec into a container that shares the host's network although its config.json
# has a network namespace: --network took its place.
# runs as: root user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/namespaces/functions"

# shares: exec comes into all of its namespaces, and the network is ours
shares()
{
	set_args /probe sleep
	run husk run --detach --network host --bundle "$BUNDLE" "$ID"
	exits 0 "$1"
	pid=$(pid_of)
	run husk exec "$ID" /probe ns
	exits 0 "$1: exec"
	has net "$(stat -L -c %i /proc/self/ns/net)" "$1: in the network of all"
	for file in cgroup ipc mnt pid user uts; do
		has "$file" "$(inode "$pid" "$file")" "$1: $file"
	done
	destroy
}

make_bundle
shares "with the namespaces of the bundle"
if [ "$HUSK_USER" = root ]; then
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	shares "with a user namespace"
fi
done_testing
