# judge.awk - which lines of a comparison does `differences` list?
#
# First file: rows as rows.awk prints them; second: "+ FACT" (husk only) or "- FACT" (peer only).
# -v peer=NAME -v bundle=TOPIC/NAME -v used=FILE (rows that matched are appended).
# Prints "listed SIGN FACT" or "unlisted SIGN FACT".

function matches(glob, text,	rest, part, at, i, n, parts)
{
	# Pieces between stars, found one after the other: no regular expression to escape for.
	n = split(glob, parts, "*")
	if (n == 1)
		return glob == text
	if (index(text, parts[1]) != 1 && parts[1] != "")
		return 0
	rest = substr(text, length(parts[1]) + 1)
	for (i = 2; i < n; i++) {
		at = index(rest, parts[i])
		if (parts[i] != "" && at == 0)
			return 0
		if (parts[i] != "")
			rest = substr(rest, at + length(parts[i]))
	}
	part = parts[n]
	return length(rest) >= length(part) && substr(rest, length(rest) - length(part) + 1) == part
}

FILENAME == ARGV[1] {
	split($0, row, "|")
	if (row[1] == peer && matches(row[2], bundle)) {
		fact[++rows] = substr($0, length(row[1]) + length(row[2]) + 3)
		name[rows] = $0
	}
	next
}
{
	text = substr($0, 3)
	listed = 0
	for (i = 1; i <= rows; i++) {
		if (matches(fact[i], text)) {
			listed = 1
			print name[i] >>used
		}
	}
	print (listed ? "listed " : "unlisted ") $0
}
