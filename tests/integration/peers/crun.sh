# peers/crun - what crun does wrong: each check names the defect of our list (D-nn) that it is about.
# Elsewhere: D-03 criu/restore, D-06 and D-12 unit/test_cgroups_cg_resources.c and
# cgroups/limits, limits-v2 (hugetlb, rdma and BFQ are not on every host), D-15 cgroups/owner.
. "$HUSK_TESTS/lib.sh"

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
