/*
 * Names of systemd units for containers, and where their cgroups are.
 *
 * Uses: runtime/base.    Used by: cg_systemd.c.
 */
#include "cgroups/cg_systemd.h"

#include <string.h>

#include "runtime/base/util.h"

#define PATH_AT "/linux/cgroupsPath"

enum { UNIT_NAME_MAX = 255 };

/* systemd.unit(5): ASCII letters, digits and these. */
static bool is_unit_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			     ":-_.\\@");

	return !s[n] && n <= UNIT_NAME_MAX;
}

/*
 * The directory of a unit: one that the kernel or systemd could take for a file of theirs gets an
 * underscore ("cpu.slice" -> "_cpu.slice"; systemd's cg_escape()).
 */
static void add_dir(struct str *b, const char *unit, size_t len)
{
	const char *dot = memchr(unit, '.', len);
	size_t head = dot ? (size_t)(dot - unit) : 0;

	str_add(b, "/");
	if (unit[0] == '_' || unit[0] == '.' || (head == 6 && memcmp(unit, "cgroup", 6) == 0) ||
	    (head && cg_ctl_parse(unit, head) != CG_CTLS))
		str_add(b, "_");
	str_add_n(b, unit, len);
}

/* "a-b.slice" -> "/a.slice/a-b.slice"; "-.slice" is the root, "". */
static bool add_slice(struct str *b, const char *slice)
{
	static const char suffix[] = ".slice";
	size_t len;

	if (!str_ends(slice, suffix) || strcmp(slice, suffix) == 0)
		return false;
	len = strlen(slice) - strlen(suffix);
	if (len == 1 && slice[0] == '-')
		return true;
	for (size_t at = 0, end; at <= len; at = end + 1) {
		struct str name cleanup_str = { 0 };

		end = at;
		while (end < len && slice[end] != '-')
			end++;
		if (end == at)		/* "a--b.slice", "-a.slice" */
			return false;
		str_add_n(&name, slice, end);
		str_add(&name, suffix);
		if (name.failed)
			b->failed = true;
		else
			add_dir(b, name.s, name.len);
	}
	return true;
}

/* The three parts, in place: false if @path has another form. */
static bool split(char *path, char *part[3])
{
	part[0] = path;
	for (unsigned i = 1; i < 3; i++) {
		part[i] = strchr(part[i - 1], ':');
		if (!part[i])
			return false;
		*part[i]++ = '\0';
	}
	return !strchr(part[2], ':');
}

static int err_name(struct husk_error *err, const char *unit)
{
	err_config(err, PATH_AT, "\"%.100s\" cannot be the name of a systemd unit", unit);
	return err_hint(err, "a name has at most %d letters, digits and :-_.\\@", UNIT_NAME_MAX);
}

int cg_unit_name(struct arena *arena, const char *path, const char *id, bool user,
		 struct cg_unit_name *out, struct husk_error *err)
{
	char *part[3] = { (char *)"", (char *)"husk", (char *)id };
	struct str dir cleanup_str = { 0 };
	struct cg_unit_name n = { 0 };

	if (path && *path) {
		char *copy = arena_strdup(arena, path);

		if (!copy)
			return err_nomem(err, "cgroup path");
		if (!split(copy, part)) {
			err_config(err, PATH_AT, "expected cgroupsPath to be of format "
				   "\"slice:prefix:name\" for systemd cgroups, got \"%.200s\" instead",
				   path);
			return err_hint(err, "write it so, or leave --systemd-cgroup out");
		}
		if (!*part[2])
			return err_config(err, PATH_AT, "\"%.200s\" names no unit: its third part is "
					  "empty", path);
	}
	n.slice = *part[0] ? part[0] : user ? "user.slice" : "system.slice";
	n.is_slice = str_ends(part[2], ".slice");
	n.unit = n.is_slice ? part[2] : arena_printf(arena, "%s%s%s.scope", part[1],
						     *part[1] ? "-" : "", part[2]);
	if (!n.unit)
		return err_nomem(err, "cgroup path");
	if (!is_unit_name(n.unit))
		return err_name(err, n.unit);
	if (!is_unit_name(n.slice) || !add_slice(&dir, n.is_slice ? n.unit : n.slice))
		return err_config(err, PATH_AT, "invalid slice name: %.200s",
				  n.is_slice ? n.unit : n.slice);
	if (!n.is_slice)
		add_dir(&dir, n.unit, strlen(n.unit));
	else if (dir.len == 0)
		return err_config(err, PATH_AT, "-.slice is the root of the hierarchy, not a cgroup "
				  "of the container's own");
	n.path = dir.failed ? NULL : arena_strdup(arena, dir.s);
	if (!n.path)
		return err_nomem(err, "cgroup path");
	*out = n;
	return 0;
}

/* The path in the line of @text that is about the hierarchy of systemd itself: of v2, or v1's
 * name=systemd; its length, or 0. */
static size_t own_path(const char *text, const char **out)
{
	static const char *const heads[] = { "0::", ":name=systemd:" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		const char *p = text ? strstr(text, heads[i]) : NULL;

		if (!p || (i == 0 && p != text && p[-1] != '\n'))
			continue;
		*out = p + strlen(heads[i]);
		/* Hybrid hosts have both, and the first may be unused. */
		if (strcspn(*out, "\n") > 1)
			return strcspn(*out, "\n");
	}
	return 0;
}

const char *cg_below_unit(const char *path, const char *unit)
{
	size_t len = strlen(unit);

	for (const char *p = path; (p = strchr(p, '/')) != NULL;) {
		p++;
		p += *p == '_';	/* of cg_escape() */
		if (strncmp(p, unit, len) == 0 && (p[len] == '/' || p[len] == '\0'))
			return p + len;
	}
	return "";
}

bool cg_same_manager(const char *own, const char *path)
{
	const char *user = strstr(path, "/user@");
	const char *end = user ? strstr(user, ".service/") : NULL;

	return !end || strncmp(own, path, (size_t)(end - path) + strlen(".service/")) == 0;
}

char *cg_manager_root(struct arena *arena, const char *pid1, const char *own, bool user, uid_t uid)
{
	static const char scope[] = "/init.scope";
	const char *path = "", *end = NULL;
	char service[64];
	size_t len = own_path(pid1, &path), root = 0;
	const char *root_path = path;

	if (len >= strlen(scope) && memcmp(path + len - strlen(scope), scope, strlen(scope)) == 0)
		root = len - strlen(scope);
	if (!user)
		return arena_printf(arena, "%.*s", (int)root, root_path);
	(void)snprintf(service, sizeof(service), "/user@%u.service", uid);
	len = own_path(own, &path);
	for (const char *p = path; len && (p = strstr(p, service)) != NULL && p < path + len; p++)
		end = p + strlen(service);
	if (end)
		return arena_printf(arena, "%.*s", (int)(end - path), path);
	return arena_printf(arena, "%.*s/user.slice/user-%u.slice%s", (int)root, root_path, uid,
			    service);
}
