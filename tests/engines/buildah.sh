#!/bin/sh
# tests/engines/buildah.sh RUNTIME - what buildah does with a runtime, step by step, inside the sandbox.
. /tests/steps.sh

VERSION=$(buildah --version | sed 's/.*version \([0-9.]*\).*/\1/')
ENGINE=buildah/$VERSION
export PODMAN_IGNORE_CGROUPSV1_WARNING=1

# The limits of files and processes are this machine's, which may forbid buildah's.
mkdir -p /etc/containers/containers.conf.d
printf '[containers]\ndefault_ulimits = ["nofile=512:512", "nproc=1000:1000"]\n' >/etc/containers/containers.conf.d/60-tests.conf

from()	# [OPTION]...: a working container, its name
{
	buildah from --pull-never --ulimit nofile=512:512 --ulimit nproc=1000:1000 "$@" localhost/bb
}

run()	# [OPTION]... NAME -- COMMAND...
{
	timeout 60 buildah run --runtime "$RUNTIME_PATH" "$@"
}

bud()	# [OPTION]... in the directory `context`
{
	timeout 100 buildah bud --runtime "$RUNTIME_PATH" --pull-never --network none --ulimit nofile=512:512 \
		--ulimit nproc=1000:1000 "$@" context
}

each()
{
	step "$@"
	buildah rm -a >/dev/null 2>&1
	rm -rf "$WORK/context"
	mkdir "$WORK/context"
}

runs()
{
	_c=$(from) || stop_here "from"
	same "$(run "$_c" -- echo hi)" hi
	exits 7 run "$_c" -- sh -c 'exit 7'
	same "$(run --user 5:6 --workingdir /tmp -e A=b "$_c" -- sh -c 'echo $(id -u) $(id -g) $PWD $A')" "5 6 /tmp b"
	same "$(echo typed | run "$_c" -- cat)" typed "standard input"
	run "$_c" -- sh -c 'echo kept >/made'
	same "$(run "$_c" -- cat /made)" kept "what one run leaves the next one finds"
	fails 'no such file|not found' run "$_c" -- /no/such
}

has_terminal()
{
	_c=$(from)
	like "$(in_terminal "buildah run --runtime $RUNTIME_PATH -t $_c -- sh -c 'test -t 0 && test -t 1 && tty'")" '^/dev/pts/0' \
		"a terminal"
}

mounts_things()
{
	_c=$(from)
	mkdir -p b
	echo host >b/f
	same "$(run -v "$WORK/b:/b" "$_c" -- cat /b/f)" host "a bind"
	same "$(run -v "$WORK/b:/b:ro" "$_c" -- /probe create /b/g)" "create /b/g EROFS" "a read-only one"
	run --mount type=tmpfs,dst=/t,tmpfs-size=1m "$_c" -- /probe mounts /t >out
	like "$(cat out)" '^mount /t tmpfs .*size=1024k' "a tmpfs"
}

has_rights()
{
	_c=$(from)
	run "$_c" -- /probe caps -- sched >out
	same "$(key seccomp)" 2 "a filter"
	[ "$(key effective)" != "$(/husk/probe caps | sed -n 's/^effective //p')" ] || stop_here "all capabilities"
	run --cap-drop all "$_c" -- /probe caps >out
	same "$(key effective)" 0000000000000000 "--cap-drop all"
	run --cap-add CAP_NET_ADMIN "$_c" -- /probe caps >out
	like "$(key effective)" '[13579bdf]...$' "--cap-add CAP_NET_ADMIN"
	for ns in pid ipc uts net mnt; do
		[ "$(run "$_c" -- readlink "/proc/self/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ] || [ $ns = net ] ||
			stop_here "the host's $ns namespace"
	done
	same "$(run --pid host "$_c" -- readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)" "--pid host"
}

maps_ids()
{
	_c=$(from --userns-uid-map 0:300000:1000 --userns-gid-map 0:300000:1000)
	same "$(run "$_c" -- cat /proc/self/uid_map | tr -s ' ')" " 0 300000 1000"
	same "$(run "$_c" -- sh -c 'touch /f; stat -c %u /f /bin/busybox' | tr '\n' ' ')" "0 0 " "its files"
}

builds()
{
	cat >context/Dockerfile <<-'END'
		FROM localhost/bb AS first
		ARG WORD=none
		ENV A=$WORD
		RUN echo "$A $(id -u)" >/made && mkdir /d && chown 1000 /d
		RUN --mount=type=tmpfs,target=/t touch /t/f
		FROM localhost/bb
		COPY --from=first /made /made
		COPY f /f
		USER 1000
		WORKDIR /tmp
		RUN test "$(id -u)" = 1000 && test "$PWD" = /tmp && touch mine
		SHELL ["/bin/sh", "-ec"]
		RUN false || echo shell >/tmp/shell
	END
	echo copied >context/f
	bud -q --build-arg WORD=given -t made >out 2>&1 || stop_here "$(cat out)"
	_c=$(buildah from --pull-never --ulimit nofile=512:512 --ulimit nproc=1000:1000 localhost/made)
	same "$(run "$_c" -- cat /made /f /tmp/shell | tr '\n' ' ')" "given 0 copied shell "
	same "$(run "$_c" -- stat -c %u /tmp/mine)" 1000
	buildah rm -a >/dev/null
	buildah rmi made >/dev/null 2>&1
}

build_fails()
{
	printf 'FROM localhost/bb\nRUN exit 7\n' >context/Dockerfile
	fails '7' bud -q
	printf 'FROM localhost/bb\nRUN ["/no/such"]\n' >context/Dockerfile
	fails '/no/such' bud -q
	printf 'FROM localhost/bb\nRUN sleep 30\n' >context/Dockerfile
	bud -q >/dev/null 2>&1 &
	_build=$!
	soon 1 sh -c 'ps -A -o args | grep -c "^sleep 30$"'
	# It listens for signals once the runtime's start has returned, a moment after that.
	sleep 1
	kill -TERM "$(ps -A -o pid,args | awk '/ buildah bud / && !/timeout|awk/ { print $1; exit }')"
	wait $_build
	soon 0 sh -c 'ps -A -o args | grep -c "^sleep 30$"'
}

commits()
{
	_c=$(from)
	run "$_c" -- sh -c 'echo from >/d'
	buildah config --cmd 'cat /d' --env A=b "$_c"
	buildah commit -q "$_c" committed >out 2>&1 || stop_here "$(cat out)"
	same "$(podman --runtime "$RUNTIME_PATH" run --rm --network none localhost/committed 2>&1)" from "run by podman"
	same "$(buildah inspect -f '{{.OCIv1.Config.Env}}' committed | grep -c A=b)" 1
	buildah rmi committed >/dev/null
}

numbered()	# N: a working container of its own says it
{
	_own=$(from --name "number$1")
	run "$_own" -- echo "$1"
}

make_image_tar image.tar
mkdir context
podman import -c 'CMD ["/bin/sh"]' image.tar localhost/bb >import.log 2>&1 || {
	echo "not ok - $ENGINE/$RUNTIME: an image is there"
	tail -n 3 import.log
	exit 1
}

each "run" runs
each "terminal" has_terminal
each "mounts" mounts_things
each "capabilities, filter, namespaces" has_rights
each "user namespaces" maps_ids
each "bud" builds
each "bud that fails, or is ended" build_fails
each "config, commit" commits
each "8 at once" at_once 8 numbered
buildah rm -a >/dev/null 2>&1
podman rmi -f -a >/dev/null 2>&1
step "nothing is left of the containers" left_nothing '^/run/netns$|/libpod_parent(/conmon)?$'
