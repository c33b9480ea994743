# tests/bench/report.awk - table, verdicts and JSON of the results of interleave.
#
#	awk -v json=FILE -f report.awk ITEMS TARGETS ENVIRONMENT RESULTS
#
# A result's label is ITEM:X:RUNTIME; X, the number that a curve is drawn over, may be empty.
# ENVIRONMENT is lines of a name and a text.

function number(v)
{
	return v < 10 ? sprintf("%.2f", v) : v < 100 ? sprintf("%.1f", v) : sprintf("%.0f", v)
}

function value(kind, label)
{
	return kind == "rate" ? rate[label] : kind == "cpu" ? cpu[label] : median[label]
}

# "(0.26-0.31)": how much of @b's time @a takes, with the ends of both medians' bounds
function spread_of(a, b)
{
	return sprintf("(%.2f-%.2f)", low[a] / high[b], high[a] / low[b])
}

function quoted(s)
{
	gsub(/["\\]/, "\\\\&", s)
	return "\"" s "\""
}

FILENAME == ARGV[1] && NF >= 3 && !/^#/ {
	label = $2
	sub(/^[^ ]+ +[^ ]+ +/, "")
	title[label] = $0
}

FILENAME == ARGV[2] && NF == 5 && !/^#/ {
	targets[++n_targets] = $0
}

FILENAME == ARGV[3] {
	name = $1
	sub(/^[^ ]+ /, "")
	environment = environment (environment ? "," : "") "\n    " quoted(name) ": " quoted($0)
}

FILENAME == ARGV[4] && NF >= 14 {
	label = $1
	split(label, part, ":")
	if (!(part[1] in rows))
		items[++n_items] = part[1]
	order[part[1], ++rows[part[1]]] = label
	labels[++n] = label
	count[label] = $2; p10[label] = $4; median[label] = $5; p90[label] = $6; p99[label] = $7
	least[label] = $3; most[label] = $8
	cpu[label] = $9; peak[label] = $10; faults[label] = $11; rate[label] = $12
	low[label] = $13; high[label] = $14
}

function row(label,	own, spread)
{
	split(label, part, ":")
	own = part[1] ":" part[2] ":husk"
	spread = number(low[label] / 1000) "-" number(high[label] / 1000)
	printf "  %4s %-6s %5d %8s %13s %8s %8s %8s %8s", part[2], part[3], count[label],
		number(median[label] / 1000), spread, number(p10[label] / 1000),
		number(p90[label] / 1000), number(p99[label] / 1000), number(cpu[label] / 1000)
	printf " %6s %6d", peak[label] ? peak[label] : "", faults[label]
	if (rate[label] > 0)
		printf " %6.0f", rate[label]
	if (part[3] != "husk" && own in median) {
		printf "  %.2f %s", median[own] / median[label], spread_of(own, label)
		if (cpu[label] > 0)
			printf " %.2f", cpu[own] / cpu[label]
	}
	printf "\n"
}

function table(	i, k, item)
{
	print "Milliseconds of wall-clock time: the median, the bounds it is between in 95 of 100 measurements,"
	print "percentiles. cpu: processor time, of the median; KiB: memory of the largest process; faults: page"
	print "faults. Last: how much of this row's time husk takes, and how much of its cpu."
	for (i = 1; i <= n_items; i++) {
		item = items[i]
		printf "\n%s: %s\n", item, title[item]
		printf "  %11s %5s %8s %13s %8s %8s %8s %8s %6s %6s%s  %s\n", "", "n", "median", "bounds", "p10",
			"p90", "p99", "cpu", "KiB", "faults", (rate[order[item, 1]] > 0 ? "    1/s" : ""),
			"husk: time, cpu"
		for (k = 1; k <= rows[item]; k++)
			row(order[item, k])
	}
}

# What the target's first and second are called, "run husk" of "run::husk"
function words(label)
{
	gsub(/:+/, " ", label)
	return label
}

function verdict(line,	t, ratio, met, few, remark)
{
	split(line, t, " ")
	if (!(t[2] in median) || !(t[3] in median) || value(t[1], t[3]) == 0 || cpu[t[3]] == 0)
		return
	ratio = value(t[1], t[2]) / value(t[1], t[3])
	met = t[4] == "<=" ? ratio <= t[5] : ratio >= t[5]
	few = count[t[2]] < 5 || count[t[3]] < 5
	remark = few ? ", measured less than five times" : ""
	if (!few && t[1] == "time")
		remark = sprintf(" %s, of cpu %.3f", spread_of(t[2], t[3]), cpu[t[2]] / cpu[t[3]])
	printf "%-6s  %s of %-21s / %-19s %s %-4s  is %.3f%s\n", few ? "?" : met ? "met" : "MISSED", t[1],
		words(t[2]), words(t[3]), t[4], t[5], ratio, remark
	verdicts = verdicts sprintf("%s\n    {\"what\": \"%s\", \"of\": \"%s\", \"against\": \"%s\", " \
		"\"ratio\": %.4f, \"ratioOfCpu\": %.4f, \"target\": \"%s %s\", \"met\": %s}", verdicts ? "," : "",
		t[1], t[2], t[3], ratio, cpu[t[2]] / cpu[t[3]], t[4], t[5], few ? "null" : met ? "true" : "false")
}

END {
	if (n > 0)
		table()
	print ""
	for (i = 1; i <= n_targets; i++)
		verdict(targets[i])
	if (json == "")
		exit
	printf "{\n  \"environment\": {%s\n  },\n  \"unit\": \"microseconds\",\n  \"results\": [", environment >json
	for (i = 1; i <= n; i++) {
		l = labels[i]
		split(l, part, ":")
		printf "%s\n    {\"item\": \"%s\", \"x\": %s, \"runtime\": \"%s\", \"n\": %d, \"min\": %s, " \
			"\"p10\": %s, \"median\": %s, \"medianLow\": %s, \"medianHigh\": %s, \"p90\": %s, " \
			"\"p99\": %s, \"max\": %s, \"cpu\": %s, \"peakKiB\": %d, \"faults\": %d, " \
			"\"perSecond\": %s}", (i > 1 ? "," : ""), part[1],
			(part[2] == "" ? "null" : part[2]), part[3], count[l], least[l], p10[l], median[l],
			low[l], high[l], p90[l], p99[l], most[l], cpu[l], peak[l], faults[l],
			(rate[l] > 0 ? rate[l] : "null") >json
	}
	printf "\n  ],\n  \"targets\": [%s\n  ]\n}\n", verdicts >json
}
