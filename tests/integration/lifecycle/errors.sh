# lifecycle/errors - what is wrong is found before anything is made, and said.
# covers: C-02 C-03 R-07 bad-ids
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle

run husk create --bundle "$CASE_DIR/nothing" "$ID"
fails_with 'config\.json.*[Nn]o such file or directory|[Nn]o such file' "a bundle that does not exist"

for id in . .. a/b 'a b' ''; do
	run husk create --bundle "$BUNDLE" "$id"
	isnt "$STATUS" 0 "the ID \"$id\""
done

echo '{' >"$BUNDLE/broken.json"
cp "$BUNDLE/config.json" "$BUNDLE/good.json"
cp "$BUNDLE/broken.json" "$BUNDLE/config.json"
create_container "$ID"
isnt "$STATUS" 0 "a config.json that is no JSON"
cp "$BUNDLE/good.json" "$BUNDLE/config.json"

config '.root.path = "nowhere"'
create_container "$ID"
fails_with 'nowhere.*[Nn]o such file or directory' "a root filesystem that does not exist"

cp "$BUNDLE/good.json" "$BUNDLE/config.json"
config 'del(.process.args)'
run_container
isnt "$STATUS" 0 "nothing to run"

cp "$BUNDLE/good.json" "$BUNDLE/config.json"
add_mount /data bind "$CASE_DIR/missing" rbind
run_container
fails_with 'missing.*[Nn]o such file or directory' "a bind mount whose source does not exist"

cp "$BUNDLE/good.json" "$BUNDLE/config.json"
config '.process.cwd = "relative"'
run_container
isnt "$STATUS" 0 "a relative working directory"

run husk list --quiet
is "$(output)" "" "nothing is left of any of them"

done_testing
