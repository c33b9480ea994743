# namespaces/identity - host name, domain name, loopback.
# covers: C-37 C-38 3.5-loopback
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config '.hostname = "box-7" | .domainname = "example.net"'
probe uts -- net
exits 0 "names"
has hostname box-7 "the host name"
has domainname example.net "the domain name"
is "$(value "if lo")" "up,loopback,running" "loopback is up"
is "$(output | grep -c '^if ')" 1 "and there is nothing else"

host=$(cat /proc/sys/kernel/hostname)
isnt "$host" box-7 "the host keeps its own name"

make_bundle
config 'del(.hostname)'
probe uts
has hostname "$host" "without a name it begins with the host's"

# ---- mistakes ----
make_bundle
no_namespace uts
run_container
fails_with '/hostname.*uts' "a host name without a uts namespace"

make_bundle
config '.hostname = ("x" * 65)'
run_container
fails_with '/hostname' "a host name of 65 bytes"

make_bundle
config '.linux.namespaces |= map(if .type == "uts" then .path = "/proc/self/ns/uts" else . end)'
run_container
fails_with '/hostname.*would change the host' "the host's own uts namespace by path"

done_testing
