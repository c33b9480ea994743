#!/bin/sh
# tests/run-attack.sh BUILD-DIR - every integration case that replays an attack; `make test-attack`.
#
# ROUNDS=N: the races N times each instead of a few dozen times; 1000 take an hour.
#
# Those of tests/integration/attack, and what other areas claim with "# attacks: ID...".
set -u

here=$(cd "$(dirname "$0")" && pwd)
cases=$(cd "$here/integration" && grep -lrE --include='*.sh' '^# attacks: ' . | sed 's|^\./||' | sort)
[ -z "${ROUNDS:-}" ] || export LIMIT="${LIMIT:-$((60 + ROUNDS * 5))}"
exec "$here/run-integration.sh" "${1:-build}" $cases
