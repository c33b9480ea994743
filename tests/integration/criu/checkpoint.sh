# criu/checkpoint - what checkpoint asks of criu, with a program in its place.
# covers: 2.2-checkpoint 3.1-criu-config 8-18
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
mkdir "$CASE_DIR/data"
add_mount /data bind "$CASE_DIR/data" rbind,rw
mkdir "$ROOTFS/data" "$ROOTFS/real"
ln -s real "$ROOTFS/link"
add_mount /link none "$CASE_DIR/data" bind
config '.linux.maskedPaths = ["/proc/keys", "/proc/scsi", "/nowhere"]'
images=$CASE_DIR/images

fake_criu
start_container "$ID" </dev/null
pid=$(pid_of)
run husk checkpoint --image-path "$images" --leave-running "$ID"
exits 0 "checkpoint --leave-running"
is "$(output)$(errors)" "" "it prints nothing"
is "$(status_of)" running "the container goes on"
asked "request 10" "its version is asked for"
asked "request 1" "a dump is asked for"
asked "2 = $pid" "of the container's init"
asked "3 = 1" "and to leave it running"
asked "10 = dump.log" "the log is runc's"
asked "13 = $ROOTFS" "the root filesystem"
asked "12 = 1" "criu tells what it does"
asked "34 = 3" "cgroups: soft, by default"
asked "37 = mnt[/data]:/data" "a bind mount is outside"
asked "37 = mnt[/real]:/link" "a bind mount behind a link goes by where it is"
asked "37 = mnt[/dev/null]:/dev/null" "devices may be outside"
[ ! -e /proc/keys ] || asked "37 = mnt[/proc/keys]:/dev/null" "what masks a file is outside"
not_asked "37 = mnt\[/proc/scsi\]" "what masks a directory is not"
not_asked "37 = mnt\[/nowhere\]" "nor what is not there"
like "$(cat "$CRIU/criu.got")" "^44 = /sys/fs/cgroup.*$CGROUP\$" "criu freezes the container's cgroup"
not_asked "51 " "no configuration file, as there is none"
for off in 4 5 7 8 11 14 15 16 17 18 38 46 48 64; do
	not_asked "$off " "option $off is off"
done
is "$(cat "$images/descriptors.json")" "[\"/dev/null\",\"$OUT\",\"$ERR\"]" \
	"descriptors.json has the standard streams"
is "$(stat -c %a "$images")" 700 "the images are nobody else's business"

# Every option.
fake_criu
mkdir "$images/../parent"
run husk checkpoint --image-path "$images" --work-path "$CASE_DIR/new/work" --leave-running \
	--tcp-established --tcp-skip-in-flight --ext-unix-sk --shell-job --file-locks --lazy-pages \
	--auto-dedup --link-remap --empty-ns network --parent-path ../parent \
	--page-server 10.0.0.1:1234 --manage-cgroups-mode strict --network-lock nftables "$ID"
exits 0 "checkpoint with every option"
for on in 4 5 7 8 15 16 18 46 48; do
	asked "$on = 1" "option $on is on"
done
asked "11 { 1 = 10.0.0.1, 2 = 1234 }" "--page-server"
asked "14 = ../parent" "--parent-path"
asked "34 = 5" "--manage-cgroups-mode=strict"
asked "38 = 1073741824" "--empty-ns=network"
asked "64 = 2" "--network-lock=nftables"
asked "request 9" "whether pages can be lazy is asked first"
ok "--work-path is made" test -d "$CASE_DIR/new/work"
fake_criu
run husk checkpoint --image-path "$images" --leave-running --manage-cgroups-mode full "$ID"
asked "34 = 4" "--manage-cgroups-mode=full"
fake_criu
run husk checkpoint --image-path "$images" --leave-running --manage-cgroups-mode ignore "$ID"
asked "34 = 0" "--manage-cgroups-mode=ignore"
fake_criu
run husk checkpoint --image-path "$images" --leave-running --page-server '::1:99' "$ID"
asked "11 { 1 = ::1, 2 = 99 }" "--page-server of IPv6"

# In the current directory unless told.
mkdir "$CASE_DIR/here"
fake_criu
(cd "$CASE_DIR/here" && run husk checkpoint --leave-running "$ID" && exit "$STATUS")
is $? 0 "checkpoint without --image-path"
ok "goes to ./checkpoint" test -f "$CASE_DIR/here/checkpoint/descriptors.json"

fake_criu "notify status-ready"
husk checkpoint --image-path "$images" --leave-running --lazy-pages --status-fd 7 "$ID" \
	7>"$CASE_DIR/status-fd"
is "$(od -An -tx1 "$CASE_DIR/status-fd" | tr -d ' ')" 00 "--status-fd gets a NUL when pages are ready"

# Configuration of criu.
(
	mkdir -p /etc/criu
	mount -t tmpfs tmpfs /etc/criu || exit 0
	touch /etc/criu/runc.conf
	fake_criu
	run husk checkpoint --image-path "$images" --leave-running "$ID"
	grep -qxF '51 = /etc/criu/runc.conf' "$CRIU/criu.got" || exit 1
	touch /etc/criu/crun.conf
	fake_criu
	run husk checkpoint --image-path "$images" --leave-running "$ID"
	grep -qxF '51 = /etc/criu/crun.conf' "$CRIU/criu.got" || exit 2
	ln -s "$HUSK_BIN" "$CASE_DIR/runc"
	fake_criu
	run "$CASE_DIR/runc" --root "$STATE_DIR" checkpoint --image-path "$images" --leave-running "$ID"
	grep -qxF '51 = /etc/criu/runc.conf' "$CRIU/criu.got" || exit 3
)
is $? 0 "/etc/criu/crun.conf, then runc.conf; called as runc, runc.conf"
umount /etc/criu 2>/dev/null
destroy
for value in /etc/mine.conf ""; do
	config '.annotations["org.criu.config"] = $v' --arg v "$value"
	start_container "$ID"
	fake_criu
	run husk checkpoint --image-path "$images" --leave-running "$ID"
	exits 0 "checkpoint with org.criu.config=\"$value\""
	if [ "$value" ]; then
		asked "51 = $value" "it is criu's configuration"
	else
		not_asked "51 " "empty: none"
	fi
	destroy
done
config '.annotations["org.criu.config"] = "relative"'
create_container "$ID"
fails_with '/annotations/org.criu.config: "relative" is not an absolute path' "a relative one is refused"
config 'del(.annotations)'

# pre-dump
start_container "$ID"
fake_criu
run husk checkpoint --image-path "$images" --pre-dump "$ID"
exits 0 "checkpoint --pre-dump"
asked "request 4" "asks for a pre-dump"
asked "request 9" "after it has asked whether memory can be tracked"
not_asked "37 = mnt" "mounts do not matter"
is "$(status_of)" running "the container goes on"
fake_criu "features 2"
run husk checkpoint --image-path "$images" --pre-dump "$ID"
is "$STATUS $(errors)" "1 husk: checkpoint of container \"$ID\": --pre-dump and --parent-path: this kernel does not track written memory (CONFIG_MEM_SOFT_DIRTY)" \
	"a kernel that cannot"

# paused: stays so
run husk pause "$ID"
fake_criu
run husk checkpoint --image-path "$images" --leave-running "$ID"
exits 0 "checkpoint of a paused container"
is "$(status_of)" paused "it is still paused"
run husk resume "$ID"

# Without --leave-running the container is deleted, and its poststop hooks run.
destroy
config '.hooks.poststop = [{path: "/usr/bin/env", args: ["env", "touch", $file]}]' \
	--arg file "$CASE_DIR/poststop"
start_container "$ID"
fake_criu
run husk checkpoint --image-path "$images" "$ID"
exits 0 "checkpoint"
not_asked "3 " "not to leave it running"
is "$(status_of)" "" "the container is deleted"
config 'del(.hooks)'

# A network namespace joined by path stays outside.
config '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
unshare -n sleep 100 &
sleeper=$!
wait_until 5 sh -c "[ \$(readlink /proc/$sleeper/ns/net) != \$(readlink /proc/self/ns/net) ]"
config '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "/proc/$sleeper/ns/net"
start_container "$ID"
fake_criu
run husk checkpoint --image-path "$images" --leave-running "$ID"
exits 0 "checkpoint with a network namespace by path"
asked "37 = net[$(stat -Lc %i "/proc/$sleeper/ns/net")]:extRootNetNS" "it is outside, by the name that runc gives it"
destroy
kill "$sleeper"
no_criu
done_testing
