#!/bin/sh
# tests/lint/headers.sh - every header compiles on its own, and the public one as C++ too.
#
# plan_ops*.h are lists for an X-macro and no headers in that sense.
set -eu

headers=$(find runtime specs namespaces cgroups rootfs cli tests/helpers -name '*.h' \
	! -name 'plan_ops*.h')
"${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only -x c $headers
# musl's C++ mode is nobody's concern: this only asks whether a C++ daemon can include it.
if command -v g++ >/dev/null 2>&1; then
	g++ -Wall -Wextra -Werror -fsyntax-only -x c++ runtime/include/husk.h
fi

# Each file opens with its comment, and each header of ours says who uses it.
bad=0
for file in $(find runtime specs namespaces cgroups rootfs cli -name '*.[ch]'); do
	case $(head -n 1 "$file") in
	'/*'*)	;;
	*)	echo "$file:1: does not open with a comment"
		bad=1 ;;
	esac
done
exit $bad
