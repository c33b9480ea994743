/*
 * Why execve(2) failed: the kernel's errno does not tell a missing program from a missing
 * interpreter, or a missing permission bit from a noexec mount.
 *
 * It runs with the rights of the program that was to be started, on files that belong to the
 * image; it reads a few hundred bytes of a regular file and decides nothing.
 *
 * Uses: text.h.    Used by: exec_steps.c.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "runtime/init/init.h"
#include "runtime/init/text.h"

#ifndef ST_NOEXEC
#define ST_NOEXEC 8
#endif
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct {
	unsigned machine;
	const char *name;
} machines[] = {
	{ EM_X86_64, "x86_64" },   { EM_386, "x86" },	 { EM_AARCH64, "aarch64" },
	{ EM_ARM, "arm" },	   { EM_RISCV, "riscv" }, { EM_PPC64, "ppc64" },
	{ EM_S390, "s390" },	   { EM_MIPS, "mips" },	 { EM_LOONGARCH, "loongarch" },
};

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#elif defined(__riscv)
#define OWN_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define OWN_MACHINE EM_PPC64
#elif defined(__s390x__)
#define OWN_MACHINE EM_S390
#elif defined(__loongarch__)
#define OWN_MACHINE EM_LOONGARCH
#else
#define OWN_MACHINE 0
#endif

static const char *machine_name(unsigned machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].machine == machine)
			return machines[i].name;
	}
	return "another machine";
}

/* The first bytes of @path, a regular file; returns their number, 0 for any trouble. */
static size_t read_at(const char *path, off_t at, void *buf, size_t size)
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	/* Opening a device or a FIFO could have effects. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, buf, size, at);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* The interpreter of a script, "#! /bin/sh -e", into @out. */
static bool script_interpreter(const char *head, size_t len, struct text *out)
{
	char line[256];
	char *p = line;

	if (len < 2 || head[0] != '#' || head[1] != '!')
		return false;
	len = len - 2 < sizeof(line) - 1 ? len - 2 : sizeof(line) - 1;
	memcpy(line, head + 2, len);
	line[len] = '\0';
	p += strspn(p, " \t");
	p[strcspn(p, " \t\n")] = '\0';
	text_add(out, p);
	return out->len > 0;
}

/* The PT_INTERP of a 64-bit program of this machine, into @out. */
static bool elf_interpreter(const char *path, const Elf64_Ehdr *h, struct text *out)
{
	char name[200];

	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (unsigned i = 0; i < h->e_phnum && i < 64; i++) {
		Elf64_Phdr ph;
		off_t at = (off_t)(h->e_phoff + (uint64_t)i * sizeof(ph));
		size_t n;

		if (at < 0 || read_at(path, at, &ph, sizeof(ph)) != sizeof(ph))
			return false;
		if (ph.p_type != PT_INTERP || (off_t)ph.p_offset < 0)
			continue;
		n = read_at(path, (off_t)ph.p_offset, name,
			    ph.p_filesz < sizeof(name) ? ph.p_filesz : sizeof(name) - 1);
		name[n] = '\0';
		text_add(out, name);
		return out->len > 0;
	}
	return false;
}

struct head {
	union {
		char bytes[256];
		Elf64_Ehdr elf;
	};
	size_t len;
	bool is_elf;
};

static void read_head(const char *path, struct head *h)
{
	h->len = read_at(path, 0, h->bytes, sizeof(h->bytes));
	h->is_elf = h->len >= sizeof(h->elf) && memcmp(h->bytes, ELFMAG, SELFMAG) == 0;
}

static bool interpreter(const char *path, struct head *h, struct text *out)
{
	return h->is_elf ? elf_interpreter(path, &h->elf, out)
			 : script_interpreter(h->bytes, h->len, out);
}

/* It is there, but what must load it is not. */
static void why_missing(const char *path, struct text *t)
{
	struct text name = { .len = 0 };
	struct stat st;
	struct head h = { .len = 0 };

	if (stat(path, &st) < 0) {
		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
			text_add(t, "it is a dangling symbolic link");
		return;
	}
	read_head(path, &h);
	if (!interpreter(path, &h, &name) || access(name.s, F_OK) == 0)
		return;
	text_add(t, h.is_elf ? "it exists, but its loader " : "it exists, but its interpreter ");
	text_add(t, name.s);
	text_add(t, " does not");
	if (strchr(name.s, '\r'))
		text_add(t, ": the script has DOS line ends");
}

static void why_denied(const char *path, struct text *t)
{
	struct text name = { .len = 0 };
	struct statfs fs;
	struct stat st;
	struct head h = { .len = 0 };

	if (stat(path, &st) < 0) {
		text_add(t, "this user may not search a directory on the way");
	} else if (S_ISDIR(st.st_mode)) {
		text_add(t, "it is a directory");
	} else if (!S_ISREG(st.st_mode)) {
		text_add(t, "it is not a regular file");
	} else if (!(st.st_mode & 0111)) {
		text_add(t, "it is not executable: mode 0");
		text_add_num(t, st.st_mode & 07777, 8);
	} else if (statfs(path, &fs) == 0 && (fs.f_flags & ST_NOEXEC)) {
		text_add(t, "it is on a file system mounted noexec");
	} else if (access(path, X_OK) < 0) {
		text_add(t, "it is not executable for this user: mode 0");
		text_add_num(t, st.st_mode & 07777, 8);
	} else {
		read_head(path, &h);
		if (interpreter(path, &h, &name) && access(name.s, X_OK) < 0) {
			text_add(t, h.is_elf ? "its loader " : "its interpreter ");
			text_add(t, name.s);
			text_add(t, " is not executable");
		}
	}
}

static void why_not_a_program(const char *path, struct text *t)
{
	struct stat st;
	struct head h = { .len = 0 };

	read_head(path, &h);
	if (stat(path, &st) == 0 && st.st_size == 0) {
		text_add(t, "the file is empty");
	} else if (h.is_elf && OWN_MACHINE && h.elf.e_machine != OWN_MACHINE) {
		text_add(t, "it is built for ");
		text_add(t, machine_name(h.elf.e_machine));
		text_add(t, ", this machine is ");
		text_add(t, machine_name(OWN_MACHINE));
	} else if (h.len > 0 && !h.is_elf && memcmp(h.bytes, "#!", 2) != 0) {
		text_add(t, "it is neither an ELF program nor a script that begins with #!");
	}
}

const char *exec_reason(const char *path, int error, char *buf, size_t len)
{
	struct text t = { .len = 0 };

	switch (error) {
	case ENOENT:
		why_missing(path, &t);
		break;
	case EACCES:
		why_denied(path, &t);
		break;
	case ENOEXEC:
		why_not_a_program(path, &t);
		break;
	case ENOTDIR:
		text_add(&t, "a component of the path is not a directory");
		break;
	case E2BIG:
		text_add(&t, "arguments and environment are too long together");
		break;
	case ETXTBSY:
		text_add(&t, "the file is open for writing");
		break;
	case EAGAIN:
		text_add(&t, "the user has reached RLIMIT_NPROC");
		break;
	}
	if (t.len == 0 || len == 0)
		return NULL;
	if (t.len >= len)
		t.len = len - 1;
	memcpy(buf, t.s, t.len);
	buf[t.len] = '\0';
	return buf;
}
