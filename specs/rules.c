/*
 * Rules for strings: see rules.h.
 *
 * Several of these end up as a file name below /proc/sys or a cgroup, or as a line in a file there.
 * They say what is allowed rather than what is not: CVE-2022-0811 was a "+" in a sysctl.
 *
 * Uses: nothing.    Used by: the tables in specs/read_*.c.
 */
#include "specs/rules.h"

#include <net/if.h>
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/base/weak.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { HOST_NAME_MAX_LEN = 64 };	/* __NEW_UTS_LEN */

static bool is_abs_path(const char *s)
{
	return *s == '/';
}

const struct oci_rule oci_rule_abs_path = {
	is_abs_path, "an absolute path", "paths that begin with /",
};

/*
 * An entry without "=" is refused rather than passed on: libraries and engines have taken it for
 * "copy the variable of that name from my own environment" (CVE-2026-57231).
 */
static bool is_env(const char *s)
{
	const char *equals = strchr(s, '=');

	return equals && equals != s;
}

const struct oci_rule oci_rule_env = {
	is_env, "an environment variable", "KEY=value, with a key",
};

/* ---- versions ------------------------------------------------------------------ */

/* "0" or digits that do not begin with 0. */
static size_t number_len(const char *s)
{
	size_t len = strspn(s, DIGITS);

	return len > 1 && *s == '0' ? 0 : len;
}

/* Dot-separated identifiers: behind "-" (numbers without leading zeros) or behind "+". */
static const char *skip_identifiers(const char *s, bool pre_release)
{
	for (;; s++) {
		size_t len = strspn(s, DIGITS LOWER UPPER "-");

		if (len == 0 ||
		    (pre_release && strspn(s, DIGITS) == len && number_len(s) == 0))
			return NULL;
		s += len;
		if (*s != '.')
			return s;
	}
}

static bool is_version(const char *s)
{
	if (strncmp(s, "1.", 2) != 0)
		return false;
	s += 2;
	if (number_len(s) == 0 || s[number_len(s)] != '.')
		return false;
	s += number_len(s) + 1;
	if (number_len(s) == 0)
		return false;
	s += number_len(s);
	if (*s == '-')
		s = skip_identifiers(s + 1, true);
	if (s && *s == '+')
		s = skip_identifiers(s + 1, false);
	return s && *s == '\0';
}

const struct oci_rule oci_rule_version = {
	is_version, "a version of the runtime specification that husk knows",
	"1.x.y, such as " HUSK_SPEC_VERSION,
};

/* ---- names ----------------------------------------------------------------------- */

static bool is_host_name(const char *s)
{
	return *s && strlen(s) <= HOST_NAME_MAX_LEN;
}

const struct oci_rule oci_rule_host_name = {
	is_host_name, "a name that the kernel takes", "1 to 64 bytes",
};

static bool is_not_empty(const char *s)
{
	return *s;
}

const struct oci_rule oci_rule_not_empty = {
	is_not_empty, "a name", "one character or more",
};

static bool is_one_line(const char *s)
{
	return !strchr(s, '\n');
}

const struct oci_rule oci_rule_one_line = {
	is_one_line, "one line", "text without a newline",
};

/* Also a plain path component. */
static bool is_file_name(const char *s)
{
	if (*s == '\0' || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s; s++) {
		if (*s == '/' || (unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	}
	return true;
}

const struct oci_rule oci_rule_file_name = {
	is_file_name, "a device name", "names without / and blanks",
};

static bool is_if_name(const char *s)
{
	/* as the kernel's dev_valid_name() */
	return is_file_name(s) && strlen(s) < IFNAMSIZ && !strchr(s, ':');
}

const struct oci_rule oci_rule_if_name = {
	is_if_name, "a network interface name", "1 to 15 bytes without /, : and blanks",
};

static bool is_clos_id(const char *s)
{
	return strcmp(s, "/") == 0 || is_file_name(s);
}

const struct oci_rule oci_rule_clos_id = {
	is_clos_id, "the name of a resctrl group", "/, or a name without / and blanks",
};

/* ---- kernel files ------------------------------------------------------------------- */

/* Components of [a-zA-Z0-9_-], separated by a single "." or "/". */
static bool is_sysctl(const char *s)
{
	for (;; s++) {
		size_t len = strspn(s, LOWER UPPER DIGITS "_-");

		if (len == 0)
			return false;
		s += len;
		if (*s != '.' && *s != '/')
			return *s == '\0';
	}
}

const struct oci_rule oci_rule_sysctl = {
	is_sysctl, "the name of a sysctl",
	"letters, digits, _ and -, separated by single . or /, such as net.ipv4.ip_forward",
};

/* CONTROLLER.FILE: the first lower case, more than one component, never a path. */
static bool is_cgroup_file(const char *s)
{
	size_t len = strspn(s, LOWER DIGITS "_");

	if (weakened("unified-key"))
		return true;
	if (len == 0 || s[len] != '.')
		return false;
	while (s[len] == '.') {
		s += len + 1;
		len = strspn(s, LOWER UPPER DIGITS "_");
		if (len == 0)
			return false;
	}
	return s[len] == '\0';
}

const struct oci_rule oci_rule_cgroup_file = {
	is_cgroup_file, "the name of a cgroup v2 file", "CONTROLLER.FILE, such as memory.high",
};

static bool is_page_size(const char *s)
{
	size_t len = strspn(s, DIGITS);

	return len > 0 && *s != '0' && s[len] && strchr("KMG", s[len]) &&
	       strcmp(s + len + 1, "B") == 0;
}

const struct oci_rule oci_rule_page_size = {
	is_page_size, "a huge page size", "a number and KB, MB or GB, such as 2MB",
};

/* ---- lists of CPUs and memory nodes --------------------------------------------------- */

static bool is_number_list(const char *s)
{
	for (;; s++) {
		size_t len = strspn(s, DIGITS);

		if (len == 0 || len > 9)
			return false;
		s += len;
		if (*s == '-') {
			len = strspn(++s, DIGITS);
			if (len == 0 || len > 9)
				return false;
			s += len;
		}
		if (*s != ',')
			return *s == '\0';
	}
}

const struct oci_rule oci_rule_number_list = {
	is_number_list, "a list of numbers", "numbers and ranges, such as 0-3,7",
};

static bool is_cpuset(const char *s)
{
	return strspn(s, DIGITS ",-:/ ") == strlen(s);
}

const struct oci_rule oci_rule_cpuset = {
	is_cpuset, "a list of numbers", "numbers and ranges, such as 0-3,7",
};

/* ---- seccomp -------------------------------------------------------------------------- */

static bool is_seccomp_arch(const char *s)
{
	static const char *const archs[] = {
		"X86_64", "X86", "X32", "AARCH64", "ARM", "LOONGARCH64", "M68K", "MIPS", "MIPS64",
		"MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PARISC", "PARISC64", "PPC",
		"PPC64", "PPC64LE", "RISCV64", "S390", "S390X", "SH", "SHEB",
	};

	if (strncmp(s, "SCMP_ARCH_", 10) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (strcmp(archs[i], s + 10) == 0)
			return true;
	}
	return false;
}

const struct oci_rule oci_rule_seccomp_arch = {
	is_seccomp_arch, "an architecture",
	"SCMP_ARCH_ and one of X86_64, X86, X32, AARCH64, ARM, LOONGARCH64, M68K, MIPS, MIPS64, "
	"MIPS64N32, MIPSEL, MIPSEL64, MIPSEL64N32, PARISC, PARISC64, PPC, PPC64, PPC64LE, RISCV64, "
	"S390, S390X, SH, SHEB",
};
