#!/bin/sh
# tests/lint/weak.sh - no defence can be taken away from what is built, and each that could be has a test.
set -eu
export LC_ALL=C

build=${BUILD:-build}
rows=tests/data/weak.rows
bad=0
names=$(sed -n 's/^\([a-z-]*\)	.*/\1/p' "$rows" | sort)
used=$(grep -rhoE 'weakened\("[a-z-]+"\)' --include='*.c' runtime specs namespaces cgroups rootfs cli |
	sed 's/.*"\(.*\)".*/\1/' | sort -u)
if [ "$names" != "$used" ]; then
	echo "the names in $rows and those in the sources differ:"
	printf '%s\n' "$names" "$used" | sort | uniq -u
	bad=1
fi
grep -v '^#' "$rows" | cut -f3 | grep / | sort -u | while read -r case; do
	[ -e "tests/integration/$case.sh" ] || echo "$rows: there is no case $case"
done | grep . && bad=1
if grep -rn 'HUSK_WEAKEN\|WEAKEN_PREFIX' --include='*.[chS]' runtime specs namespaces cgroups rootfs cli |
	grep -v '^runtime/base/weak.h:'; then
	echo "only runtime/base/weak.h may know how weak builds are made"
	bad=1
fi
# Rules of SECURITY.md that are about what code must not do are the other scripts' (self.sh shows that they
# find it), and 9 is about the configuration: its tests are those of each property.
others='3 9'
sed -n '/^## Rules the code keeps/,/^## /s/^\([0-9]*\)\. .*/\1/p' SECURITY.md | while read -r rule; do
	cut -f2 "$rows" | grep -qw "$rule" || case " $others " in *" $rule "*) ;; *)
		echo "$rows: nothing takes away what rule $rule of SECURITY.md says" ;;
	esac
done | grep . && bad=1
[ -e "$build/husk-init" ] || { echo "$build has not been built"; exit 77; }
for file in "$build/husk-init" "$build/libhusk.so" "$build/husk"; do
	if [ -e "$file" ] && grep -q HUSK_WEAKEN "$file"; then
		echo "$file was made with WEAKEN=1"
		bad=1
	fi
done
exit $bad
