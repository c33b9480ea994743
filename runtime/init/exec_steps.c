/*
 * The last step: the container's program; and, before start, whether there is one.
 *
 * Uses: runtime/base/step.h.    Used by: main.c.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/init/init.h"

/* The value of PATH in @env; the last one counts, as it does for a program that walks it. */
static const char *path_of(char **env)
{
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

	for (; env && *env; env++) {
		if (strncmp(*env, "PATH=", 5) == 0)
			path = *env + 5;
	}
	return path;
}

/* dir/name into @out; false when it does not fit. */
static bool join(char *out, size_t size, const char *dir, size_t dir_len, const char *name)
{
	size_t n = strlen(name);

	if (dir_len == 0) {	/* an empty element means the working directory */
		dir = ".";
		dir_len = 1;
	}
	if (dir_len + 1 + n >= size)
		return false;
	memcpy(out, dir, dir_len);
	out[dir_len] = '/';
	memcpy(out + dir_len + 1, name, n + 1);
	return true;
}

static int fail(struct step_ctx *c, const char *path, int error)
{
	char reason[200], text[256];
	const char *why = exec_reason(path, error, reason, sizeof(reason));
	size_t n = strlen(path), m = why ? strlen(why) : 0;

	if (n > 120)
		n = 120;
	memcpy(text, path, n);
	text[n] = '\0';
	if (m > 0 && n + m + 2 < sizeof(text)) {
		/* The caller splits at the newline. */
		text[n] = '\n';
		memcpy(text + n + 1, why, m + 1);
	}
	return step_fail_as(c, error, "execve", text);
}

/* execvp(3)'s rule: go on after ENOENT, ENOTDIR and EACCES, and remember the latter. */
static int search(struct step_ctx *c, const char *name, char **argv, char **env)
{
	int denied = 0;
	char denied_path[4096], path[4096];

	for (const char *p = path_of(env);; p++) {
		size_t len = strcspn(p, ":");

		if (join(path, sizeof(path), p, len, name)) {
			(void)execve(path, argv, env);
			if (errno == EACCES && access(path, F_OK) == 0) {
				denied = EACCES;
				strcpy(denied_path, path);
			} else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
				return fail(c, path, errno);
			} else if (errno == ENOENT && access(path, F_OK) == 0) {
				return fail(c, path, ENOENT);	/* its interpreter is missing */
			}
		}
		p += len;
		if (!*p)
			break;
	}
	if (denied)
		return fail(c, denied_path, denied);
	return step_fail_as(c, ENOENT, "search", name);
}

/*
 * What execve(2) would say of @path, as far as the file alone tells; 0 also when it cannot be
 * looked at: users may be allowed what root is not.
 */
static int missing(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EACCES ? 0 : errno;
	return S_ISREG(st.st_mode) && (st.st_mode & 0111) ? 0 : EACCES;
}

/* Where the working directory is not yet the program's, a relative element of PATH counts as a find. */
static int find(struct step_ctx *c, const char *name, bool relative)
{
	int error, denied = 0;
	char denied_path[4096], path[4096];

	for (const char *p = path_of(init_exec_env(c));; p++) {
		size_t len = strcspn(p, ":");

		if (*p != '/' && !relative)
			return 0;
		error = join(path, sizeof(path), p, len, name) ? missing(path) : ENOENT;
		if (!error)
			return 0;
		if (error == EACCES) {
			denied = error;
			strcpy(denied_path, path);
		}
		p += len;
		if (!*p)
			break;
	}
	return denied ? fail(c, denied_path, denied) : step_fail_as(c, ENOENT, "search", name);
}

int step_PROC_PROGRAM(struct step_ctx *c, const struct plan_step *s)
{
	const char *name = step_str(c, s, 0);
	int error;

	if (!strchr(name, '/'))
		return find(c, name, step_num(s, 1) != 0);
	error = missing(name);
	return error ? fail(c, name, error) : 0;
}

int step_EXEC(struct step_ctx *c, const struct plan_step *s)
{
	const char *path = step_str(c, s, 0);
	char **argv = step_strv(c, s, 1), **env = step_strv(c, s, 2);

	if (!strchr(path, '/'))
		return search(c, path, argv, env);
	(void)execve(path, argv, env);
	return fail(c, path, errno);
}
