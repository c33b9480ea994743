# namespaces/created - what is listed without a path is new, what is not listed is the caller's.
# covers: L-02 L-04 L-05
# runs as: root user
. "$HUSK_TESTS/lib.sh"

inode()	# FILE: of one of our own namespaces
{
	stat -Lc %i "/proc/self/ns/$1"
}

# only TYPE...: these namespaces, beside mount and (for a user) user.
only()
{
	make_bundle
	config 'del(.hostname) | .linux.namespaces |= (map(select(.type == "mount" or .type == "user")) +
		($ARGS.positional | map({type: .})))' --args "$@"
	# A /sys of the host's network takes the host's privilege to mount.
	config '.mounts |= map(select(.destination != "/sys" and .destination != "/dev/mqueue")) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	# A new instance of procfs is for a new pid namespace, unless one is privileged.
	case " $* " in
	*" pid "*) ;;
	*) config '.mounts |= map(if .destination == "/proc" then . + {type: "bind", source: "/proc",
		options: ["rbind"]} else . end)' ;;
	esac
}

files="cgroup ipc net pid time uts"
type_of()
{
	case $1 in net) echo network ;; *) echo "$1" ;; esac
}

for new in $files; do
	only "$(type_of "$new")"
	probe ns
	exits 0 "a new $new namespace"
	isnt "$(value "$new")" "$(inode "$new")" "a new $new namespace: it is another one"
	isnt "$(value mnt)" "$(inode mnt)" "a new $new namespace: and so is the mount namespace"
	for other in $files; do
		[ "$other" = "$new" ] || has "$other" "$(inode "$other")" "a new $new namespace: $other is shared"
	done
done

only pid ipc uts network cgroup time
probe ns -- self
exits 0 "all at once"
for new in $files; do
	isnt "$(value "$new")" "$(inode "$new")" "all at once: $new"
done
is "$(output | sed -n 's/^pid 1$/yes/p')" yes "all at once: process 1"

only
config '.linux.namespaces += [{"type": "pid"}, {"type": "pid"}]'
run_container
fails_with '/linux/namespaces/[0-9]+.*pid' "a kind that is listed twice"

done_testing
