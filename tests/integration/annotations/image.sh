# annotations/image - what config.json keeps of the image: told by state, and nothing else.
# covers: C-51
# runs as: root user
. "$HUSK_TESTS/lib.sh"

case $(uname -m) in
x86_64)		own="amd64 386" other=arm64 ;;
aarch64)	own="arm64 arm" other=amd64 ;;
riscv64)	own=riscv64 other=arm64 ;;
*)		skip_all "no other architecture is known for this one" ;;
esac
make_bundle
LOG=$CASE_DIR/log
logged()	# OPTION...: create with warnings
{
	rm -f "$LOG"
	run husk --log "$LOG" --log-level warn "$@" create --bundle "$BUNDLE" "$ID"
}

set_args /probe sleep
config '.annotations = {
	"org.opencontainers.image.os": "linux", "org.opencontainers.image.architecture": $a,
	"org.opencontainers.image.variant": "v8", "org.opencontainers.image.os.version": "1.2",
	"org.opencontainers.image.os.features": "win32k", "org.opencontainers.image.author": "A. \"B\" <c@d>",
	"org.opencontainers.image.created": "2026-01-02T03:04:05Z", "org.opencontainers.image.stopSignal": "SIGTERM",
	"org.opencontainers.image.exposedPorts": "80/tcp,53/udp", "org.opencontainers.image.title": "",
	"org.opencontainers.image.nothing": "such"}' --arg a "${own%% *}"
logged
exits 0 "every annotation that an image is turned into"
is "$(cat "$LOG" 2>/dev/null)" "" "none is warned of"
is "$(husk state "$ID" | jq -cS .annotations)" "$(jq -cS .annotations "$BUNDLE/config.json")" \
	"state tells them as they are"
destroy

for machine in $own ''; do
	config '.annotations = {"org.opencontainers.image.architecture": $a}' --arg a "$machine"
	logged
	is "$STATUS $(cat "$LOG" 2>/dev/null)" "0 " "an image for \"$machine\""
	destroy
done
# It is tried: there are emulators, and scripts.
config '.annotations = {"org.opencontainers.image.architecture": $a, "org.opencontainers.image.os": "windows"}' \
	--arg a $other
logged --log-format json
exits 0 "an image for another machine"
is "$(jq -r '[.level, .msg] | join("|")' "$LOG")" "warning|annotation org.opencontainers.image.architecture: \
the image is for \"$other\", and this machine is not, ignoring
warning|annotation org.opencontainers.image.os: the image is for \"windows\", and this machine is not, ignoring" \
	"is warned of"
destroy
run husk --log "$LOG.default" create --bundle "$BUNDLE" "$ID"
is "$STATUS $(errors)$(cat "$LOG.default" 2>/dev/null)" "0 " "where somebody wants to know: not by default"
destroy

done_testing
