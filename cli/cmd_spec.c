/*
 * husk spec: write a config.json to begin with.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

#include <fcntl.h>

#define CONFIG "config.json"

struct spec_opts {
	const char *bundle, *file;
	bool rootless;
};

static const struct cli_opt spec_opts[] = {
	{ 'b', "bundle", CLI_STRING, offsetof(struct spec_opts, bundle), "DIR",
	  "directory to write config.json to; default: the current one" },
	{ 'f', "file", CLI_STRING, offsetof(struct spec_opts, file), "FILE",
	  "write this file of it instead of config.json" },
	{ 0, "rootless", CLI_FLAG, offsetof(struct spec_opts, rootless), NULL,
	  "for a user other than root" },
	{ 0 },
};

static int write_all(int fd, const char *name, const char *text, struct husk_error *err)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return husk_error_set(err, HUSK_E_SYSTEM, errno, "write %s: %s", name,
					      strerror(errno));
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A new file; what is there already is never changed. */
static int write_config(int dir_fd, const char *name, const char *text, struct husk_error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	cleanup_close int fd = openat(dir_fd, name, flags, 0666);
	int ret;

	if (fd < 0 && errno == EEXIST)
		return husk_error_set(err, HUSK_E_EXISTS, EEXIST,
				      "File %s exists. Remove it first", name);
	if (fd < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "create %s: %s", name,
				      strerror(errno));
	ret = write_all(fd, name, text, err);
	if (ret < 0)
		(void)unlinkat(dir_fd, name, 0);
	return ret;
}

static int spec_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct spec_opts *o = opts;
	const char *bundle = o->bundle ? o->bundle : ".";
	cleanup_close int dir_fd = open(bundle, O_DIRECTORY | O_PATH | O_CLOEXEC);
	cleanup_free char *text = NULL;
	int ret;

	(void)cli;
	(void)operands;
	if (dir_fd < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "open bundle %s: %s", bundle,
				      strerror(errno));
	ret = husk_spec(o->rootless, &text, err);
	if (ret < 0)
		return ret;
	return write_config(dir_fd, o->file ? o->file : CONFIG, text, err);
}

const struct cli_cmd cmd_spec = {
	.name = "spec",
	.operands = "",
	.summary = "write a config.json to begin with",
	.details = "It has runc's defaults and a seccomp profile: what programs need, of this machine's\n"
		   "own kind.  Without namespaces, mounts, io_uring, bpf, keyrings, AF_VSOCK; what is newer\n"
		   "than the profile is ENOSYS.  32-bit programs need SCMP_ARCH_X86 or _ARM in\n"
		   "linux.seccomp.architectures; a capability that is added may need its system calls.",
	.opts = spec_opts,
	.opts_size = sizeof(struct spec_opts),
	.run = spec_run,
};
