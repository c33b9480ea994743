# cli/systemd - commands that have nothing to do with a cgroup's maker do not ask for systemd.
# runs as: root user
# covers: 2.1-systemd-cgroup 8-14
. "$HUSK_TESTS/lib.sh"

for option in --systemd-cgroup -systemd-cgroup --cgroup-manager=systemd; do
	for command in "list" "features" "--version" "delete --force $ID" "help"; do
		run husk $option $command
		exits 0 "husk $option $command"
	done
	for command in state kill delete ps start pause resume; do
		run husk $option $command "$ID"
		like "$(errors)" '^husk: container does not exist: ' "husk $option $command"
	done
done

[ "$HUSK_USER" = root ] || done_testing
make_bundle
set_args /probe sleep
start_container "$ID"
run husk --systemd-cgroup state "$ID"
is "$(jq -r .status "$OUT")" running "state of a container that cgroupfs made"
run husk --systemd-cgroup exec "$ID" /probe exit 6
exits 6 "exec in it"
run husk --systemd-cgroup kill "$ID" KILL
exits 0 "kill it"
ok "dead" wait_until 10 has_status stopped
run husk --systemd-cgroup delete "$ID"
exits 0 "delete it"

done_testing
