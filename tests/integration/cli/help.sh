# cli/help - --help of each command names every flag of runc's and crun's; unknown ones are refused, everywhere.
# runs as: root user
# any kernel
# covers: 2.1-usage 2.4-usage 2.1-criu 2.2-checkpoint 2.2-restore 2.2-update 2.2-exec 2.2-create 2.2-run 8-12
. "$HUSK_TESTS/lib.sh"

ln -s "$HUSK_BIN" "$CASE_DIR/crun"
ln -s "$HUSK_BIN" "$CASE_DIR/runc"

# The tables of runc 1.3 and crun 1.29: COMMAND FLAG...; "-" is before the command.
while read -r command flags; do
	if [ "$command" = - ]; then run husk --help; else run husk "$command" --help; fi
	exits 0 "$command --help"
	is "$(errors)" "" "$command --help: nothing on stderr"
	listed=" $(sed -n '/^Options/,$s/^  \(-.,\)* *--\([a-z0-9-]*\).*/\2/p' "$OUT" | tr '\n' ' ')"
	missing=
	for flag in $flags; do
		case $listed in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
	done
	is "$missing" "" "$command --help names every flag of runc and crun"
	# Each of them is taken, too, in three spellings: what is wrong is something else.
	for flag in $listed; do
		for spelling in "--$flag" "-$flag" "--$flag=" "-$flag="; do
			if [ "$command" = - ]; then husk "$spelling" 9 list; else husk "$command" "$spelling" 9; fi
		done
	done </dev/null >/dev/null 2>"$CASE_DIR/said"
	is "$(grep 'unknown option' "$CASE_DIR/said")" "" "$command takes each that it names"
	for name in husk runc crun; do
		bin=$CASE_DIR/$name want=1
		[ $name != husk ] || bin=$HUSK_BIN
		[ $name != crun ] || want=64
		for flag in --no-such-flag -no-such-flag --no-such-flag=1 -Z; do
			if [ "$command" = - ]; then run "$bin" $flag list; hint="$name --help"
			else run "$bin" "$command" $flag; hint="$name $command --help"; fi
			case $flag in --*=*) flag=${flag%%=*} ;; esac
			is "$STATUS $(output)" "$want " "$name $command $flag: exit code, and nothing on stdout"
			is "$(errors)" "$name: unknown option \"$flag\"
  hint: try \"$hint\"" "$name $command $flag: is named"
		done
	done
done <<'END'
- root log log-format log-level debug systemd-cgroup cgroup-manager rootless criu version help
create bundle config console-socket pidfd-socket pid-file no-pivot no-new-keyring no-subreaper preserve-fds help
run bundle config console-socket pidfd-socket pid-file no-pivot no-new-keyring no-subreaper preserve-fds detach keep help
start help
state help
kill all regex help
delete force regex help
list format quiet help
ps format help
exec console-socket pidfd-socket cwd env tty user additional-gids process detach pid-file process-label apparmor no-new-privs cap preserve-fds cgroup ignore-paused no-subreaper help
pause help
resume help
update resources blkio-weight cpu-period cpu-quota cpu-burst cpu-share cpu-rt-period cpu-rt-runtime cpuset-cpus cpuset-mems cpu-idle kernel-memory kernel-memory-tcp memory memory-reservation memory-swap pids-limit l3-cache-schema mem-bw-schema help
events interval stats help
features help
spec bundle file rootless help
checkpoint image-path work-path parent-path leave-running tcp-established tcp-skip-in-flight link-remap ext-unix-sk shell-job lazy-pages status-fd page-server file-locks pre-dump manage-cgroups-mode empty-ns auto-dedup network-lock help
restore console-socket image-path work-path tcp-established tcp-close ext-unix-sk shell-job file-locks manage-cgroups-mode network-lock bundle detach pid-file no-subreaper no-pivot empty-ns auto-dedup lazy-pages lsm-profile lsm-mount-context preserve-fds help
mounts help
END

# Those that it has taken from the caller's hand change nothing: --criu is not even looked at.
make_bundle
set_args /probe echo plain
run husk --criu /nonexistent/criu run --bundle "$BUNDLE" --no-subreaper "$ID"
is "$STATUS $(output)$(errors)" "0 plain" "--criu of what is not there, --no-subreaper"

done_testing
