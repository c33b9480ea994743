# cli/engines - what `make install` installs and `make uninstall` takes away, and the files that tell
# container engines of husk.
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
is "$(ls "$dir" | tr '\n' ' ')" "README.md containerd-1.toml containerd-2.toml crio.conf docker.json podman.conf runtimeclass.yaml " \
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
	for list in runtime_supports_json runtime_supports_nocgroup; do
		is "$(get "$dir/podman.conf" engine $list | jq -c '[("husk", "crun") as $n | index($n) != null] | unique')" \
			'[true]' "podman: $list has husk, and what was in it"
	done
	is "$(get "$dir/podman.conf" | jq -c '[keys, (.engine | keys)] | flatten')" \
		'["engine","runtime_supports_json","runtime_supports_nocgroup","runtimes"]' "podman: nothing else is changed"
	for v in '1 io.containerd.grpc.v1.cri 2' '2 io.containerd.cri.v1.runtime 3'; do
		set -- $v
		is "$(get "$dir/containerd-$1.toml" version)" "$3" "containerd $1: version of the configuration"
		is "$(get "$dir/containerd-$1.toml" plugins "$2" containerd runtimes | jq -cS '{husk}')" \
			"{\"husk\":{\"options\":{\"BinaryName\":\"$bin\",\"SystemdCgroup\":false},\"runtime_type\":\"io.containerd.runc.v2\"}}" \
			"containerd $1: the runtime"
	done
	# A containerd 1 with a runtime configured has none of its own any more, and CRI needs its default.
	is "$(get "$dir/containerd-1.toml" plugins io.containerd.grpc.v1.cri containerd runtimes runc | jq -cS .)" \
		'{"runtime_type":"io.containerd.runc.v2"}' "containerd 1: its default runtime stays"
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

# Kubernetes' own description of its types says what a manifest may have.
if /usr/bin/python3 -c 'import kubernetes.client, yaml' 2>/dev/null; then
	cat >"$CASE_DIR/check.py" <<'END'
import re, sys, yaml
from kubernetes import client

def check(kind, value, where):
    inside = re.fullmatch(r'(list\[|dict\(str, )(.*)[\])]', kind)
    if inside and inside[1] == 'list[':
        assert isinstance(value, list), where
        for i, v in enumerate(value):
            check(inside[2], v, f'{where}[{i}]')
    elif inside:
        for k, v in value.items():
            check(inside[2], v, f'{where}.{k}')
    elif hasattr(client, kind):
        of, names = getattr(client, kind), {}
        for attribute, name in of.attribute_map.items():
            names[name] = of.openapi_types[attribute]
        for k, v in value.items():
            assert k in names, f'{where}.{k}: {kind} has no such field'
            check(names[k], v, f'{where}.{k}')
        # Its constructor refuses what misses a required field.
        of(**{a: value[n] for a, n in of.attribute_map.items() if n in value})
    else:
        assert isinstance(value, {'str': str, 'int': int, 'bool': bool}[kind]), f'{where}: no {kind}'

for file in sys.argv[1:]:
    try:
        manifest = yaml.safe_load(open(file))
        assert manifest['apiVersion'] == 'node.k8s.io/v1' and manifest['kind'] == 'RuntimeClass'
        check('V1RuntimeClass', manifest, '')
        print(manifest['handler'], *manifest.get('scheduling', {}))
    except (AssertionError, ValueError) as e:
        print('refused:', e)
END
	manifest=$dir/runtimeclass.yaml some=$CASE_DIR/some.yaml
	sed 's/^# *\(scheduling\|  nodeSelector\)/\1/' "$manifest" >"$some"
	sed 's/^handler:/handlr:/' "$manifest" >"$CASE_DIR/1.yaml"
	sed 's/^handler: husk/handler: 7/' "$manifest" >"$CASE_DIR/2.yaml"
	sed '/^handler/d' "$manifest" >"$CASE_DIR/3.yaml"
	sed 's/nodeSelector/nodeSelect/' "$some" >"$CASE_DIR/4.yaml"
	run /usr/bin/python3 "$CASE_DIR/check.py" "$manifest" "$some" "$CASE_DIR/1.yaml" "$CASE_DIR/2.yaml" \
		"$CASE_DIR/3.yaml" "$CASE_DIR/4.yaml"
	is "$(line 1)" husk "the RuntimeClass: its handler is the name in the other files"
	is "$(line 2)" "husk nodeSelector" "with its lines for some nodes only"
	is "$(line 3)" "refused: .handlr: V1RuntimeClass has no such field" "a field that is none"
	is "$(line 4)" "refused: .handler: no str" "a number for a name"
	like "$(line 5)" "refused: .*handler.*not be .None" "none"
	is "$(line 6)" "refused: .scheduling.nodeSelect: V1Scheduling has no such field" "a field below that is none"
else
	skip "the RuntimeClass" "python3-kubernetes is not installed (tests/deps.sh engines)"
fi

# Beside what somebody else has put there.
touch "$root/opt/husk/bin/other" "$root/opt/husk/share/man/man1/other.1"
run make -s -C "$HUSK_SOURCE" -o all BUILD="$HUSK_BUILD" DESTDIR="$root" PREFIX=/opt/husk uninstall
exits 0 "make uninstall"
is "$(cd "$root/opt/husk" && find . ! -type d | sort | tr '\n' ' ')" "./bin/other ./share/man/man1/other.1 " \
	"nothing of husk is left, and what is not husk's is"

done_testing
