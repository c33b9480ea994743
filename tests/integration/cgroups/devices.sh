# cgroups/devices - device rules: default deny, in order, and the default devices always.
# covers: L-17
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

[ -n "$(v1 devices)$(v2)" ] || skip_all "no cgroup hierarchy that controls devices"
make_bundle
config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
# A node without a driver (60 is for local use): ENXIO when the rules let it pass, EPERM when not.
try_node()
{
	probe mknod /tmp/node c 60 11 -- open /tmp/node -- open /dev/null -- open /dev/zero -- \
		open /dev/urandom -- open /dev/tty
	rm -f "$ROOTFS/tmp/node"
}

check_defaults()	# NAME
{
	like "$(value "open /dev/null")" '^ok' "$1: /dev/null"
	like "$(value "open /dev/zero")" '^ok' "$1: /dev/zero"
	like "$(value "open /dev/urandom")" '^ok' "$1: /dev/urandom"
	has "open /dev/tty" ENXIO "$1: /dev/tty (no terminal, but allowed)"
}

config 'del(.linux.resources)'
try_node
has "open /tmp/node" EPERM "no rules: denied"
check_defaults "no rules"

config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
try_node
has "open /tmp/node" EPERM "deny all: denied"
check_defaults "deny all"

config '.linux.resources.devices = [{allow: false, access: "rwm"},
	{allow: true, type: "c", major: 60, minor: 11, access: "rwm"}]'
try_node
has "open /tmp/node" ENXIO "an allowed device"

config '.linux.resources.devices = [{allow: true, type: "c", major: 60, minor: 11, access: "rwm"},
	{allow: false, access: "rwm"}]'
try_node
has "open /tmp/node" EPERM "a later deny wins"

config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
try_node
has "open /tmp/node" ENXIO "allow all"
check_defaults "allow all"

config '.linux.resources.devices = [{allow: true, access: "rwm"},
	{allow: false, type: "c", major: 60, minor: 11, access: "rw"}]'
try_node
has "open /tmp/node" EPERM "one device taken out of all"
check_defaults "one taken out"

config '.linux.resources.devices = [{allow: true, type: "c", major: 60, access: "rwm"},
	{allow: false, type: "c", major: 60, minor: 11, access: "rwm"}]'
if [ -n "$(v1 devices)" ]; then
	try_node
	fails_with '/linux/resources/devices/1: cgroup v1 cannot make an exception' \
		"v1 cannot say that, and does not pretend to"
else
	try_node
	has "open /tmp/node" EPERM "a hole in a wider rule"
fi

done_testing
