# process/seccomp-cache - compiled filters are kept, and what is kept cannot weaken a container.
# covers: 3.5-seccomp-cache
. "$HUSK_TESTS/lib.sh"

make_bundle
profile()	# ERRNO: mkdir fails with it
{
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls:
		[{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: $e}]}' --argjson e "$1"
}
cache=$STATE_DIR/~seccomp
entries()
{
	ls "$cache" 2>/dev/null | wc -l | tr -d ' '
}
# denied ERRNO NAME
denied()
{
	probe mkdir /new
	exits 0 "$2"
	has "mkdir /new" "$1" "$2: the filter holds"
}

profile 38
denied ENOSYS "the first container"
is "$(entries)" 1 "its filter is kept"
is "$(stat -c '%a %u' "$cache" "$cache"/*)" "700 0
600 0" "where nobody else can write or read"
kept=$(stat -c '%i %Y' "$cache"/*)
denied ENOSYS "the second"
is "$(stat -c '%i %Y' "$cache"/*)" "$kept" "has taken that one: it has not been written again"
profile 13
denied EACCES "another profile"
is "$(entries)" 2 "has an entry of its own"

# What is in the file counts: a filter that stands there is used ...
profile 38
name=$(ls -i "$cache" | awk -v i="${kept%% *}" '$1 == i { print $2 }')
other=$(ls "$cache" | grep -v "^$name\$")
cp "$cache/$name" "$CASE_DIR/kept"
for damage in empty cut flipped other text; do
	case $damage in
	empty)	: >"$cache/$name" ;;
	cut)	head -c 100 "$CASE_DIR/kept" >"$cache/$name" ;;
	# "return ERRNO(38)" has become "return ALLOW".
	flipped) LC_ALL=C sed 's/\x06\x00\x00\x00\x26\x00\x05\x00/\x06\x00\x00\x00\x00\x00\xff\x7f/' \
			"$CASE_DIR/kept" >"$cache/$name"
		not_ok "one rule is another one" cmp -s "$CASE_DIR/kept" "$cache/$name" ;;
	other)	cp "$cache/$other" "$cache/$name" ;;
	text)	echo 'not a filter' >"$cache/$name" ;;
	esac
	denied ENOSYS "a damaged entry ($damage)"
done
# ... unless somebody else could have written it.
cp "$CASE_DIR/kept" "$cache/$name"
chmod 666 "$cache/$name"
denied ENOSYS "an entry that anybody may write"
rm "$cache/$name"
ln -s "$other" "$cache/$name"
denied ENOSYS "an entry that is a link to another"
rm -r "$cache"
: >"$cache"
denied ENOSYS "no directory where it should be"
rm "$cache"
denied ENOSYS "and a new one"
is "$(entries)" 1 "is filled again"
is "$(husk list --quiet)" "" "list does not take it for a container"
run husk state '~seccomp'
fails_with 'invalid container ID format' "nor can one have its name"

done_testing
