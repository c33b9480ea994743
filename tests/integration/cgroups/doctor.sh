# cgroups/doctor - what `husk doctor` says of systemd, by the calls that would make a container's cgroup.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/fake-systemd"
only_cgroupfs "its systemd is the same in every round"

row()	# NAME: the doctor's line about it, and the one below
{
	grep -A 1 "^  [a-zA-Z?]*  *$1  " "$OUT"
}

fake ok
run_husk --cgroup-manager systemd doctor
is "$(row systemd | head -n 1)" "  ok   systemd           the system manager answers" "one that answers"
is "$(row cgroup | head -n 1)" "  ok   cgroup            the system manager answers" \
	"with that manager the cgroup is its work"

fake hang-connect
run_husk doctor
like "$(row systemd)" '^  NO   systemd  *cannot connect to systemd.s system manager: ' "one that hangs"
like "$(row systemd)" 'for cgroups by systemd: it accepts connections and does not answer within 10 s: see' \
	"is looked for there"
like "$(row cgroup)" '^  ok   cgroup  *writable: ' "and nobody needs it"

end_fake
run_husk --cgroup-manager systemd doctor
exits 1 "none, but it was asked for"
like "$(row cgroup)" '^  NO   cgroup  *cannot connect to systemd.s system manager: ' "the row that counts"
like "$(row cgroup)" 'fix: boot with systemd' "and what to do"

fake_done
