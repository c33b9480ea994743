/*
 * From the static program to the dynamic one.
 *
 * husk is a static program: the dynamic loader and what it does for the C library would be most of the
 * time of `state`, `kill` and `exec`.  Only libsystemd, libmnl and libseccomp, and users whom only the
 * name service knows, need a dynamic one.  It is in here as a file, which nobody reads until then.
 *
 * A command that comes to need it has failed with ELIBACC, and has undone what it did; or it is one of
 * those that are for the dynamic program from the start.
 *
 * Uses: dynamic.h, dynamic_blob.S.    Used by: main.c.
 */
#include "cli/dynamic.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

extern const char cli_dynamic_blob[], cli_dynamic_blob_end[];

/* ---- read-only relocations --------------------------------------------------- */

extern const char __ehdr_start[];	/* where the linker's addresses begin */

/* The dynamic loader does this for others; musl's start-up code, which relocates us, does not. */
__attribute__((constructor)) static void seal_relocations(void)
{
	const ElfW(Phdr) *p = (const void *)getauxval(AT_PHDR);
	size_t n = getauxval(AT_PHNUM), page = getauxval(AT_PAGESZ);

	for (; n > 0; n--, p++) {
		uintptr_t start = (uintptr_t)__ehdr_start + p->p_vaddr, end = start + p->p_memsz;

		start &= -page;
		end &= -page;
		if (p->p_type == PT_GNU_RELRO && end > start &&
		    mprotect((void *)start, end - start, PROT_READ) < 0)
			_exit(1);
	}
}

/* ---- the dynamic program ------------------------------------------------------- */

static int write_blob(int fd)
{
	const char *p = cli_dynamic_blob;

	while (p < cli_dynamic_blob_end) {
		ssize_t n = write(fd, p, (size_t)(cli_dynamic_blob_end - p));

		if (n < 0 && errno != EINTR)
			return -1;
		p += n > 0 ? n : 0;
	}
	return fchmod(fd, 0555);
}

/* Sealed, as what is executed must not change under it. */
static int make_memfd(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("husk", flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)	/* MFD_EXEC is new in Linux 6.3 */
		fd = memfd_create("husk", flags);
	if (fd < 0)
		return -1;
	if (write_blob(fd) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/*
 * With vm.memfd_noexec 2 no container starts, and `husk doctor` is to say so: a file without a name,
 * which nobody has open for writing when it is executed.
 */
static int make_file(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0500), readable = -1;
	char path[32];

	if (fd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write_blob(fd) == 0)
		readable = open(path, O_RDONLY | O_CLOEXEC);
	(void)close(fd);
	return readable;
}

/* Returns only when it fails. */
static void execute(const struct cli *cli, int fd)
{
	int error;

	if (fd < 0)
		return;
	(void)syscall(SYS_execveat, fd, "", cli->argv, environ, AT_EMPTY_PATH);
	error = errno;
	(void)close(fd);
	errno = error;
}

unsigned cli_records_before(void)
{
	return 0;
}

int cli_become_dynamic(const struct cli *cli, struct husk_error *err)
{
	static const char *const dirs[] = { "/tmp", "/var/tmp", "/dev/shm", "/run" };
	char records[16];
	int error;

	(void)snprintf(records, sizeof(records), "%u", cli->log.records);
	if (!cli->argv || setenv(CLI_RECORDS, records, /* overwrite= */ 1) < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	if (cli->keeps_signals)
		(void)sigprocmask(SIG_SETMASK, &cli->mask, NULL);
	execute(cli, make_memfd());
	error = errno;
	for (size_t i = 0; error == EACCES && i < sizeof(dirs) / sizeof(*dirs); i++)
		execute(cli, make_file(dirs[i]));
	return husk_error_set(err, HUSK_E_SYSTEM, error, "go on as the dynamic program, which can load "
			      "libraries: %s%s", strerror(error),
			      error == ENOENT ? ": this system has not glibc's loader" : "");
}
