# lifecycle/hooks-state - what every kind of hook gets: the whole state, environment, directory, files.
# covers: C-45 C-46 C-47
# runs as: root
. "$HUSK_TESTS/lib.sh"

make_bundle
need_command jq
seen=$CASE_DIR/seen
mkdir "$seen"

# Write down everything about this process.
cat >"$CASE_DIR/hook" <<-END
	#!/bin/sh
	cat >$seen/\$1.state
	env -u PWD -u SHLVL -u _ | sort >$seen/\$1.env
	pwd >$seen/\$1.cwd
	fds=
	for fd in /proc/self/fd/*; do	# 10 is the script, and the directory's is closed by now
		[ -h "\$fd" ] && [ "\${fd##*/}" -lt 10 ] && fds="\$fds\${fd##*/} "
	done
	echo "\$fds" >$seen/\$1.fds
	echo "\$1.\$2" >>$seen/order
END
chmod +x "$CASE_DIR/hook"
kinds="prestart createRuntime createContainer poststart poststop"
config '.hooks = ([ $ARGS.positional[] | { (.): [
	{path: $hook, args: ["a0", ., "1"], env: ["A=b", "LONG=x=y"]},
	{path: $hook, args: ["a0", ., "2"], env: ["A=b", "LONG=x=y"]}] } ] | add) |
	.hooks.startContainer = [{path: "/probe", env: ["IN=side"], args: ["p", "cat", "--", "echo", "",
		"--", "env", "--", "cwd", "--", "fds"]}] |
	.annotations = {"run.oci.hooks.stdout": $out, "a.b/c": "d"}' \
	--arg hook "$CASE_DIR/hook" --arg out "$CASE_DIR/inside" --args $kinds
set_args /probe sleep

create_container "$ID"
exits 0 "create"
pid=$(pid_of)
run husk start "$ID"
exits 0 "start"
run husk kill "$ID" KILL
wait_until 5 has_status stopped
run husk delete "$ID"
exits 0 "delete"

is "$(tr '\n' ' ' <"$seen/order")" "prestart.1 prestart.2 createRuntime.1 createRuntime.2 \
createContainer.1 createContainer.2 poststart.1 poststart.2 poststop.1 poststop.2 " \
	"kind by kind, and in each as listed"

# state STATUS PID: the whole document
state()
{
	jq -cn --arg id "$ID" --arg b "$BUNDLE" --arg s "$1" --argjson p "$2" --arg out "$CASE_DIR/inside" \
		'{ociVersion: "1.3.0", id: $id, pid: $p, status: $s, bundle: $b,
		rootfs: ($b + "/rootfs"), created: "", annotations: {"run.oci.hooks.stdout": $out,
		"a.b/c": "d"}, owner: "root"}' | jq -cS .
}
got()	# FILE
{
	jq -cS '.created |= sub("^20[0-9-]*T[0-9:]*[.][0-9]{9}Z$"; "")' "$1"
}
is "$(got "$seen/prestart.state")" "$(state creating "$pid")" "state of prestart"
is "$(got "$seen/createRuntime.state")" "$(state creating "$pid")" "state of createRuntime"
is "$(got "$seen/createContainer.state")" "$(state creating 1)" \
	"state of createContainer, with the pid as the container sees it"
head -n 1 "$CASE_DIR/inside" >"$seen/startContainer.state"
is "$(got "$seen/startContainer.state")" "$(state created 1)" \
	"state of startContainer"
is "$(got "$seen/poststart.state")" "$(state running "$pid")" "state of poststart"
is "$(got "$seen/poststop.state")" "$(state stopped 0)" "state of poststop"

for kind in $kinds; do
	is "$(cat "$seen/$kind.env")" "A=b
LONG=x=y" "$kind: the environment of the configuration and no other"
	is "$(cat "$seen/$kind.fds")" "0 1 2 " "$kind: no descriptor but 0, 1 and 2"
done
for kind in prestart createRuntime poststart poststop; do
	is "$(cat "$seen/$kind.cwd")" "$BUNDLE" "$kind: in the bundle"
done
is "$(cat "$seen/createContainer.cwd")" / "createContainer: not in the image"
is "$(sed 1d "$CASE_DIR/inside" | grep -v '^$' | sed 's/^\(fd [0-9]*\).*/\1/')" "IN=side
cwd /
fd 0
fd 1
fd 2" "startContainer: the same"
done_testing
