# spec/bad-input - IDs, users, variables and documents that are wrong: a clear error, no change.
# attacks: T-ID2 T-ID3 T-CG3 T-PARSE1 T-PARSE2
# timeout: 120
# covers: bad-ids bad-user bad-env bad-json 2.5-id-format C-02 R-07 R-02
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe exit 0
cp "$BUNDLE/config.json" "$CASE_DIR/good.json"

# What must be as it was: mounts, cgroups, state, and every file of the bundle.
host()
{
	cut -d' ' -f5- /proc/self/mountinfo
	find /sys/fs/cgroup -type d -name "*$TAG*"
	find "$STATE_DIR" 2>/dev/null
	find "$BUNDLE" -printf '%p %y %m %U %G %s %T@\n'
	ls -A "$CASE_DIR/outside"
}

# unchanged NAME: the host is as it was when $CASE_DIR/before was written
unchanged()
{
	host >"$CASE_DIR/after"
	if cmp -s "$CASE_DIR/before" "$CASE_DIR/after"; then
		pass "$1: nothing is changed"
	else
		fail "$1: nothing is changed" "$(diff "$CASE_DIR/before" "$CASE_DIR/after")" ""
	fi
}

# ---- IDs --------------------------------------------------------------------------------------------

mkdir "$CASE_DIR/outside" "$STATE_DIR"
host >"$CASE_DIR/before"
rule='1 to 255 characters of [A-Za-z0-9_+.-], but not "." or ".."'
long=$(head -c 4096 /dev/zero | tr '\0' x)
# refused_id ID SHOWN
refused_id()
{
	for command in create run start state kill delete exec ps pause resume "delete --force"; do
		set -- "$1" "$2" "$command"
		case $command in
		create | run)	run husk $command --bundle "$BUNDLE" -- "$1" ;;
		exec)		run husk exec -- "$1" /probe ;;
		*)		run husk $command -- "$1" ;;
		esac
		isnt "$STATUS" 0 "$command of the ID \"$2\""
		is "$(errors)" "husk: invalid container ID format: $2: $rule" \
			"$command of the ID $2: its message"
	done
	unchanged "the ID $2"
}
refused_id .. '".."'
refused_id . '"."'
refused_id ../outside '"../outside"'
refused_id a/b '"a/b"'
refused_id / '"/"'
refused_id "" '""'
refused_id "a b" '"a b"'
refused_id "a
b" '"a?b"'
refused_id 'a;b' '"a;b"'
refused_id 'ä' '"ä"'
refused_id "$long" "\"$(printf %.64s "$long")\"..."
# Longer than a file's name may be.
refused_id "$(printf %.256s "$long")" "\"$(printf %.64s "$long")\"..."
rmdir "$STATE_DIR"

# ---- documents ----------------------------------------------------------------------------------------

host >"$CASE_DIR/before"
doc=$CASE_DIR/doc.json
line=$(jq -c . "$CASE_DIR/good.json")
# refused_doc NAME MESSAGE: $doc, which is outside of the bundle
refused_doc()
{
	run husk run --bundle "$BUNDLE" --config "$doc" "$ID"
	exits 1 "$1"
	is "$(errors)" "husk: $doc: $2" "$1: its message"
	unchanged "$1"
}
# deep N: N arrays, one in the other
deep()
{
	printf '%s,"x":' "${line%\}}"
	head -c "$1" /dev/zero | tr '\0' '['
	head -c "$1" /dev/zero | tr '\0' ']'
	echo '}'
}
deep 129 >"$doc"
refused_doc "deeper than anybody needs" \
	"not JSON: line 1, column $((${#line} + 4 + 128)): nested more than 128 deep"
deep 1000000 >"$doc"
refused_doc "a million arrays deep" \
	"not JSON: line 1, column $((${#line} + 4 + 128)): nested more than 128 deep"
printf '%s' "${line%\}}" >"$doc"
refused_doc "the end is missing" "not JSON: line 1, column ${#line}: the text ends too early"
printf '%s,"hostname":"other"}' "${line%\}}" >"$doc"
refused_doc "a member twice" 'not JSON: an object has two members "hostname"'
jq -c . "$CASE_DIR/good.json" | sed 's/"uid":0/"uid":0,"uid":1/' >"$doc"
refused_doc "a member twice, further in" 'not JSON: an object has two members "uid"'
printf '%s' "$line" | sed "s/husk-test/$(printf 'a\377b')/" >"$doc"
at=$(($(printf '%s' "${line%%husk-test*}" | wc -c) + 2))
refused_doc "bytes that are no UTF-8" "not JSON: line 1, column $at: invalid UTF-8"
printf '%s' "$line" | sed 's/husk-test/a\\u0000b/' >"$doc"
refused_doc "a NUL in a string" "not JSON: line 1, column $at: \\u0000 in a string"
printf '%s x' "$line" >"$doc"
run husk run --bundle "$BUNDLE" --config "$doc" "$ID"
like "$(errors)" 'not JSON: line 1, column [0-9]*: ' "something behind the document"
while IFS='|' read -r text message; do
	printf '%s' "$text" >"$doc"
	refused_doc "the document $text" "$message"
done <<'END'
|not JSON: line 1, column 1: the text ends too early
[]|expected an object, found an array
"text"|expected an object, found "text"
null|expected an object, found null
1e999|expected an object, found 1e999
{}|"ociVersion" is missing
{"ociVersion":1}|/ociVersion: expected a string, found 1
{"ociVersion":"2.0.0"}|/ociVersion: "2.0.0" is not a version of the runtime specification that husk knows; allowed: 1.x.y, such as 1.3.0
{"ociVersion":"1.0.0","process":[]}|/process: expected an object, found an array
{"ociVersion":"1.0.0","mounts":{}}|/mounts: expected an array, found an object
END
head -c 70000000 /dev/zero | tr '\0' ' ' >"$doc"
run husk run --bundle "$BUNDLE" --config "$doc" "$ID"
is "$(errors)" "husk: $doc: larger than 67108864 bytes" "70 MB of blanks"
rm "$doc"

# ---- users, variables ------------------------------------------------------------------------------

host >"$CASE_DIR/before"
# refused_value FILTER NAME MESSAGE
refused_value()
{
	jq "$1" "$CASE_DIR/good.json" >"$doc"
	run husk run --bundle "$BUNDLE" --config "$doc" "$ID"
	exits 1 "$2"
	is "$(errors)" "husk: $doc: $3" "$2: its message"
}
integers="allowed: integers from 0 to 4294967294"
for value in '"1:"' '"0"' '"+1"' '"0x0"' '"1 "' true; do
	refused_value ".process.user.uid = $value" "uid $value" "/process/user/uid: expected a number, found $value"
	refused_value ".process.user.gid = $value" "gid $value" "/process/user/gid: expected a number, found $value"
done
refused_value '.process.user.uid = []' "an array as uid" "/process/user/uid: expected a number, found an array"
for value in -1 4294967295 4294967296 18446744073709551616; do
	# As text: to jq it is a double.
	jq -c '.process.user.uid = "@"' "$CASE_DIR/good.json" | sed "s/\"@\"/$value/" >"$CASE_DIR/value.json"
	run husk run --bundle "$BUNDLE" --config "$CASE_DIR/value.json" "$ID"
	is "$(errors)" "husk: $CASE_DIR/value.json: /process/user/uid: $value is out of range; $integers" "uid $value"
done
refused_value '.process.user.uid = 1.5' "uid 1.5" "/process/user/uid: 1.5 is not an integer; $integers"
refused_value '.process.user.additionalGids = [0, -1]' "additionalGids -1" \
	"/process/user/additionalGids/1: -1 is out of range; $integers"
for value in '"NAME"' '"=x"' '""'; do
	refused_value ".process.env += [$value]" "the variable $value" \
		"/process/env/1: $value is not an environment variable; allowed: KEY=value, with a key"
done
for value in 1 null; do
	refused_value ".process.env += [$value]" "the variable $value" "/process/env/1: expected a string, found $value"
done
unchanged "users and variables"

set_args /probe sleep
start_container "$ID"
host >"$CASE_DIR/before"
for user in 1: :1 : '' +1 -1 0x0 ' 1' '1 ' 1:2:3 4294967295 4294967296 18446744073709551616 1:-1 1:+1 \
	1:4294967295 root ../1; do
	run husk exec --user "$user" "$ID" /probe ids
	exits 255 "exec --user \"$user\""
	is "$(errors)" "husk: user \"$user\": expected UID or \
UID:GID, numbers from 0 to 4294967294" "exec --user \"$user\": its message"
done
for env in NAME =x '' "$(printf 'NAME\n')"; do
	run husk exec --env "$env" "$ID" /probe env
	is "$(errors)" "husk: environment \"$env\": expected NAME=value" "exec --env \"$env\""
done
for gids in x 1, ,1 1,,2 4294967295 -1; do
	run husk exec --additional-gids "$gids" "$ID" /probe ids
	is "$(errors)" "husk: additional groups \"$gids\": expected GID,GID..." \
		"exec --additional-gids $gids"
done
for cap in '' CAP_ CAP_NOTHING 999 "CAP_KILL,CAP_CHOWN"; do
	run husk exec --cap "$cap" "$ID" /probe caps
	exits 255 "exec --cap \"$cap\""
	is "$(errors)" "husk: capability \"$cap\" is unknown: names are those of capabilities(7), such as CAP_NET_ADMIN" \
		"exec --cap \"$cap\": its message"
done
for signal in '' 0x9 -1 65 99999999999 SIG SIGNOTHING RTMIN+99 'KILL '; do
	run husk kill "$ID" -- "$signal"
	exits 1 "kill \"$signal\""
	is "$(errors)" "husk: unknown signal \"$signal\"" "kill \"$signal\": its message"
done
for n in -1 x 1x 99999999999 2147483648 ''; do
	run husk exec --preserve-fds="$n" "$ID" /probe
	isnt "$STATUS" 0 "exec --preserve-fds=$n"
	is "$(errors)" "husk: option --preserve-fds: \"$n\" is not a number from 0 to 2147483647
  hint: try \"husk exec --help\"" "exec --preserve-fds=$n: its message"
done
# What an engine asks for with a document.
while IFS='|' read -r filter message; do
	jq -n "{user: {uid: 0, gid: 0}, args: [\"/probe\"], cwd: \"/\", env: []} | $filter" >"$CASE_DIR/process.json"
	run husk exec --process "$CASE_DIR/process.json" "$ID"
	exits 255 "exec --process with $filter"
	is "$(errors)" "husk: process document $CASE_DIR/process.json: $message" "exec --process with $filter: its message"
done <<'END'
.user.uid = "1:"|/user/uid: expected a number, found "1:"
.user.gid = 4294967296|/user/gid: 4294967296 is out of range; allowed: integers from 0 to 4294967294
.env = ["NAME"]|/env/0: "NAME" is not an environment variable; allowed: KEY=value, with a key
.cwd = "relative"|/cwd: "relative" is not an absolute path; allowed: paths that begin with /
.args = []|/args: is empty; at least one is needed
END
is "$(status_of)" running "the container has not noticed"
is "$(husk ps --format json "$ID" | jq length)" 1 "and nothing runs in it beside its program"
unchanged "what exec and kill refuse"
destroy

done_testing
