#!/bin/sh
# tests/fuzz/run.sh BUILD-DIR [SECONDS] - run the fuzz targets of a build, two at a time.
#
# Without SECONDS each target gets the inputs that are in the tree, and nothing else: that takes a
# few seconds, with any compiler.  With SECONDS, and a build of `make fuzz`, libFuzzer starts from those and makes
# its own; BUILD-DIR/fuzz/found/TARGET keeps what reaches new code, BUILD-DIR/fuzz/crash what fails.
#
# The inputs of fuzz_X are corpus/X/, and the files that the comment at the top of its source names
# after "Seeds:".  dict/X, or what it names after "Words:", has words that an input may consist of.
set -u

cd "$(dirname "$0")/../.." || exit 1
here=tests/fuzz
build=$1 seconds=${2:-0}

said()	# TARGET WORD: what stands behind it in the comment
{
	sed -n "s/^ \* $2: //p" "$here/fuzz_$1.c"
}

inputs()	# TARGET
{
	find "$here/corpus/$1" $(said "$1" Seeds) -type f
}

# The sanitizers' report is what is worth reading, not what libFuzzer prints around it.
excuse()	# TARGET LOG
{
	echo "not ok - fuzz_$1"
	grep -vE '^(INFO|#[0-9]+)' "$2" | head -n 40 | sed 's/^/    /'
}

replay()	# TARGET
{
	set -- "$1" $(inputs "$1")
	log=$(mktemp)
	program=$build/tests/fuzz/fuzz_$1
	name=$1
	shift
	if "$program" "$@" >"$log" 2>&1; then
		echo "ok - fuzz_$name: $# inputs"
	else
		excuse "$name" "$log"
	fi
	rm -f "$log"
}

fuzz()	# TARGET
{
	found=$build/fuzz/found/$1 seeds=$build/fuzz/seeds/$1 log=$build/fuzz/$1.log
	rm -rf "$seeds"
	mkdir -p "$found" "$seeds" "$build/fuzz/crash"
	inputs "$1" | while read -r file; do cp "$file" "$seeds/"; done
	before=$(find "$found" -type f | wc -l)
	set -- "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 \
		-print_final_stats=1 -artifact_prefix="$build/fuzz/crash/$1-"
	words=$(said "$1" Words)
	words=$here/dict/${words:-$1}
	[ ! -f "$words" ] || set -- "$@" -dict="$words"
	name=$1
	shift
	if "$build/tests/fuzz/fuzz_$name" "$@" "$found" "$seeds" >"$log" 2>&1; then
		printf 'ok - fuzz_%s: %s execs, cov %s, %s new\n' "$name" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
			"$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" \
			"$(($(find "$found" -type f | wc -l) - before))"
	else
		excuse "$name" "$log"
	fi
}

# xargs runs this script again for each target.
if [ "${HUSK_FUZZ_ONE-}" ]; then
	if [ "$seconds" -gt 0 ]; then fuzz "$HUSK_FUZZ_ONE"; else replay "$HUSK_FUZZ_ONE"; fi
	exit 0
fi

name=corpus
[ "$seconds" -eq 0 ] || name=fuzz
results=$(mktemp)
trap 'rm -f "$results"' EXIT
# TARGETS: only these.
targets=${TARGETS:-$(ls $here/fuzz_*.c | sed 's|.*/fuzz_\(.*\)\.c|\1|')}
printf '%s\n' $targets | xargs -P 2 -I@ env HUSK_FUZZ_ONE=@ "$0" "$build" "$seconds" |
	tee "$results"
passed=$(grep -c '^ok' "$results") failed=$(grep -c '^not ok' "$results")
[ "$((passed + failed))" -eq "$(echo $targets | wc -w)" ] || failed=$((failed + 1))
echo "$name: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
