/*
 * Names of users: see user.h.
 *
 * Uses: fs.h, str.h.    Used by: runtime/create.c, runtime/doctor/host.c, namespaces.
 */
#include "runtime/base/user.h"

#include <fcntl.h>
#include <pwd.h>
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
	struct passwd pw, *found = NULL;
	struct husk_error ignored;
	char buf[4096], *name;

	if (fs_read(AT_FDCWD, "/etc/passwd", 1 << 20, &passwd, NULL, &ignored) == 0) {
		name = user_name_in(passwd, uid);
		if (name)
			return name;
	}
	(void)getpwuid_r(uid, &pw, buf, sizeof(buf), &found);
	return found ? strdup(found->pw_name) : NULL;
}
