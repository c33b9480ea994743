#!/bin/sh
# tests/lint/hardening.sh - husk, libhusk.so and husk-init are built with what makes a defect harder
# to use: read-only relocations, no executable stack, no fixed addresses, stack protector, FORTIFY,
# and marks for shadow stacks and indirect jumps (IBT, SHSTK) in every object of ours.
#
# The marks are looked for in the objects: the linked files lose them to Debian's crt1.o and archives,
# which have none.  husk-init's size and form are init.sh's; it has no addresses to choose and no
# FORTIFY, for the reasons that the Makefile gives.
set -eu

build=${BUILD:-build}
[ -f "$build/husk" ] && [ -f "$build/libhusk.so" ] || { echo "$build has not been built"; exit 77; }
if nm -D "$build/husk" | grep -q ' __asan_init$'; then
	echo "a build with sanitizers is not for use"
	exit 77
fi
bad=0

# need FILE WHAT TEXT PATTERN; mustnt: the other way round
need()
{
	printf '%s\n' "$3" | grep -Eq -- "$4" || { echo "$1: $2"; bad=1; }
}

mustnt()
{
	! printf '%s\n' "$3" | grep -Eq -- "$4" || { echo "$1: $2"; bad=1; }
}

for file in husk libhusk.so; do
	segments=$(readelf -lW "$build/$file")
	dynamic=$(readelf -dW "$build/$file")
	symbols=$(nm -D --undefined-only "$build/$file")
	need "$file" "has no read-only relocations" "$segments" 'GNU_RELRO'
	need "$file" "says nothing about its stack" "$segments" 'GNU_STACK'
	mustnt "$file" "has a segment that is writable and executable" "$segments" ' RWE '
	need "$file" "resolves symbols lazily" "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
	mustnt "$file" "looks for libraries in a place of its own" "$dynamic" 'RPATH|RUNPATH'
	mustnt "$file" "has relocations in its code" "$dynamic" 'TEXTREL'
	need "$file" "has no stack protector" "$symbols" ' __stack_chk_fail'
	need "$file" "has no FORTIFY" "$symbols" ' __(memcpy|snprintf|vsnprintf|read)_chk'
done
need husk "is not position-independent" "$(readelf -hW "$build/husk")" 'Type: +DYN'
need husk "is not position-independent" "$(readelf -dW "$build/husk")" 'Flags:.* PIE'

objects=$(find "$build/runtime" "$build/specs" "$build/namespaces" "$build/cgroups" \
	"$build/rootfs" "$build/cli" "$build/init" -name '*.o')
case $(uname -m) in
x86_64)
	for object in $objects; do
		need "$object" "has no marks for IBT and SHSTK" "$(readelf -nW "$object")" 'IBT, SHSTK'
	done ;;
esac
# Not for each: a function without arrays needs none.
need husk-init "has no stack protector" "$(nm -u $(find "$build/init" -name '*.o'))" ' __stack_chk_fail'
exit $bad
