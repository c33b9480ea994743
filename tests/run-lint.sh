#!/bin/sh
# tests/run-lint.sh [BUILD-DIR] - run every script of tests/lint from the top of the tree.
#
# A script prints each offence and fails if there was one; exit 77 = skip, the reason on its last
# line.  What it says after "note: " is shown in any case.  BUILD-DIR (default build) holds a finished
# build for those that look at the result.
set -u

cd "$(dirname "$0")/.." || exit 1
BUILD=${1:-build}
export BUILD
passed=0 failed=0 skipped=0
for script in tests/lint/*.sh; do
	status=0
	log=$("$script" 2>&1) || status=$?
	name=lint/$(basename "$script" .sh)
	case $status in
	0)	passed=$((passed + 1))
		printf 'ok - %s\n' "$name"
		printf '%s\n' "$log" | sed -n 's/^note: /    &/p' ;;
	77)	skipped=$((skipped + 1))
		printf 'skip - %s # SKIP %s\n' "$name" "$(printf '%s\n' "$log" | tail -n 1)" ;;
	*)	failed=$((failed + 1))
		printf 'not ok - %s\n' "$name"
		printf '%s\n' "$log" | sed 's/^/    /' ;;
	esac
done

printf 'lint: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
