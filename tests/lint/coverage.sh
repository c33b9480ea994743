#!/bin/sh
# tests/lint/coverage.sh [--write] - specs/COVERAGE.md says which tests prove which requirement.
#
# The rows are those of tests/data/coverage.rows; a test claims them with "covers: ID..." in a
# comment.  Offences: a claim of a row that does not exist, and a table that is not current, which
# --write makes it.
set -eu
export LC_ALL=C
. tests/lint/functions

rows=tests/data/coverage.rows
table=specs/COVERAGE.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT

claims covers tests/integration tests/unit tests/conformance | awk -v rows="$rows" '
	{ tests[$1] = tests[$1] (tests[$1] == "" ? "" : ", ") name($2); claimed[$1] = $2 }
	function name(file) {
		sub(/^tests\//, "", file)
		sub(/^integration\//, "", file)
		sub(/\.sh$/, "", file)
		return file
	}
	function begin_part(title) {
		printf "\n## %s\n\n| id | requirement | tests |\n| --- | --- | --- |\n", title
	}
	END {
		print "# Coverage"
		print ""
		print "Which tests prove which requirement.  Made by `tests/lint/coverage.sh --write` out of"
		print "`tests/data/coverage.rows` and the `covers:` comments of the tests; do not edit."
		print "`area/case` is an integration case, `unit/...` a unit test."
		while ((getline line <rows) > 0) {
			if (line ~ /^## /) {
				begin_part(substr(line, 4))
				continue
			}
			tab = index(line, "\t")
			if (line ~ /^#/ || tab == 0)
				continue
			id = substr(line, 1, tab - 1)
			text = substr(line, tab + 1)
			gsub(/\|/, "\\|", text)
			total++
			if (id in tests)
				covered++
			printf "| %s | %s | %s |\n", id, text, id in tests ? tests[id] : "**none**"
			delete claimed[id]
		}
		printf "\n%d of %d rows have a test.\n", covered, total
		for (id in claimed) {
			printf "%s: covers %s, which is no row of %s\n", claimed[id], id, rows >"/dev/stderr"
			bad = 1
		}
		exit bad
	}' >"$made"

current "$made" "$table" "${1-}"
