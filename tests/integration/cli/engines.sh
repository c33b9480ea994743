# cli/engines - what `make install` installs, and the files that tell container engines of husk.
# covers: 8-08
. "$HUSK_TESTS/lib.sh"

need_command make
[ -f "$HUSK_SOURCE/Makefile" ] && [ -e "$HUSK_BUILD/libhusk.so" ] || skip_all "the source is not here"
root=$CASE_DIR/root
# Not "all": that is what is being tested, and may not be up to date for make's eyes.
run make -s -C "$HUSK_SOURCE" -o all BUILD="$HUSK_BUILD" DESTDIR="$root" PREFIX=/opt/husk install
exits 0 "make install"
is "$(errors)$(output)" "" "says nothing"
is "$("$root/opt/husk/bin/husk" --version | head -n 1)" "$("$HUSK_BIN" --version | head -n 1)" "the program runs"
dir=$root/opt/husk/share/husk/engines
is "$(ls "$dir" | tr '\n' ' ')" "README.md containerd-1.toml containerd-2.toml crio.conf docker.json podman.conf " \
	"the engines' files"
not_ok "all are filled in" grep -r '@[A-Z]*@' "$dir"

# get FILE KEY...: a value of a TOML file as JSON, by a parser that takes nothing but TOML
get()
{
	python3 - "$@" <<'END'
import json, sys, tomllib
with open(sys.argv[1], "rb") as f:
    value = tomllib.load(f)
for key in sys.argv[2:]:
    value = value[key]
print(json.dumps(value))
END
}
bin=/opt/husk/bin/husk
is "$(jq -cS . "$dir/docker.json")" "{\"runtimes\":{\"husk\":{\"path\":\"$bin\"}}}" "Docker: what it is to be told"
if python3 -c 'import tomllib' 2>/dev/null; then
	is "$(get "$dir/podman.conf" engine runtimes)" "{\"husk\": [\"$bin\"]}" "podman: the runtime"
	for list in runtime_supports_json runtime_supports_nocgroups; do
		is "$(get "$dir/podman.conf" engine $list | jq -c '[("husk", "crun") as $n | index($n) != null] | unique')" \
			'[true]' "podman: $list has husk, and what was in it"
	done
	is "$(get "$dir/podman.conf" | jq -c '[keys, (.engine | keys)] | flatten')" \
		'["engine","runtime_supports_json","runtime_supports_nocgroups","runtimes"]' "podman: nothing else is changed"
	for v in '1 io.containerd.grpc.v1.cri 2' '2 io.containerd.cri.v1.runtime 3'; do
		set -- $v
		is "$(get "$dir/containerd-$1.toml" version)" "$3" "containerd $1: version of the configuration"
		is "$(get "$dir/containerd-$1.toml" plugins "$2" containerd runtimes | jq -cS .)" \
			"{\"husk\":{\"options\":{\"BinaryName\":\"$bin\",\"SystemdCgroup\":false},\"runtime_type\":\"io.containerd.runc.v2\"}}" \
			"containerd $1: the runtime"
	done
	is "$(get "$dir/crio.conf" crio runtime runtimes | jq -cS .)" \
		"{\"husk\":{\"runtime_path\":\"$bin\",\"runtime_root\":\"/run/husk\",\"runtime_type\":\"oci\"}}" "CRI-O: the runtime"
else
	skip "TOML" "python3 has no tomllib"
fi

# And by the engines themselves, those that are installed.
if podman --version >/dev/null 2>&1; then
	sed "s|$bin|$HUSK_BIN|" "$dir/podman.conf" >"$CASE_DIR/containers.conf"
	run env CONTAINERS_CONF="$CASE_DIR/containers.conf" podman --root "$CASE_DIR/storage" \
		--runroot "$CASE_DIR/runroot" --storage-driver vfs --cgroup-manager cgroupfs --runtime husk \
		info --format '{{.Host.OCIRuntime.Path}} {{.Host.OCIRuntime.Version}}'
	is "$(line 1)" "$HUSK_BIN $("$HUSK_BIN" --version | head -n 1)" "podman finds husk where the file says"
else
	skip "podman finds husk where the file says" "podman does not run here"
fi
if containerd --version >/dev/null 2>&1; then
	major=$(containerd --version | sed 's/.* v*\([0-9]*\)\..*/\1/')
	run containerd --config "$dir/containerd-$major.toml" config dump
	like "$(output)" "BinaryName = ['\"]$bin['\"]" "containerd $major reads it"
else
	skip "containerd reads it" "containerd does not run here"
fi
if dockerd --help 2>/dev/null | grep -q -e --validate; then
	run dockerd --validate --config-file "$dir/docker.json"
	exits 0 "Docker reads it"
else
	skip "Docker reads it" "no dockerd of version 23 or later"
fi

done_testing
