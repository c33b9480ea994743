# annotations/seccomp - run.oci.seccomp.receiver, .seccomp_bpf_data, .seccomp_fail_unknown_syscall.
# covers: 3.1-seccomp-receiver 3.1-seccomp-plugins 3.1-seccomp-fail-unknown 3.1-seccomp-bpf 8-19
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
config 'del(.linux.seccomp) | .process.noNewPrivileges = true'
mkdir=83		# x86_64
[ "$(uname -m)" = x86_64 ] || skip_all "the filters are for x86_64"

# insn CODE JT JF K: one struct sock_filter, little-endian
insn()
{
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) \
		$(($1 >> 8)) $(($2)) $(($3)) $(($4 & 255)) $(($4 >> 8 & 255)) $(($4 >> 16 & 255)) \
		$(($4 >> 24 & 255)))"
}

# A filter that answers mkdir(2) with ACTION and allows the rest.
filter()
{
	{ insn 0x20 0 0 0; insn 0x15 0 1 $mkdir; insn 0x06 0 0 "$1"; insn 0x06 0 0 0x7fff0000; } |
		base64 -w0
}

annotate()	# KEY VALUE
{
	config '.annotations = {($k): $v}' --arg k "$1" --arg v "$2"
}

annotate run.oci.seccomp_bpf_data "$(filter 0x0005004d)"	# ERRNO | EBADFD
set_args /probe mkdir /tmp/x -- mkdir /tmp/y
run_container
exits 0 "seccomp_bpf_data"
has "mkdir /tmp/x" errno-77 "the filter answers"

config '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL"}'
run_container
has "mkdir /tmp/x" errno-77 "and replaces the profile"

set_args /probe sleep
start_container "$ID"
run_husk exec "$ID" /probe mkdir /tmp/x
has "mkdir /tmp/x" errno-77 "exec gets the filter, too"
destroy
config 'del(.linux.seccomp)'
set_args /probe mkdir /tmp/x

for bad in "" "no base64!" "QUJD" "$(insn 0x20 0 0 0 | base64)" "$(insn 0x94 0 0 0 | base64)"; do
	annotate run.oci.seccomp_bpf_data "$bad"
	run_container
	fails_with '/annotations/run.oci.seccomp_bpf_data: ' "bad data: \"$bad\""
done
is "$(status_of)" "" "nothing is left"

# USER_NOTIF: the listener goes to the receiver.
sock=$CASE_DIR/agent.sock
receive()
{
	fdrecv "$CASE_DIR/agent" stream "$sock"
}
annotate run.oci.seccomp_bpf_data "$(filter 0x7fc00000)"
set_args /probe echo ran
run_container
fails_with 'run.oci.seccomp.receiver is missing' "a filter with USER_NOTIF needs a receiver"

receive
config '.annotations["run.oci.seccomp.receiver"] = $s' --arg s "$sock"
run_container
exits 0 "with one"
ok "the listener is sent" wait_until 5 grep -q 'received anon_inode:seccomp notify' "$CASE_DIR/agent"

config 'del(.annotations) | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
run_container
fails_with '/linux/seccomp/listenerPath' "a profile that notifies nobody"
receive
annotate run.oci.seccomp.receiver "$sock"
run_container
exits 0 "seccomp.receiver stands for listenerPath"
ok "and gets the listener" wait_until 5 grep -q 'received anon_inode:seccomp notify' "$CASE_DIR/agent"
like "$(cat "$CASE_DIR/agent")" '"fds":\["seccompFd"\]' "with the state"

receive
config 'del(.annotations)'
run env RUN_OCI_SECCOMP_RECEIVER="$sock" "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
exits 0 "RUN_OCI_SECCOMP_RECEIVER does, too"
ok "and gets the listener" wait_until 5 grep -q 'received anon_inode:seccomp notify' "$CASE_DIR/agent"

annotate run.oci.seccomp.receiver agent.sock
run_container
fails_with '/annotations/run.oci.seccomp.receiver: "agent.sock" is not an absolute path' \
	"its path must be absolute"

config 'del(.annotations) | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{names: ["mkdir", "no_such_call"], action: "SCMP_ACT_ERRNO"}]}'
run_container
exits 0 "a profile with an unknown call"
annotate run.oci.seccomp_fail_unknown_syscall 1
run_container
fails_with '/linux/seccomp/syscalls/0/names/1: unknown system call no_such_call' \
	"with seccomp_fail_unknown_syscall it is refused, although the filter is in the cache"

annotate run.oci.seccomp.plugins /usr/lib/plugin.so
run_container
fails_with 'run.oci.seccomp.plugins: "/usr/lib/plugin.so": husk loads no plugins' "plugins are refused"
is "$(status_of)" "" "nothing is left"

done_testing
