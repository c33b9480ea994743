# cli/crun - called as crun, husk has crun's exit codes, output formats and meaning of --cap.
# covers: 2.1-version 2.1-argv0 2.1-usage 2.2-delete-regex 2.2-exec-cap 2.2-kill-regex 2.2-spec
# covers: 2.3-list-json 2.3-list-table 2.3-ps 2.3-state 2.4-exec-failure 2.4-usage 8-02
. "$HUSK_TESTS/lib.sh"

ln -s "$HUSK_BIN" "$CASE_DIR/crun"
crun()
{
	"$CASE_DIR/crun" --root "$STATE_DIR" "$@"
}

make_bundle
set_args /probe sleep

run crun --version
is "$(line 1)" "crun version $(sed -n 's/^husk version //p' <<-END
	$(husk --version)
	END
)" "--version: its first line"
like "$(line 2)" '^commit: ([0-9a-f]{40}(-dirty)?|unknown)$' "the commit"
is "$(line 3)" "rundir: $STATE_DIR" "the state directory"
is "$(line 4)" "spec: 1.3.0" "the version of the specification"
like "$(line 5)" '^\+[A-Z+ ]+$' "and what is built in"
like "$(line 5)" ' \+CRIU$' "checkpoints among it, which podman looks for"

run crun
exits 1 "no command"
is "$(line 1)" "" "is no request for help"
is "$(head -n 1 "$ERR")" "crun: please specify a command" "but an error"
run crun state --nonsense x
exits 64 "an unknown option"
run crun --nonsense list
exits 64 "a global one, too"
run crun list --format yaml
exits 64 "and a value that it does not have"
run crun state one two
exits 1 "one operand too many"
run crun list -?
exits 0 "-?"
like "$(line 1)" '^Usage: crun list' "is a request for help"

run crun list
is "$(output)" \
	"NAME PID       STATUS   BUNDLE PATH                             CREATED                        OWNER" \
	"list: a table without containers"
run crun list --format json
is "$(output)" "[

]" "list --format json without containers"

run crun run --detach --bundle "$BUNDLE" "$ID"
exits 0 "run --detach"
pid=$(pid_of)
created=$(husk state "$ID" | jq -r .created)
run crun list
is "$(line 1)" "$(printf "%-${#ID}s %-9s %-8s %-39s %-30s %s" NAME PID STATUS "BUNDLE PATH" \
	CREATED OWNER)" "list: its heading is as wide as the ID"
is "$(line 2)" "$(printf "%s %-9s %-8s %-39s %-30s %s" "$ID" "$pid" running "$BUNDLE" \
	"$created" root)" "list: a container"
run crun list --format json
is "$(output)" "[
    {
        \"id\": \"$ID\",
        \"pid\": $pid,
        \"status\": \"running\",
        \"bundle\": \"$BUNDLE\",
        \"created\": \"$created\",
        \"owner\": \"root\"
    }
]" "list --format json"
run crun list -q
is "$(output)" "$ID" "list -q"
run crun ps "$ID"
is "$(output)" "PID
$pid" "ps"
run crun ps --format json "$ID"
is "$(output)" "[
  $pid
]" "ps --format json"
crun state "$ID" >"$CASE_DIR/crun.json"
# runc leaves the owner out of it.
{ husk state "$ID" | sed 's/"owner": ""/"owner": "root"/'; echo; } >"$CASE_DIR/husk.json"
ok "state is the same document, with the owner and a newline" cmp "$CASE_DIR/crun.json" "$CASE_DIR/husk.json"

run crun exec --cap CAP_CHOWN "$ID" /probe caps
has bounding 0000000000000001 "exec --cap replaces the bounding set"
has effective 0000000000000001 "and the effective one"
run husk exec --cap CAP_CHOWN "$ID" /probe caps
has effective 0000000020000421 "called as husk, it adds to it"
run crun exec "$ID" /nothing
exits 1 "exec of what is not there"
run husk exec "$ID" /nothing
exits 255 "which as husk is 255"
run crun exec -t=false "$ID" /probe exit 7
exits 7 "exec -t=false, and the program's exit code"

set_cgroup "$ID-b"
crun run -d -b "$BUNDLE" "$ID-b" </dev/null >/dev/null
run crun kill --all --regex "^$ID(-b)?\$" KILL
exits 0 "kill --regex"
ok "kills the one" wait_until 10 has_status stopped
ok "and the other" wait_until 10 has_status stopped "$ID-b"
run crun kill --regex "[" KILL
fails_with 'regular expression "\[": ' "a regular expression that is none"
run crun delete --regex "^$ID"
exits 0 "delete --regex"
run crun list -q
is "$(output)" "" "deletes both"
run crun delete --force --regex "^$ID"
exits 0 "and none is no error"

mkdir "$CASE_DIR/new"
run crun spec -b "$CASE_DIR/new" -f other.json
exits 0 "spec --file"
ok "writes that file" jq -e .ociVersion "$CASE_DIR/new/other.json"
ok "and no other" test ! -e "$CASE_DIR/new/config.json"
run crun spec -b "$CASE_DIR/new" -f other.json
is "$(errors)" "crun: File other.json exists. Remove it first" "and only if it is not there"

done_testing
