/*
 * Names of users: see user.h.
 *
 * Uses: fs.h, str.h.    Used by: runtime/create.c, runtime/doctor/host.c, namespaces.
 */
#include "runtime/base/user.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* "name:password:uid:...": the name's length, or 0 when this is no entry of @uid. */
static size_t entry_name(const char *line, size_t len, uid_t uid)
{
	const char *end = line + len, *name_end, *number, *number_end;
	char digits[16];
	uint64_t value;

	/* A comment, or a reference to NIS. */
	if (len == 0 || strchr("#+-", *line))
		return 0;
	name_end = memchr(line, ':', len);
	if (!name_end || name_end == line)
		return 0;
	number = memchr(name_end + 1, ':', (size_t)(end - name_end - 1));
	if (!number++)
		return 0;
	number_end = memchr(number, ':', (size_t)(end - number));
	if (!number_end || (size_t)(number_end - number) >= sizeof(digits))
		return 0;
	*(char *)mempcpy(digits, number, (size_t)(number_end - number)) = '\0';
	if (!str_to_u64(digits, UINT32_MAX, &value) || value != uid)
		return 0;
	return (size_t)(name_end - line);
}

char *user_name_in(const char *passwd, uid_t uid)
{
	for (const char *line = passwd; *line;) {
		size_t len = strcspn(line, "\n"), name = entry_name(line, len, uid);

		if (name)
			return strndup(line, name);
		line += len + (line[len] == '\n');
	}
	return NULL;
}

char *user_name(uid_t uid)
{
	cleanup_free char *passwd = NULL;
	struct husk_error ignored;
	char *name;

	if (fs_read(AT_FDCWD, "/etc/passwd", 1 << 20, &passwd, NULL, &ignored) == 0) {
		name = user_name_in(passwd, uid);
		if (name)
			return name;
	}
	return user_name_of_service(uid);
}

/* Of those whom nss-systemd(8) knows, users of systemd-homed log in and have subordinate ids. */
static bool is_homed(uid_t uid)
{
	return uid >= 60001 && uid <= 60513;
}

/* A source of users that is not /etc/passwd, and may know @uid? */
static bool is_other_source(const char *name, size_t len, uid_t uid)
{
	if (len == strlen("systemd") && memcmp(name, "systemd", len) == 0)
		return is_homed(uid);
	return !(len == strlen("files") && memcmp(name, "files", len) == 0) &&
	       !(len == strlen("compat") && memcmp(name, "compat", len) == 0);
}

/* "files [NOTFOUND=return] systemd # why" */
static bool has_other_source(const char *p, uid_t uid)
{
	while (*p && *p != '\n' && *p != '#') {
		size_t len = strcspn(p, " \t\n#[");

		if (len > 0 && is_other_source(p, len, uid))
			return true;
		p += len;
		p += *p == '[' ? strcspn(p, "]\n#") : 0;
		p += *p == ' ' || *p == '\t' || *p == ']';
	}
	return false;
}

bool user_elsewhere_in(const char *nsswitch, uid_t uid)
{
	static const char database[] = "passwd:";

	for (const char *line = nsswitch; *line;) {
		line += strspn(line, " \t");
		if (strncmp(line, database, strlen(database)) == 0)
			return has_other_source(line + strlen(database), uid);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

bool user_may_be_elsewhere(uid_t uid)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, "/etc/nsswitch.conf", 1 << 20, &text, NULL, &ignored) == 0 &&
	       user_elsewhere_in(text, uid);
}
