# process/user - ids, groups, umask and capabilities of the program.
# covers: C-26 C-27 C-34 C-35 C-36 3.5-stdio-owner
. "$HUSK_TESTS/lib.sh"

make_bundle
none=0000000000000000

# Like probe(), with warnings.
warned()
{
	set_args /probe "$@"
	run husk --log-level warn run --bundle "$BUNDLE" "$ID"
}

probe ids -- caps
exits 0 "root of the container"
has uid "0 0 0" "uid"
has gid "0 0 0" "gid"
has groups "" "no group of the caller is left"
has umask 0022 "umask 022 where the configuration says nothing"
has bounding 0000000020000420 "bounding set"
has permitted 0000000020000420 "permitted set"
has effective 0000000020000420 "effective set"
has inheritable $none "inheritable set"
has ambient $none "ambient set"
has securebits 0 "securebits"

config '.process.user = {uid: 1000, gid: 1001, additionalGids: [7, 1234], umask: 63}'
probe ids -- caps -- sched
exits 0 "a user"
has uid "1000 1000 1000" "uid"
has gid "1001 1001 1001" "gid"
has groups "7 1234" "additional groups"
has umask 0077 "umask"
has bounding 0000000020000420 "bounding set"
has permitted $none "an ordinary program of a user has no capability"
has effective $none "nor an effective one"
has pdeathsig_keepcaps 0 "capabilities are not kept from now on"

set_args /probe open /proc/self/fd/1
run sh -c '"$@" 2>&1 | cat' sh "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
has "open /proc/self/fd/1" ok "the user can open its standard output, a pipe, again"

config '.process.capabilities |= (.inheritable = .permitted | .ambient = .permitted)'
probe caps
has permitted 0000000020000420 "ambient capabilities survive execve: permitted"
has effective 0000000020000420 "effective"
has inheritable 0000000020000420 "inheritable"
has ambient 0000000020000420 "ambient"

config 'del(.process.capabilities) | .process.user = {uid: 0, gid: 0}'
probe caps
for set in bounding permitted effective inheritable ambient; do
	has $set $none "no capabilities in the configuration, none in the program: $set"
done

config '.process.capabilities = {
	bounding: ["CAP_KILL", "CAP_NO_SUCH"], permitted: ["CAP_KILL", "CAP_NO_SUCH"],
	effective: ["CAP_KILL", "CAP_CHOWN"]}'
warned caps
exits 0 "capabilities that cannot be had are no error"
has bounding 0000000000000020 "those that can are there"
has effective 0000000000000020 "an effective one that is not permitted is left out"
like "$(errors)" 'CAP_NO_SUCH' "a warning names the unknown one"
like "$(errors)" 'CAP_CHOWN' "a warning names the one left out"

if ! have_cap 24; then
	config '.process.capabilities = {permitted: ["CAP_SYS_RESOURCE"], bounding: ["CAP_SYS_RESOURCE"],
		effective: ["CAP_SYS_RESOURCE"]}'
	warned caps
	exits 0 "a capability that the caller has not got"
	has permitted $none "is not there"
	like "$(errors)" 'CAP_SYS_RESOURCE' "and a warning says so"
fi

# Who calls has a smaller bounding set himself, but other capabilities from his inheritable ones; and
# with CAP_SETPCAP or not: nothing is left to be dropped.
make_bundle
set_args /probe caps
have=+chown,+dac_override,+dac_read_search,+fowner,+kill,+setgid,+setuid,+setpcap,+net_bind_service
have=$have,+net_admin,+sys_chroot,+sys_ptrace,+sys_admin,+mknod,+audit_write
# by SETPCAP BOUNDING: run the bundle as such a caller.
by()
{
	run setpriv --inh-caps="$have" \
		setpriv --inh-caps="$1setpcap" --bounding-set="-all,+kill,+net_bind_service,+audit_write$2" \
		"$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
}
if command -v setpriv >/dev/null; then
	for setpcap in + -; do
		by "$setpcap" ""
		exits 0 "a caller whose bounding set is the program's, ${setpcap}setpcap"
		has bounding 0000000020000420 "it is what the program has, ${setpcap}setpcap"
		has permitted 0000000020000420 "as are the others, ${setpcap}setpcap"
	done
	by + ,+chown
	has bounding 0000000020000420 "one more that is there is dropped"
	by - ,+chown
	fails_with 'needs CAP_SETPCAP: Operation not permitted' \
		"which takes CAP_SETPCAP"
else
	skip "callers with other sets" "no setpriv"
fi

done_testing
