#!/bin/sh
# tests/engines/config.sh RUNTIME - the engines' own parsers read the drop-ins that `make install` installs.
#
# Inside the sandbox, whose /husk/engines has them with /husk for the program's directory.  The drop-ins are
# husk's: there is nothing to compare with.
. /tests/steps.sh

ENGINE=config/$RELEASE
dropins=/husk/engines

# The table @1 of what containerd makes of its configuration, without spaces
table()
{
	awk -v name="[plugins.\"$_plugin\".containerd.$1]" '$0 == name { on = 1; next } /^\[/ { on = 0 } on' flat
}

# knows RUNTIME...: husk and these, and CRI starts with them
knows()
{
	containerd config dump >out 2>err || stop_here "$(tail -n 3 err)"
	tr -d ' \t' <out | tr "'" '"' >flat
	like "$(table runtimes.husk)" '^runtime_type="io.containerd.runc.v2"$' "the type"
	like "$(table runtimes.husk.options)" '^BinaryName="/husk/husk"$' "the program"
	for _runtime; do
		like "$(table "runtimes.$_runtime")" '^runtime_type="io.containerd.runc.v2"$' "$_runtime beside it"
	done
	containerd >containerd.log 2>&1 &
	_containerd=$!
	until_true 20 ctr version || stop_here "$(tail -n 3 containerd.log)"
	ctr plugins ls >out
	kill $_containerd
	wait $_containerd
	same "$(awk '$2 ~ /^(cri|runtime)$/ && $1 ~ /cri/ && $NF != "ok"' out)" "" "CRI: $(grep -i 'cri.*error=' containerd.log)"
	grep -qE '^io.containerd[a-z.]*(cri|v1) .* ok' out || stop_here "no CRI"
}

# As containerd-1.toml says: behind what is there, be it Debian's or the administrator's
version_2()
{
	_plugin=io.containerd.grpc.v1.cri
	sed '/^version/d' $dropins/containerd-1.toml >>$_config
	[ "$_major" -eq 1 ] || _plugin=io.containerd.cri.v1.runtime
	knows runc
	like "$(grep bin_dir flat)" '"/usr/lib/cni"' "what was there before"
	# With settings of the administrator's, and runc among them.
	_plugin=io.containerd.grpc.v1.cri
	{
		grep '^version' $dropins/containerd-1.toml
		administrators
		printf '[plugins."%s".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n' $_plugin
		sed '/^version/d; /^# Leave this one/,$d' $dropins/containerd-1.toml
	} >$_config
	[ "$_major" -eq 1 ] || _plugin=io.containerd.cri.v1.runtime
	knows runc mine
	like "$(grep bin_dir flat)" '"/of/mine"' "what was there before"
	cat $dropins/containerd-1.toml >>$_config
	! containerd config dump >/dev/null 2>&1 || stop_here "a table that is there twice is taken"
}

# What $_plugin may have of others: a runtime, a directory
administrators()
{
	printf '[plugins."%s".cni]\n%s\n' $_plugin "${1:-bin_dir = \"/of/mine\"}"
	printf '[plugins."%s".containerd.runtimes.mine]\nruntime_type = "io.containerd.runc.v2"\n' $_plugin
}

# As containerd-2.toml says: imported into a file of version 3, not 2
version_3()
{
	_plugin=io.containerd.cri.v1.runtime
	mkdir -p /etc/containerd/conf.d
	cp $dropins/containerd-2.toml /etc/containerd/conf.d/husk.toml
	printf 'version = 3\nimports = ["/etc/containerd/conf.d/*.toml"]\n' >$_config
	knows runc
	administrators 'bin_dirs = ["/of/mine"]' >>$_config
	knows runc mine
	like "$(grep bin_dir flat)" '"/of/mine"' "what was there before"
	_plugin=io.containerd.grpc.v1.cri
	{
		printf 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'
		administrators
	} >$_config
	containerd config dump >out 2>err
	! grep -q /of/mine out || stop_here "containerd takes both versions together: containerd-2.toml need not warn"
	rm -r /etc/containerd/conf.d
}

containerd_reads()
{
	_major=$(containerd --version | sed -E 's/^[^ ]+ [^ ]+ v?([0-9]+)\..*/\1/')
	_config=/etc/containerd/config.toml
	cp $_config shipped.toml
	version_2
	[ "$_major" -eq 1 ] || version_3
	cp shipped.toml $_config
}

dockerd_validates()
{
	dockerd --help | grep -q -e --validate || not_here "this dockerd has no --validate"
	mkdir -p /etc/docker
	jq '. + {"default-runtime": "husk", "live-restore": true}' "$dropins/docker.json" >daemon.json
	dockerd --validate --config-file "$dropins/docker.json" || stop_here "as it is installed"
	dockerd --validate --config-file daemon.json || stop_here "with it as the default"
	sed 's/"runtimes"/"runtime"/' daemon.json >bad.json
	fails "don't match any configuration option" dockerd --validate --config-file bad.json
}

# And one that was started with it: a runtime by name, then a daemon told to read it again.
dockerd_uses()
{
	mkdir -p /etc/docker
	echo '{"storage-driver": "overlay2"}' >daemon.json
	dockerd --config-file "$PWD/daemon.json" >docker.log 2>&1 &
	_daemon=$!
	until_true 30 docker info || stop_here "$(tail -n 3 docker.log)"
	docker info -f '{{json .Runtimes}}' | grep -q '"husk"' && stop_here "it knows husk before it was told"
	jq -s add daemon.json "$dropins/docker.json" >new.json
	cat new.json >daemon.json
	kill -HUP $_daemon
	until_true 10 sh -c 'docker info -f "{{json .Runtimes}}" | grep -q "\"husk\""' ||
		stop_here "a reload does not add it: $(tail -n 3 docker.log)"
	docker import /tmp/bb.tar bb >/dev/null
	same "$(docker run --rm --network none --runtime husk bb echo hi)" hi
	kill $_daemon
	wait $_daemon
	jq '. + {"default-runtime": "husk"}' new.json >daemon.json
	dockerd --config-file "$PWD/daemon.json" >>docker.log 2>&1 &
	_daemon=$!
	until_true 30 docker info || stop_here "$(tail -n 3 docker.log)"
	same "$(docker info -f '{{.DefaultRuntime}}')" husk "default runtime"
	same "$(docker run --rm --network none bb echo hi)" hi
	kill $_daemon
	wait $_daemon
	ip link delete docker0
}

podman_reads()
{
	mkdir -p /etc/containers/containers.conf.d
	cp "$dropins/podman.conf" /etc/containers/containers.conf.d/50-husk.conf
	PODMAN_IGNORE_CGROUPSV1_WARNING=1
	export PODMAN_IGNORE_CGROUPSV1_WARNING
	podman --runtime husk --log-level warn info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}' >out 2>err ||
		stop_here "$(tail -n 3 err)"
	same "$(cat out)" "husk /husk/husk"
	# It tells keys that it does not know.
	same "$(grep -iE 'unknown|failed to decode|invalid' err)" "" "what it says of the file"
	rm /etc/containers/containers.conf.d/50-husk.conf
	fails 'husk' podman --runtime husk info
	! mountpoint -q /var/lib/containers/storage/overlay || umount /var/lib/containers/storage/overlay
}

# A link by another runtime's name: the engine needs no configuration, and finds that runtime's answers.
links_answer()
{
	mkdir -p links
	ln -s /husk/husk links/runc
	ln -s /husk/husk links/crun
	like "$(links/runc --version)" '^runc version ' "runc"
	like "$(links/crun --version)" '^crun version ' "crun"
	PATH=$PWD/links:$PATH dockerd --storage-driver overlay2 >docker.log 2>&1 &
	_daemon=$!
	until_true 30 docker info || stop_here "$(tail -n 3 docker.log)"
	docker import /tmp/bb.tar bb >/dev/null
	same "$(docker info -f '{{.DefaultRuntime}}') $(docker run --rm --network none bb echo hi)" "runc hi"
	like "$(docker version)" 'runc:' "its component"
	kill $_daemon
	wait $_daemon
	ip link delete docker0
}

make_image_tar /tmp/bb.tar
[ "$RUNTIME" = husk ] || exit 0
step "containerd config dump" containerd_reads
step "dockerd --validate" dockerd_validates
step "dockerd: --runtime husk after a reload, husk as default" dockerd_uses
step "podman info" podman_reads
step "a link named runc is Docker's runtime" links_answer
step "nothing is left" left_nothing '/docker$|/libpod'
