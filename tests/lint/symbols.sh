#!/bin/sh
# tests/lint/symbols.sh - libhusk.so exports exactly what husk.h declares.
set -eu

so=${BUILD:-build}/libhusk.so
[ -f "$so" ] || { echo "$so has not been built"; exit 77; }
have=$(mktemp) want=$(mktemp)
trap 'rm -f "$have" "$want"' EXIT

nm -D --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$have"
sed -n 's/^HUSK_API.*[ *]\(husk_[a-z0-9_]*\)(.*/\1/p' runtime/include/husk.h | sort >"$want"

comm -23 "$have" "$want" | sed 's/^/exported, but not declared in husk.h: /'
comm -13 "$have" "$want" | sed 's/^/declared in husk.h, but not exported: /'
cmp -s "$have" "$want"
