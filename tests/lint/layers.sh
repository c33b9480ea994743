#!/bin/sh
# tests/lint/layers.sh - an #include points down, and across folders only at a folder's face.
#
# Besides: what husk-init is built from sees only layer 0 and its own folder's headers, and each
# third-party header has one home.
set -eu

find runtime specs namespaces cgroups rootfs cli -name '*.[ch]' |
xargs awk '
	BEGIN {
		home["jsmn.h"] = "^specs/json[.]c$"
		home["seccomp.h"] = "^runtime/(process/seccomp[a-z_]*[.][ch]|features[.]c)$"
		home["libmnl/libmnl.h"] = "^namespaces/net/[a-z_]*[.][ch]$"
	}
	function layer(p) {
		if (p ~ /^runtime\/(base|include)\//)     return 0
		if (p ~ /^specs\//)                       return 1
		if (p ~ /^(namespaces|cgroups|rootfs)\//) return 2
		if (p ~ /^runtime\//)                     return 3
		if (p ~ /^cli\//)                         return 4
		return -1
	}
	function folder(p) {
		return layer(p) == 0 ? "base" : substr(p, 1, index(p, "/") - 1)
	}
	function init_side(p) {
		return p ~ /_steps\.c$/ || p ~ /^runtime\/init\// || p == "rootfs/rootfd.c"
	}
	function offence(why) {
		print FILENAME ":" FNR ": " why
		bad = 1
	}
	/^#[ \t]*include "/ {
		split($0, q, "\""); to = q[2]
		if (layer(to) < 0) {
			offence("\"" to "\": write the path from the top of the tree")
			next
		}
		if (init_side(FILENAME) && layer(to) == 1)
			offence("part of husk-init, may not include " to)
		# caps.h is a list of names, for both halves.
		if (FILENAME ~ /^runtime\/init\// && layer(to) == 3 && to !~ /^runtime\/init\// &&
		    to != "runtime/process/caps.h")
			offence("part of husk-init, may not include the library half, " to)
		if (folder(FILENAME) == folder(to))
			next
		face = folder(to) "/" folder(to) ".h"
		up = layer(to) >= layer(FILENAME)
		past_face = layer(to) > 0 && to != face
		cli_peeks = folder(FILENAME) == "cli" && to != "runtime/include/husk.h"
		if (up || past_face || cli_peeks)
			offence("may not include " to)
	}
	/^#[ \t]*include </ {
		split($0, q, "[<>]"); to = q[2]
		if (to in home && FILENAME !~ home[to])
			offence("<" to "> belongs to " home[to])
	}
	END { exit bad }
'
