# cgroups/outside - a user whose process is in no cgroup of the user's own systemd, as after ssh or su:
# systemd makes the scope, and the kernel lets nothing of the user's into it.
# runs as: user
. "$HUSK_TESTS/lib.sh"

[ "$(v2)" = /sys/fs/cgroup ] && [ -S "${XDG_RUNTIME_DIR:-/none}/systemd/private" ] ||
	skip_all "needs cgroup v2 alone, and a systemd of the user's own"
! grep -q "/user@$(id -u).service/" /proc/self/cgroup ||
	skip_all "this process is in a cgroup of the user's systemd"

make_bundle
set_args /probe echo ran
run husk --systemd-cgroup run --bundle "$BUNDLE" "$ID"
fails_with "clone3 .* into the container's cgroup: Permission denied" "the init cannot be born there"
like "$(errors)" 'hint: .*start it by `systemd-run --user --scope husk' "the hint says from where it can"
is "$(husk list -q)" "" "no container is left"
gone()
{
	[ -z "$(systemctl --user list-units --all --plain --no-legend "*$TAG*")" ]
}
ok "nor a unit" wait_until 10 gone

run systemd-run --user --scope -q "$HUSK_BIN" --root "$STATE_DIR" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
exits 0 "so it is: in a scope of its own"
is "$(output)" ran "it runs"
run husk --cgroup-manager=cgroupfs run --bundle "$BUNDLE" "$ID"
exits 0 "without systemd and limits no cgroup is needed"

done_testing
