#!/bin/sh
# tests/lint/hardening.sh - husk, libhusk.so and husk-init are built with what makes a defect harder
# to use: read-only relocations, no executable stack, no fixed addresses, stack protector, FORTIFY,
# and marks for shadow stacks and indirect jumps (IBT, SHSTK) in every object of ours.
#
# husk is static, with musl, which has no FORTIFY; the dynamic program in it and libhusk.so have all.
#
# The marks are looked for in the objects: the linked files lose them to Debian's crt1.o and archives,
# which have none.  husk-init's size and form are init.sh's; it has no addresses to choose and no
# FORTIFY, for the reasons that the Makefile gives.
set -eu

build=${BUILD:-build}
[ -f "$build/husk" ] && [ -f "$build/libhusk.so" ] || { echo "$build has not been built"; exit 77; }
if nm "$build/husk" | grep -q ' __asan_init$'; then
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

# segments FILE: of every program and library
segments()
{
	segments=$(readelf -lW "$build/$1")
	dynamic=$(readelf -dW "$build/$1")
	need "$1" "has no read-only relocations" "$segments" 'GNU_RELRO'
	need "$1" "says nothing about its stack" "$segments" 'GNU_STACK'
	mustnt "$1" "has a segment that is writable and executable" "$segments" ' RWE '
	mustnt "$1" "looks for libraries in a place of its own" "$dynamic" 'RPATH|RUNPATH'
	mustnt "$1" "has relocations in its code" "$dynamic" 'TEXTREL'
}

for file in husk-dynamic libhusk.so; do
	segments "$file"
	symbols=$(nm -D --undefined-only "$build/$file")
	need "$file" "resolves symbols lazily" "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
	need "$file" "has no stack protector" "$symbols" ' __stack_chk_fail'
	need "$file" "has no FORTIFY" "$symbols" ' __(memcpy|snprintf|vsnprintf|read)_chk'
done

segments husk
symbols=$(nm "$build/husk")
mustnt husk "is not static" "$segments" 'INTERP'
mustnt husk "is not static" "$dynamic" 'NEEDED'
need husk "has no stack protector" "$symbols" ' __stack_chk_fail'
need husk "does not protect its relocations" "$symbols" ' seal_relocations'
for file in husk husk-dynamic; do
	need "$file" "is not position-independent" "$(readelf -hW "$build/$file")" 'Type: +DYN'
	need "$file" "is not position-independent" "$(readelf -dW "$build/$file")" 'Flags:.* PIE'
done

objects=$(find "$build/runtime" "$build/specs" "$build/namespaces" "$build/cgroups" \
	"$build/rootfs" "$build/cli" "$build/init" "$build/static" -name '*.o')
case $(uname -m) in
x86_64)
	for object in $objects; do
		need "$object" "has no marks for IBT and SHSTK" "$(readelf -nW "$object")" 'IBT, SHSTK'
	done ;;
esac
# Not for each: a function without arrays needs none.
need husk-init "has no stack protector" "$(nm -u $(find "$build/init" -name '*.o'))" ' __stack_chk_fail'
exit $bad
