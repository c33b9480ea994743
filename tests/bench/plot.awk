# tests/bench/plot.awk - curves of the results that have an X, one SVG for each item.
#
#	awk -v dir=DIRECTORY -f plot.awk RESULTS
#
# Both axes are logarithmic: equal steps are equal factors.  An X of 0 stands where 1 does.  What is
# drawn is the median in milliseconds; for callers side by side, containers per second.

function log10(v) { return log(v) / log(10) }
function at_x(v) { return 70 + 420 * (high_x > low_x ? (log10(v) - low_x) / (high_x - low_x) : 0.5) }
function at_y(v) { return 270 - 230 * (log10(v) - low_y) / (high_y - low_y) }
function floor_of(v) { return int(v) > v ? int(v) - 1 : int(v) }
function show(v) { return v >= 1 ? sprintf("%d", v) : sprintf("%g", v) }

NF >= 12 {
	split($1, part, ":")
	if (part[2] == "")
		next
	item = part[1]
	if (!(item in n))
		items[++n_items] = item
	i = ++n[item]
	x[item, i] = part[2] > 0 ? part[2] : 1
	label[item, i] = part[2]
	y[item, i] = $12 > 0 ? $12 : $5 / 1000
	unit[item] = $12 > 0 ? "containers per second" : "milliseconds"
	who[item, i] = part[3]
}

function draw(item, file,	i, k, v, r, order, seen, lines, colour, points, last)
{
	split("husk #d62728 floor #7f7f7f crun #1f77b4 runc #2ca02c other #9467bd", colour_of, " ")
	for (i = 1; i in colour_of; i += 2)
		colours[colour_of[i]] = colour_of[i + 1]
	low_x = high_x = log10(x[item, 1]); low_y = high_y = log10(y[item, 1])
	for (i = 1; i <= n[item]; i++) {
		v = log10(x[item, i]); low_x = v < low_x ? v : low_x; high_x = v > high_x ? v : high_x
		v = log10(y[item, i]); low_y = v < low_y ? v : low_y; high_y = v > high_y ? v : high_y
	}
	low_y = floor_of(low_y); high_y = floor_of(high_y) + 1
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"600\" height=\"320\" font-family=\"sans-serif\" font-size=\"12\">" >file
	print "<rect width=\"600\" height=\"320\" fill=\"white\"/>" >file
	printf "<text x=\"70\" y=\"22\" font-size=\"14\">%s: %s</text>\n", item, unit[item] >file
	for (v = low_y; v <= high_y; v++) {
		k = at_y(10 ^ v)
		printf "<path d=\"M70 %.1fH490\" stroke=\"#ddd\"/><text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", k, k + 4, show(10 ^ v) >file
	}
	for (i = 1; i <= n[item]; i++) {
		if (!((item, label[item, i]) in ticked))
			printf "<text x=\"%.1f\" y=\"290\" text-anchor=\"middle\">%s</text>\n", at_x(x[item, i]), label[item, i] >file
		ticked[item, label[item, i]] = 1
		r = who[item, i]
		if (!((item, r) in points))
			order[++lines] = r
		points[item, r] = points[item, r] sprintf(" %.1f,%.1f", at_x(x[item, i]), at_y(y[item, i]))
		last[r] = at_y(y[item, i])
	}
	for (k = 1; k <= lines; k++) {
		r = order[k]
		printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", substr(points[item, r], 2), colours[r] >file
		printf "<text x=\"496\" y=\"%.1f\" fill=\"%s\">%s</text>\n", last[r] + 4, colours[r], r >file
	}
	print "</svg>" >file
	close(file)
}

END {
	for (k = 1; k <= n_items; k++) {
		for (i = 2; i <= n[items[k]] && x[items[k], i] == x[items[k], 1]; i++)
			;
		if (i <= n[items[k]])
			draw(items[k], dir "/" items[k] ".svg")
	}
}
