#!/bin/sh
# tests/lint/cross.sh - everything compiles for aarch64, and husk-init links there.
#
# The library's third-party headers are the host's own, reached through a directory of links to
# just those, so that no other header of the host gets in between.
set -eu

cc=aarch64-linux-gnu-gcc
command -v $cc >/dev/null 2>&1 || { echo "$cc is not installed"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
list()
{
	make -s --no-print-directory --eval="lint-list:;@echo $1" lint-list
}

mkdir -p "$tmp/include/libmnl"
for header in seccomp.h jsmn.h libmnl/libmnl.h; do
	[ ! -f "/usr/include/$header" ] || ln -s "/usr/include/$header" "$tmp/include/$header"
done

flags="$(list '$(STD) $(WARN)') -I. -idirafter $tmp/include -O1"
$cc $flags -fsyntax-only $(list '$(SRC) $(wildcard cli/*.c)')
# glibc's static program is larger than musl's: this asks only whether it links.
$cc $flags -static -o "$tmp/husk-init" $(list '$(INITSRC)')
