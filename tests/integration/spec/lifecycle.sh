# spec/lifecycle - what runtime.md says about config.json and the process, beyond lifecycle/.
# covers: C-17 C-50 L-01 R-06 R-03 3.3-xdg-runtime-dir
. "$HUSK_TESTS/lib.sh"

make_bundle
probe mounts
for dest in /proc /sys /dev/pts /dev/shm; do
	like "$(output)" "^mount $dest " "$dest is there"
done

# config.json changes after create: neither start nor exec nor delete looks at it.
set_args /probe sleep
config '.process.env += ["WHEN=before"] | .annotations = {"org.opencontainers.image.stopSignal":
	"KILL", "org.example": "before"}'
create_container "$ID"
config '.process.args = ["/probe", "exit", "9"] | .process.env = ["WHEN=after"] |
	.annotations = {"org.example": "after"} | .process.user.uid = 77'
run husk start "$ID"
exits 0 "start, after config.json was changed"
run husk exec "$ID" /probe env
like "$(output)" 'WHEN=before$' "exec has the environment of create"
run husk exec "$ID" /probe ids
has uid "0 0 0" "and its user"
is "$(husk state "$ID" | jq -r '.annotations["org.example"]')" before "state: its annotations"
rm "$BUNDLE/config.json"
run husk exec "$ID" /probe exit 8
exits 8 "exec without any config.json"
run husk kill "$ID"
exits 0 "kill without a signal"
ok "sends the one that the annotation names" wait_until 10 has_status stopped
run husk delete "$ID"
exits 0 "delete without any config.json"

# process may be left out until start.
make_bundle
config 'del(.process)'
create_container "$ID"
exits 0 "create without a process"
is "$(status_of)" created "it is created"
run husk start "$ID"
isnt "$STATUS" 0 "start without a process"
like "$(errors)" '^husk: .*process' "says what is missing"
destroy

# The state directory of a user, and of a root that a user's namespace has.
in_namespace()	# COMMAND...: husk's, as such a root
{
	run env -u USER XDG_RUNTIME_DIR="$CASE_DIR/xdg" unshare --user --map-root-user \
		"$HUSK_BIN" --rootless=true "$@"
}
mkdir -p "$CASE_DIR/xdg"
make_bundle
config 'del(.linux.cgroupsPath)'
set_args /probe sleep
in_namespace run -d --bundle "$BUNDLE" "$ID"
exits 0 "run with XDG_RUNTIME_DIR"
ok "keeps its state there" test -d "$CASE_DIR/xdg/husk/$ID"
in_namespace delete --force "$ID"
exits 0 "and finds it there"

done_testing
