#!/bin/sh
# tests/lint/init.sh - husk-init is static, at most 64 KiB, without executable stack or writable
# code, and the same bytes are inside libhusk.so.
set -eu

init=${BUILD:-build}/husk-init
[ -f "$init" ] || { echo "$init has not been built"; exit 77; }
bad=0

size=$(stat -c %s "$init")
[ "$size" -le 65536 ] || { echo "$init: $size bytes are more than 65536"; bad=1; }
headers=$(readelf -lW "$init")
case $headers in *INTERP*|*DYNAMIC*) echo "$init: is not static"; bad=1 ;; esac
printf '%s\n' "$headers" | awk '/ (LOAD|GNU_STACK) / && / RWE / { bad = 1 } END { exit bad }' ||
	{ echo "$init: has a segment that is writable and executable"; bad=1; }
exit $bad
