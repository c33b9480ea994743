# peers/crun - what crun does wrong: each check names the defect of our list (D-nn) that it is about.
# Elsewhere: D-03 criu/restore, D-10 namespaces/net-devices, D-15 cgroups/owner.
# alone
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

# D-01: flags of earlier options were never cleared.
make_bundle
add_mount /a tmpfs tmpfs ro,rw,mode=755
add_mount /b tmpfs tmpfs nosuid,nodev,noexec,suid,dev,exec
add_mount /c tmpfs tmpfs suid,nosuid,rw,ro
probe mounts /a -- mounts /b -- mounts /c
like "$(value "mount /a")" '^tmpfs rw,relatime ' "D-01: ro, then rw, is writable"
like "$(value "mount /b")" '^tmpfs rw,relatime ' "D-01: a later suid, dev or exec takes nosuid, nodev, noexec back"
like "$(value "mount /c")" '^tmpfs ro,nosuid,relatime ' "D-01: and the other way round"

# D-02: the key of the cache of compiled filters did not tell such filters apart.
make_bundle
filter()	# NAMES ERRNO
{
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls:
		[{names: ($n | split(" ")), action: "SCMP_ACT_ERRNO", errnoRet: $e}]}' --arg n "$1" --argjson e "$2"
}
filter mkdir 38
probe mkdir /new
has "mkdir /new" ENOSYS "D-02: a filter"
filter mkdir 13
probe mkdir /new
has "mkdir /new" EACCES "D-02: another errnoRet is another filter"
filter "mk dir" 13
probe mkdir /new
has "mkdir /new" ok "D-02: two unknown names are not the one that they make together"

# D-04: what containerd's shim always passes.
set_args /probe exit 3
run husk run -no-subreaper --bundle "$BUNDLE" "$ID"
exits 3 "D-04: -no-subreaper"

# D-05
if [ -n "$(v1 pids)" ]; then
	make_bundle
	config '.linux.resources.pids.limit = 0'
	set_args /probe sleep
	start_container "$ID"
	is "$(cat "$(v1 pids)$CGROUP/pids.max")" 0 "D-05: a pids limit of 0"
	destroy
else
	skip "D-05: a pids limit of 0" "no cgroup v1 hierarchy with pids"
fi

# D-06: only pages used were limited, not those reserved; rdma and dmem could not be had by any way.
make_bundle
set_args /probe sleep
size=$(ls /sys/kernel/mm/hugepages 2>/dev/null | sed -n 's/hugepages-\(.*\)kB/\1/p' | sort -n | head -n 1)
if [ -n "$(dir_of hugetlb)" ] && [ -n "$size" ] && [ "$size" -ge 1024 ] && [ "$size" -lt 1048576 ]; then
	name=$((size / 1024))MB
	was=$(cat "$(v2)/cgroup.subtree_control" 2>/dev/null)
	config '.linux.resources.hugepageLimits = [{pageSize: $s, limit: 4194304}]' --arg s $name
	start_container "$ID"
	exits 0 "D-06: hugepageLimits"
	is "$(cg hugetlb hugetlb.$name.limit_in_bytes hugetlb.$name.max)" 4194304 "D-06: pages used"
	is "$(cg hugetlb hugetlb.$name.rsvd.limit_in_bytes hugetlb.$name.rsvd.max)" 4194304 "D-06: pages reserved"
	destroy
	case " $was " in
	*" hugetlb "*) ;;
	*) [ -z "$(v2)" ] || echo -hugetlb >"$(v2)/cgroup.subtree_control" 2>/dev/null ;;
	esac
else
	skip "D-06: hugepageLimits" "no hugetlb controller"
fi
for controller in rdma dmem; do
	config '.linux.resources = {unified: {($c + ".max"): ""}}' --arg c $controller
	create_container "$ID"
	if [ -n "$(v2)" ] && grep -qw $controller "$(v2)/cgroup.controllers"; then
		ok "D-06: unified switches $controller on" test -e "$(v2)/$ID/$controller.max"
	else
		like "$(errors)" "/linux/resources/unified/$controller.max: (cgroup v2 has no controller \"$controller\" here|needs cgroup v2)" \
			"D-06: unified of $controller is an error where it cannot be had"
		skip "D-06: unified switches $controller on" "no such controller on cgroup v2 here"
	fi
	destroy
done

# D-12: a weight of a device was an error without BFQ, where io.weight takes one.
disk=$(disk_of "$CASE_DIR")
config '.linux.resources = {blockIO: {weightDevice: [{major: ($d / ":" | .[0] | tonumber),
	minor: ($d / ":" | .[1] | tonumber), weight: 500}]}}' --arg d "${disk:-0:0}"
create_container "$ID"
if [ -z "$disk" ]; then
	skip "D-12: weightDevice" "$CASE_DIR is on no disk"
elif [ -e "$(dir_of blkio)/io.weight" ] && [ ! -e "$(dir_of blkio)/io.bfq.weight" ]; then
	exits 0 "D-12: weightDevice without BFQ"
	is "$(sed -n "s/^$disk //p" "$(dir_of blkio)/io.weight")" 4950 "D-12: is in io.weight"
else
	# Never silently: the device has it, or the error names member and file.
	[ "$STATUS" -ne 0 ] || is "$(sed -n "s/^$disk //p" "$(dir_of blkio)"/*io.bfq.weight_device)" 500 "D-12: weightDevice"
	[ "$STATUS" -eq 0 ] || fails_with '/linux/resources/blockIO/weightDevice/0: (write|open) ?".*weight|weightDevice' \
		"D-12: weightDevice under another scheduler is a named error"
	skip "D-12: io.weight in place of BFQ's" "this host has BFQ, or no io.weight; unit/test_cgroups_cg_resources.c has both"
fi
destroy

# D-07
make_bundle
config 'del(.mounts) | .linux = {namespaces: [{type: "mount"}]} | del(.hostname)'
probe exit 4
exits 4 "D-07: mounts may be missing"
config 'del(.linux) | .root.path = $r' --arg r "$ROOTFS"
probe exit 5
exits 5 "D-07: linux may be missing"

# D-08: hooks.
make_bundle
cat >"$CASE_DIR/hook" <<END
#!/bin/sh
cat >"$CASE_DIR/hook.state"
/usr/bin/tr '\\0' '\\n' </proc/self/environ >"$CASE_DIR/hook.env"
END
chmod 755 "$CASE_DIR/hook"
config '.hooks.createRuntime = [{path: ($d + "/hook")}]' --arg d "$CASE_DIR"
set_args /probe exit 0
SECRET=of-the-caller
export SECRET
run_container
exits 0 "D-08: a container with hooks"
is "$(jq -r '.status' "$CASE_DIR/hook.state")" creating "D-08: the status that a hook is told"
like "$(jq -r '.ociVersion' "$CASE_DIR/hook.state")" '^1\.[0-9]+\.[0-9]+' "D-08: the whole version"
is "$(jq -r '.pid > 0' "$CASE_DIR/hook.state")" true "D-08: the pid"
ok "D-08: a hook" test -s "$CASE_DIR/hook.state"
not_ok "D-08: without env gets nothing of the caller's" grep -q SECRET "$CASE_DIR/hook.env"

# D-09
run husk features
for query in '.linux.namespaces | index("time")' '.linux.seccomp.archs | length' '.linux.seccomp.supportedFlags | length' \
	'.linux.cgroup.rdma' '.potentiallyUnsafeConfigAnnotations | index("org.systemd.property.")'; do
	is "$(jq "$query | . != null and . != 0" "$OUT")" true "D-09: features: $query"
done

# D-11: a library that runs a constructor in every program that links it.
# A sanitizer brings one of its own.
if command -v readelf >/dev/null 2>&1 && ! readelf -d "$HUSK_BIN" | grep -q libasan; then
	is "$(readelf -d "$HUSK_BIN" | grep -c PREINIT_ARRAY)" 0 "D-11: nothing runs before main"
fi

# D-13
make_bundle
add_mount /a tmpfs tmpfs nosymfollow,lazytime,silent,loud
probe mounts /a
like "$(value "mount /a")" '^tmpfs rw,relatime,nosymfollow rw,lazytime' "D-13: options that are flags are not sent to the file system as text"

# D-14
make_bundle
config '.process.capabilities.bounding += ["CAP_OF_TOMORROW"] | .process.capabilities.effective += ["CAP_OF_TOMORROW"]'
set_args /probe caps
run husk --log "$CASE_DIR/log" --log-level=warn run --bundle "$BUNDLE" "$ID"
exits 0 "D-14: an unknown capability is no error"
like "$(cat "$CASE_DIR/log")" 'CAP_OF_TOMORROW' "D-14: but a warning"

done_testing
