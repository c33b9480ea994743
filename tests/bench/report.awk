# tests/bench/report.awk - table, verdicts and JSON of the results of interleave.
#
#	awk -v json=FILE -f report.awk TARGETS RESULTS
#
# A result's label is ITEM:X:RUNTIME; X, the number that a curve is drawn over, may be empty.
# husk's row of the table tells how many times as much it takes as each of the others.

function number(v)
{
	return v < 10 ? sprintf("%.2f", v) : v < 100 ? sprintf("%.1f", v) : sprintf("%.0f", v)
}

function value(kind, label)
{
	return kind == "rate" ? rate[label] : kind == "cpu" ? cpu[label] : median[label]
}

FILENAME != ARGV[1] && NF >= 12 {
	label = $1
	labels[++n] = label
	count[label] = $2; p10[label] = $4; median[label] = $5; p90[label] = $6; p99[label] = $7
	least[label] = $3; most[label] = $8
	cpu[label] = $9; peak[label] = $10; faults[label] = $11; rate[label] = $12
	next
}

FILENAME == ARGV[1] && NF == 5 && !/^#/ {
	targets[++n_targets] = $0
}

END {
	if (n > 0)
		printf "%-24s %5s %8s %8s %8s %8s %8s %8s %6s %6s  %s\n", "milliseconds", "n", "min", "p10", "median",
		"p90", "p99", "cpu", "KiB", "faults", "husk against it: median, cpu"
	for (i = 1; i <= n; i++) {
		l = labels[i]
		split(l, part, ":")
		own = part[1] ":" part[2] ":husk"
		printf "%-24s %5d %8s %8s %8s %8s %8s %8s %6d %6d", l, count[l], number(least[l] / 1000),
			number(p10[l] / 1000),
			number(median[l] / 1000), number(p90[l] / 1000), number(p99[l] / 1000),
			number(cpu[l] / 1000), peak[l], faults[l]
		if (rate[l] > 0)
			printf "  %.0f/s", rate[l]
		if (part[3] != "husk" && own in median) {
			printf "  %.2f", median[own] / median[l]
			if (cpu[l] > 0)
				printf ", %.2f", cpu[own] / cpu[l]
		}
		printf "\n"
	}
	for (i = 1; i <= n_targets; i++) {
		split(targets[i], t, " ")
		if (!(t[2] in median) || !(t[3] in median) || value(t[1], t[3]) == 0)
			continue
		ratio = value(t[1], t[2]) / value(t[1], t[3])
		if (count[t[2]] < 5 || count[t[3]] < 5) {
			printf "open   %s and %s were measured less than five times\n", t[2], t[3]
			continue
		}
		met = t[4] == "<=" ? ratio <= t[5] : ratio >= t[5]
		printf "%-6s %s of %s is %.2f of %s, to be %s %s\n", met ? "met" : "MISSED", t[1], t[2],
			ratio, t[3], t[4], t[5]
		verdicts = verdicts sprintf("%s\n    {\"what\": \"%s\", \"of\": \"%s\", \"against\": \"%s\", " \
			"\"ratio\": %.4f, \"target\": \"%s %s\", \"met\": %s}", verdicts ? "," : "", t[1], t[2], t[3],
			ratio, t[4], t[5], met ? "true" : "false")
	}
	if (json == "")
		exit
	printf "{\n  \"unit\": \"microseconds\",\n  \"results\": [" >json
	for (i = 1; i <= n; i++) {
		l = labels[i]
		split(l, part, ":")
		printf "%s\n    {\"item\": \"%s\", \"x\": %s, \"runtime\": \"%s\", \"n\": %d, \"min\": %s, " \
			"\"p10\": %s, \"median\": %s, \"p90\": %s, \"p99\": %s, \"max\": %s, \"cpu\": %s, " \
			"\"peakKiB\": %d, \"faults\": %d, \"perSecond\": %s}", (i > 1 ? "," : ""), part[1],
			(part[2] == "" ? "null" : part[2]), part[3], count[l], least[l], p10[l], median[l],
			p90[l], p99[l], most[l], cpu[l], peak[l], faults[l],
			(rate[l] > 0 ? rate[l] : "null") >json
	}
	printf "\n  ],\n  \"targets\": [%s\n  ]\n}\n", verdicts >json
}
