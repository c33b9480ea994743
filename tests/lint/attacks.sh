#!/bin/sh
# tests/lint/attacks.sh [--write] - SECURITY.md says which case replays which advisory.
#
# The rows are those of tests/data/attacks.rows; a case claims them with "attacks: ID..." in a
# comment.  The defences are those of `tests/data/weak.rows`.  Offences: a claim of a row that does not exist, a row that has neither a case nor a
# reason, and tables that are not current, which --write makes them.
set -eu
export LC_ALL=C
. tests/lint/functions

rows=tests/data/attacks.rows
weak=tests/data/weak.rows
table=SECURITY.md
begin='## Attacks that are replayed'
made=$(mktemp)
trap 'rm -f "$made"' EXIT

# Everything before the part that is made.
before()
{
	awk -v begin="$begin" '$0 == begin { exit } { print }' "$table"
}

tables()
{
	claims attacks tests/integration | awk -v rows="$rows" -v weak="$weak" '
	{ cases[$1] = cases[$1] (cases[$1] == "" ? "" : ", ") name($2); claimed[$1] = $2 }
	function name(file) {
		sub(/^tests\/integration\//, "", file)
		sub(/\.sh$/, "", file)
		return file
	}
	function offence(what) {
		print what >"/dev/stderr"
		bad = 1
	}
	# An advisory in the order of the rows, with all its attacks.
	function remember(list, id, cases,    n, i, word) {
		n = split(list, word, " ")
		for (i = 1; i <= n; i++) {
			if (word[i] == "-")
				continue
			if (!(word[i] in attacks))
				order[++advisories] = word[i]
			attacks[word[i]] = attacks[word[i]] (attacks[word[i]] == "" ? "" : ", ") id
			missing[word[i]] += cases == ""
		}
	}
	function row(f,    id, how) {
		id = f[1]
		how = cases[id]
		delete claimed[id]
		layouts += id ~ /^L-/
		covered_layouts += id ~ /^L-/ && how != ""
		total++
		if (how == "" && f[4] == "")
			offence(rows ": " id " has neither a case nor a reason why there is none")
		if (how != "" && f[4] != "")
			offence(rows ": " id " has a case: " how)
		if (how != "")
			covered++
		remember(f[2], id, how)
		printf "| %s | %s | %s |\n", id, f[3], how == "" ? "none: " f[4] : how
	}
	# Rule by rule what a case notices when it is taken away.
	function defences(    f) {
		printf "\n### Defences that tests take away\n\n"
		print "| rule | taken away by `make test-attack-weak` | the case that fails then |"
		print "| --- | --- | --- |"
		while ((getline line <weak) > 0) {
			if (line ~ /^#/ || split(line, f, "\t") != 4)
				continue
			printf "| %s | %s | %s |\n", f[2], f[4], f[3]
		}
	}
	END {
		while ((getline line <rows) > 0) {
			if (line ~ /^## /)
				printf "\n### %s\n\n| id | %s | cases |\n| --- | --- | --- |\n", substr(line, 4),
					line ~ /^## Layouts/ ? "what all of them must work with" : "what the attacker does"
			else if (line !~ /^#/ && split(line, f, "\t") >= 3) {
				if (split(line, f, "\t") < 4)
					f[4] = ""
				row(f)
			}
		}
		printf "\n%d of %d attacks and %d of %d layouts have a case.\n", covered - covered_layouts,
			total - layouts, covered_layouts, layouts
		printf "\n### By advisory\n\n| advisory | attacks |\n| --- | --- |\n"
		for (i = 1; i <= advisories; i++)
			printf "| %s | %s%s |\n", order[i], attacks[order[i]],
				missing[order[i]] ? " (not all have a case)" : ""
		defences()
		for (id in claimed)
			offence(claimed[id] ": attacks " id ", which is no row of " rows)
		exit bad
	}'
}

{
	before
	printf '%s\n\n' "$begin"
	echo 'What went wrong in other runtimes, done to husk by `make test-attack`.  The tables are made by'
	echo '`tests/lint/attacks.sh --write` out of `tests/data/attacks.rows` and the `attacks:` comments of the'
	echo 'cases; do not edit.  `area/case` is a case of `tests/integration`.'
	tables
} >"$made"
current "$made" "$table" "${1-}"
