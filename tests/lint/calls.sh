#!/bin/sh
# tests/lint/calls.sh - calls that must not be made, by what the object files ask the linker for.
#
# husk-init: no heap, no stdio, no exec by name, and nothing by path outside
# rootfs/rootfd.c.  There and in specs/, numbers go through base/str.h's parser, which rejects what it does
# not understand.  libhusk: never forks, exits, prints, or changes what belongs to the whole
# process.  An exception is a row of `allowed` with its reason.
set -eu

build=${BUILD:-build}
[ -d "$build/init" ] && [ -d "$build/runtime" ] || { echo "$build has not been built"; exit 77; }

heap='malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf|getline|alloca'
stdio='printf|fprintf|vfprintf|puts|putchar|fputs|fopen|fdopen|perror|stdout|stderr|setlocale|syslog'
by_name='execvp|execvpe|execlp|execl|execle|system|popen|posix_spawnp|dlopen'
unsafe='gets|sprintf|vsprintf|strtok|tmpnam|mktemp|tempnam|rand'
numbers='strtol|strtoll|strtoul|strtoull|strtod|atoi|atol|atoll|(__isoc[0-9]*_)?(v?sscanf|strto[a-z]*)'
process='fork|vfork|daemon|exit|abort|chdir|fchdir|chroot|umask|setenv|unsetenv|putenv|clearenv'
process="$process|signal|sigaction|sigprocmask|setns|unshare|setuid|setgid|setgroups|prctl"
# Those that resolve a path from the root or the working directory; the *at() family goes by
# descriptor.
paths='open|open64|creat|stat|stat64|lstat|lstat64|mkdir|mknod|mkfifo|symlink|link|rename|unlink|rmdir'
paths="$paths|remove|readlink|chmod|chown|lchown|access|truncate|utimes|opendir|statfs|statfs64|realpath"
paths="$paths|mount|umount|umount2|chdir|chroot|execve|execv|getxattr|lgetxattr|setxattr|lsetxattr"

# OBJECT SYMBOL: the reason
allowed='
init/runtime/init/cwd_steps.c open: "/" of the new root, where the working directory is looked for
init/runtime/init/cwd_steps.c chdir: "/", while it is made
init/runtime/init/identity_steps.c open: "/" of the new root, where passwd is looked for
init/runtime/init/landlock_steps.c open: "/" of the new root, where the paths of rules are looked for
init/runtime/init/hook_steps.c chdir: "/", so that a hook does not hold the working directory
init/runtime/init/hook_steps.c execve: hooks that are programs of the container
init/runtime/init/exec_steps.c execve: the program, at the very end
init/runtime/init/exec_steps.c access: the search along PATH, as the user that the program runs as
init/runtime/init/exec_steps.c stat: whether the program is there, before start; nothing is opened
init/runtime/init/exec_reason.c open: after execve failed, with the rights of the program
init/runtime/init/exec_reason.c stat: likewise
init/runtime/init/exec_reason.c lstat: likewise
init/runtime/init/exec_reason.c statfs: likewise
init/runtime/init/exec_reason.c access: likewise
init/rootfs/root_steps.c chdir: "/" once the roots are switched
init/rootfs/root_steps.c chroot: ".", where pivot_root cannot be used
init/rootfs/root_steps.c umount2: ".", the old root; /proc and /sys before a chroot
init/rootfs/hot_steps.c umount2: "PID/fd/N" below the verified procfs: by descriptor
runtime/base/library.c dlopen: libsystemd and libmnl, loaded only where they are needed
runtime/process/caps.c prctl: which capabilities the kernel has; it only asks
runtime/criu/swrk.c unshare: mounts, in a thread of its own that starts criu and ends
namespaces/ahead.c unshare: the network, in a thread of its own that ends then
'

# check WHAT PATTERN OBJECT...
check()
{
	what=$1 pattern=$2
	shift 2
	nm -A -u "$@" | sed 's/: *U / /' | awk -v what="$what" -v pattern="^(__)?($pattern)(_chk)?$" \
		-v build="$build/" -v allowed="$allowed" '
		BEGIN {
			n = split(allowed, row, "\n")
			for (i = 1; i <= n; i++) {
				split(row[i], f, "[ :]+")
				ok[f[1] " " f[2]] = 1
			}
		}
		{
			object = $1
			sub(/:$/, "", object)
			sub(build, "", object)
			sub(/\.o$/, ".c", object)
			if ($2 ~ pattern && !((object " " $2) in ok)) {
				print object ": " what " may not call " $2 "()"
				bad = 1
			}
		}
		END { exit bad }'
}

status=0
init=$(find "$build/init" -name '*.o')
library=$(find "$build/runtime" "$build/specs" "$build/namespaces" "$build/cgroups" \
	"$build/rootfs" -name '*.o')
check husk-init "$heap|$stdio|$by_name|$unsafe|fork|vfork" $init || status=1
check husk-init "$paths" $(printf '%s\n' $init | grep -v '/rootfs/rootfd\.o$') || status=1
check husk-init "$numbers" $init || status=1
check specs "$numbers" $(find "$build/specs" -name '*.o') || status=1
check libhusk "$by_name|$unsafe|$process|printf|puts|putchar|perror|stdout|stderr|syslog" $library ||
	status=1
exit $status
