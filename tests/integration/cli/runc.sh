# cli/runc - called as runc, or as itself, husk has runc's forms.
# runs as: root user
# covers: 2.1-version 2.1-argv0 2.1-usage 2.2-list 2.2-ps 2.4-usage 8-02
. "$HUSK_TESTS/lib.sh"

ln -s "$HUSK_BIN" "$CASE_DIR/runc"
runc()
{
	"$CASE_DIR/runc" --root "$STATE_DIR" "$@"
}

version=$(husk --version | sed -n '1s/^husk version //p')
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+' "husk --version: its first line"
# That of the checkout; a build outside of one does not know.
commit=$(husk features | jq -r '.annotations["husk.commit"] // "unknown"')
like "$commit" '^([0-9a-f]{40}(-dirty)?|unknown)$' "features: the commit"
for spelling in --version -version -v version; do
	run runc "$spelling"
	exits 0 "runc $spelling"
	is "$(line 1)" "runc version $version" "runc $spelling: its first line"
	is "$(line 2)" "commit: $commit" "runc $spelling: the commit"
	is "$(line 3)" "spec: 1.3.0" "runc $spelling: the specification"
	like "$(line 4)" '^libseccomp: [0-9]+\.[0-9]+\.[0-9]+$' "runc $spelling: libseccomp"
	is "$(line 5)" "" "runc $spelling: nothing else"
done

run runc
exits 0 "no command asks for help"
run runc list --nonsense
exits 1 "an unknown option is exit code 1"
is "$(errors)" 'runc: unknown option "--nonsense"
  hint: try "runc list --help"' "and the name is runc's in it"
run runc frobnicate
exits 1 "an unknown command"
is "$(errors)" 'runc: unknown command "frobnicate"
  hint: try "runc --help"' "is named"
run runc state
is "$(errors)" 'runc: "state" requires exactly 1 argument(s)
  hint: try "runc state --help"' "an operand is missing"
run runc exec nobody
exits 255 "exec without a command: what is wrong is the process, as in runc"

run runc list --format json
is "$(output)" null "an empty list is null"
run runc list
is "$(output)" "ID          PID         STATUS      BUNDLE      CREATED     OWNER" "or a heading"
ok "and no directory is made for it" test ! -e "$STATE_DIR"

done_testing
