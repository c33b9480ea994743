#!/bin/sh
# tests/analyze.sh - clang-tidy, cppcheck and gcc's -fanalyzer over every source file of husk, each
# file a check of its own; what `make analyze` does.  Some minutes.
#
# What is not asked, and why: .clang-tidy for the first, below for the others.  A single place is
# excused where it stands: "cppcheck-suppress ID" or "NOLINT(check)", with the reason.
#
# ANALYZERS (default: "tidy cppcheck gcc"), FILES (default: all).
set -u

cd "$(dirname "$0")/.." || exit 1
flags="-std=gnu17 -D_GNU_SOURCE -I."

# Macros of the build, and what cppcheck 2.10 takes for wrong: it does not know
# __attribute__((cleanup)), nor that NULL is a pointer in the headers of glibc and musl, nor that the
# path that readers of JSON keep on the stack is taken back when they return.
cppcheck_flags="--quiet --std=c11 --enable=warning,portability,performance --inline-suppr
	--suppress=missingIncludeSystem --suppress=memleak --suppress=resourceLeak
	--suppress=varFuncNullUB --suppress=autoVariables -D_GNU_SOURCE -D__x86_64__ -DHUSK_COMMIT=\"\" --error-exitcode=1"

# Leaks and double frees: gcc 12 does not follow __attribute__((cleanup)) from one round of a loop to
# the next.  Uninitialised values and NULL: it does not see that err_*() return less than 0, nor which
# arguments of a step are always there.  Sanitizers (SAN=1, make fuzz) look for all of these.
gcc_flags="-O1 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak -Wno-analyzer-double-free
	-Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-null-dereference
	-Wno-analyzer-null-argument -Werror -c -o /dev/null"

one()	# ANALYZER FILE
{
	case $1 in
	tidy)		clang-tidy --quiet "$2" -- $flags -DHUSK_COMMIT='""' ;;
	cppcheck)	cppcheck $cppcheck_flags -I. "$2" ;;
	gcc)		gcc $flags $gcc_flags -DHUSK_COMMIT='""' "$2" ;;
	esac
}

# xargs runs this script again for each file.
if [ $# -eq 2 ]; then
	if log=$(one "$1" "$2" 2>&1); then
		echo "ok - $1 $2"
	else
		echo "not ok - $1 $2"
		printf '%s\n' "$log" | grep -v 'warnings treated as errors\|^[0-9]* warnings' | sed 's/^/    /'
	fi
	exit 0
fi

files=${FILES:-$(find runtime specs namespaces cgroups rootfs cli -name '*.c' | sort)}
skipped=0
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for analyzer in ${ANALYZERS:-tidy cppcheck gcc}; do
	program=$analyzer
	[ "$analyzer" != tidy ] || program=clang-tidy
	if ! command -v $program >/dev/null 2>&1; then
		echo "skip - $analyzer # SKIP $program is not installed"
		skipped=$((skipped + 1))
		continue
	fi
	printf '%s\n' $files | xargs -P 2 -I@ "$0" "$analyzer" @ >>"$results"
done
grep -v '^ok' "$results"
passed=$(grep -c '^ok' "$results") failed=$(grep -c '^not ok' "$results")
echo "analyze: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
