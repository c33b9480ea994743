# Who the program runs as.
bundle default .
bundle ids '.process.user = {uid: 1000, gid: 2000}'
bundle ids-without-passwd '.process.user = {uid: 4711, gid: 4712}'
bundle additional-groups '.process.user = {uid: 1000, gid: 1000, additionalGids: [10, 20, 30]}'
bundle additional-groups-repeated '.process.user = {uid: 1000, gid: 1000, additionalGids: [20, 20, 1000]}'
bundle root-with-groups '.process.user.additionalGids = [0, 5]'
bundle umask '.process.user.umask = 63'
bundle umask-zero '.process.user.umask = 0'
bundle large-ids '.process.user = {uid: 4294967294, gid: 4294967294}'
bundle username-ignored '.process.user = {uid: 0, gid: 0, username: "user"}'

user_namespace='.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}] |
	.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
open_to_all() { chmod 755 "$WORK" "$WORK/$TOPIC" "$BUNDLE" "$ROOTFS"; }
bundle user-namespace "$user_namespace | also(\"read /proc/self/uid_map -- read /proc/self/gid_map\")" open_to_all
bundle user-namespace-ids "$user_namespace | .process.user = {uid: 1000, gid: 1000, additionalGids: [10]}" open_to_all
bundle user-namespace-unmapped-id "$user_namespace | .process.user = {uid: 70000, gid: 0}" open_to_all
bundle user-namespace-without-map '.linux.namespaces += [{type: "user"}]' open_to_all
