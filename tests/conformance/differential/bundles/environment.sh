# Environment, working directory, and finding the program.
bundle empty '.process.env = []'
bundle absent 'del(.process.env)'
bundle duplicates '.process.env = ["A=1", "B=2", "A=3", "PATH=/bin"]'
bundle empty-value '.process.env += ["EMPTY="]'
bundle without-equals '.process.env += ["NOTHING"]'
bundle equals-in-value '.process.env += ["A=b=c"]'
bundle empty-name '.process.env += ["=x"]'
bundle home-given '.process.env += ["HOME=/else"]'
bundle home-empty '.process.env += ["HOME="]'
bundle home-of-user '.process.user = {uid: 1000, gid: 1000}'
bundle home-of-nobody '.process.user = {uid: 4711, gid: 0}'
no_passwd() { rm "$ROOTFS/etc/passwd"; }
bundle home-without-passwd . no_passwd

cwd_files() { mkdir -p "$ROOTFS/dir/sub" "$ROOTFS/private"; ln -s dir/sub "$ROOTFS/link"; ln -s / "$ROOTFS/absolute"; ln -s /nowhere "$ROOTFS/dangling"; chmod 700 "$ROOTFS/private"; : >"$ROOTFS/file"; }
bundle cwd '.process.cwd = "/dir/sub"' cwd_files
bundle cwd-missing '.process.cwd = "/new/deep" | also("stat /new /new/deep")' cwd_files
bundle cwd-symlink '.process.cwd = "/link"' cwd_files
bundle cwd-symlink-absolute '.process.cwd = "/absolute/dir"' cwd_files
bundle cwd-dangling '.process.cwd = "/dangling"' cwd_files
bundle cwd-file '.process.cwd = "/file"' cwd_files
bundle cwd-relative '.process.cwd = "dir"' cwd_files
bundle cwd-empty '.process.cwd = ""' cwd_files
bundle cwd-absent 'del(.process.cwd)' cwd_files
bundle cwd-dots '.process.cwd = "/dir/../dir/./sub/"' cwd_files
bundle cwd-above-root '.process.cwd = "/../../dir"' cwd_files
bundle cwd-private-user '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000}' cwd_files
bundle cwd-missing-readonly '.process.cwd = "/new" | .root.readonly = true' cwd_files
bundle cwd-procfd '.process.cwd = "/proc/self/fd/7"' cwd_files

programs()
{
	mkdir -p "$ROOTFS/a" "$ROOTFS/b" "$ROOTFS/d"
	mkdir "$ROOTFS/a/prog"
	cp "$PROBE" "$ROOTFS/b/prog"
	cp "$PROBE" "$ROOTFS/d/private"
	chmod 700 "$ROOTFS/d/private"
	printf 'data' >"$ROOTFS/data"
	printf '#!/bin/none\n' >"$ROOTFS/script"
	printf 'exit 3\n' >"$ROOTFS/plain"
	chmod 755 "$ROOTFS/script" "$ROOTFS/plain"
	ln -s /nowhere "$ROOTFS/dangling"
}
bundle args-path '.process.env = ["PATH=/a:/b"] | .process.args[0] = "prog"' programs
bundle args-path-missing '.process.args = ["nothing"]' programs
bundle args-path-absent '.process.env = [] | .process.args = ["prog"]' programs
bundle args-path-empty-member '.process.env = ["PATH=:/none"] | .process.cwd = "/b" | .process.args[0] = "prog"' programs
bundle args-relative '.process.cwd = "/b" | .process.args[0] = "./prog"' programs
bundle args-missing '.process.args = ["/nothing"]' programs
bundle args-missing-directory '.process.args = ["/no/thing"]' programs
bundle args-directory '.process.args = ["/a"]' programs
bundle args-not-executable '.process.args = ["/data"]' programs
bundle args-below-file '.process.args = ["/data/x"]' programs
bundle args-no-interpreter '.process.args = ["/script"]' programs
bundle args-no-format '.process.args = ["/plain"]' programs
bundle args-dangling '.process.args = ["/dangling"]' programs
bundle args-private '.process.args = ["/d/private"] | .process.user = {uid: 1000, gid: 1000}' programs
bundle args-none '.process.args = []' programs
bundle args-absent 'del(.process.args)' programs
bundle args-empty-string '.process.args = [""]' programs
bundle args-empty-argument '.process.args = ["/probe", "args", "", "a b"]' programs
