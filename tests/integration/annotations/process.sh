# annotations/process - run.oci.keep_original_groups, .pidfd_receiver, .handler, .mount_context_type;
# what is not ours.
# covers: 3.1-keep-groups 3.1-pidfd-receiver 3.1-handler 3.1-mount-context 3.1-krun 8-19 8-20
# runs as: root
. "$HUSK_TESTS/lib.sh"

annotate()	# KEY VALUE
{
	config '.annotations = {($k): $v}' --arg k "$1" --arg v "$2"
}

make_bundle
need_command setpriv
config '.process.user.additionalGids = [7, 8]'
set_args /probe ids

run_container
has groups "7 8" "without it the program gets the configuration's groups"

annotate run.oci.keep_original_groups 1
run setpriv --groups 5,6 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
exits 0 "keep_original_groups"
has groups "5 6" "the caller's groups stay, and none is added"

set_args /probe sleep
run setpriv --groups 5,6 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --detach --bundle "$BUNDLE" "$ID"
exits 0 "a container with it"
run setpriv --groups 9 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER exec "$ID" /probe ids
has groups 9 "exec keeps the groups of its own caller"
destroy

set_args /probe echo hello
annotate run.oci.pidfd_receiver "$CASE_DIR/pidfd.sock"
fdrecv "$CASE_DIR/pidfd" stream "$CASE_DIR/pidfd.sock"
run_container
exits 0 "pidfd_receiver"
ok "it has got something" wait_until 5 grep -q received "$CASE_DIR/pidfd"
like "$(cat "$CASE_DIR/pidfd")" 'received (pidfd:|anon_inode:\[pidfd\])' "which is a pidfd"

rm -f "$CASE_DIR/pidfd.sock"
run_container
fails_with 'pidfd socket: connect to .*pidfd.sock: No such file' "nobody listens"
is "$(status_of)" "" "nothing is left"

annotate run.oci.pidfd_receiver pidfd.sock
run_container
fails_with '/annotations/run.oci.pidfd_receiver: "pidfd.sock" is not an absolute path' \
	"its path must be absolute"

for handler in krun wasm ""; do
	annotate run.oci.handler "$handler"
	run_container
	fails_with "/annotations/run.oci.handler: \"$handler\": husk has no handlers" \
		"handler \"$handler\" is refused"
done
is "$(status_of)" "" "nothing is left"

# SELinux need not be there: the plan tells.
annotate run.oci.mount_context_type fscontext
config '.linux.mountLabel = "u:r:t:s0:c1,c2"'
run_husk plan --bundle "$BUNDLE"
like "$(output)" '"fscontext=u:r:t:s0:c1,c2"' "mount_context_type"
annotate run.oci.mount_context_type seclabel
run_husk plan --bundle "$BUNDLE"
fails_with '/annotations/run.oci.mount_context_type: "seclabel" is none of' "an unknown one"
run_husk validate --bundle "$BUNDLE"
isnt "$STATUS" 0 "validate knows"
like "$(output)" '^/annotations/run.oci.mount_context_type: "seclabel" is none of' "and says so"
config 'del(.linux.mountLabel)'

config '.annotations = {"io.kubernetes.cri.container-type": "sandbox", "run.oci.unknown": "x",
	"module.wasm.image/variant": "compat", "krun.cpus": "x", "org.opencontainers.image.title": "t"}'
run_container
exits 0 "annotations that are not ours"
is "$(output)" hello "change nothing"

run_husk features
# Each has its checks above, or in a case beside this one.
for name in mount_context_type seccomp.receiver seccomp.plugins seccomp_fail_unknown_syscall seccomp_bpf_data \
	keep_original_groups pidfd_receiver systemd.force_cgroup_v1 systemd.subgroup delegate-cgroup \
	hooks.stdout hooks.stderr handler; do
	is "$(jq --arg n "run.oci.$name" '.potentiallyUnsafeConfigAnnotations | index($n) != null' "$OUT")" true \
		"features lists run.oci.$name"
	like "$(cat "$HUSK_TESTS"/integration/annotations/*.sh)" "annotate run\.oci\.$name |run\.oci\.$name\"?:" \
		"and a case is about it"
done
is "$(jq '.potentiallyUnsafeConfigAnnotations | index("org.systemd.property.") != null' "$OUT")" true \
	"features lists org.systemd.property."
is "$(jq '.potentiallyUnsafeConfigAnnotations | (. - ["run.oci.unknown"] | length) ==
	(unique | length)' "$OUT")" true "each once"

done_testing
