#!/bin/sh
# tests/run-unit.sh PROGRAM... - run unit test programs; print what failed and the total.
set -u

passed=0 failed=0 skipped=0
for program in "$@"; do
	status=0
	log=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 60 "$program" 2>&1) || status=$?
	# A program that crashed has run fewer tests than it announced ("1..N").
	counts=$(printf '%s\n' "$log" | awk '
		/^(not )?ok .*# SKIP/ { s++; next }
		/^ok /         { p++ }
		/^not ok /     { f++ }
		/^1\.\.[0-9]/  { n += substr($1, 4) }
		END            { print p + 0, f + 0, s + 0, n + 0 }')
	read -r p f s n <<-END
		$counts
	END
	lost=$((n - p - f - s))
	[ "$lost" -gt 0 ] && f=$((f + lost))
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ "$((p + f + s))" -gt 0 ] || f=1
	if [ "$f" -gt 0 ]; then
		printf 'not ok - %s (exit status %d)\n' "${program##*/}" "$status"
		printf '%s\n' "$log" | grep -v '^ok ' | sed 's/^/    /'
	else
		printf 'ok - %s (%d tests)\n' "${program##*/}" "$p"
		printf '%s\n' "$log" | sed -n 's/^.*# SKIP /    # SKIP /p'
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

printf 'unit: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$((passed + skipped))" -gt 0 ]
