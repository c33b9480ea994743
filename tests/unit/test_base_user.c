/* runtime/base/user.c: the name of a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pwd.h>
#include <unistd.h>

#include "runtime/base/user.h"

static void assert_name(const char *passwd, uid_t uid, const char *wanted)
{
	char *got = user_name_in(passwd, uid);

	if (wanted) {
		assert_non_null(got);
		assert_string_equal(got, wanted);
	} else {
		assert_null(got);
	}
	free(got);
}

static void the_first_entry_of_the_uid_names_it(void **state)
{
	const char *passwd = "root:x:0:0:root:/root:/bin/sh\n"
			     "daemon:x:1:2:daemon:/:/bin/false\n"
			     "me:x:1000:1000:I, me:/srv/me:/bin/sh\n"
			     "again:x:1000:1000::/:\n"
			     "last:x:4294967294:1::/:";

	(void)state;
	assert_name(passwd, 0, "root");
	assert_name(passwd, 1000, "me");
	assert_name(passwd, 4294967294u, "last");
	assert_name(passwd, 2, NULL);	/* a group */
	assert_name(passwd, 10, NULL);
	assert_name("", 0, NULL);
}

static void lines_that_are_no_entries_are_passed_over(void **state)
{
	const char *passwd = "\n# no:x:7:7\n#no:x:7:7\n+no:x:7:7\n-no:x:7:7\n:x:7:7\nno\nno:\nno:x\n"
			     "no:x:7\nno:7:\nno:x::\nno:x: 7:\nno:x:+7:\nno:x:07x:\n"
			     "no:x:00000000000000000007:\nno:x:4294967303:\n7:x:no:\nyes:x:7:7\n";

	(void)state;
	assert_name(passwd, 7, "yes");
	assert_name(passwd, 0, NULL);
}

static void it_is_what_the_name_service_says(void **state)
{
	struct passwd *pw = getpwuid(getuid());
	char *got;

	(void)state;
	if (!pw)
		skip();
	got = user_name(getuid());
	assert_non_null(got);
	assert_string_equal(got, pw->pw_name);
	free(got);
}

static void a_uid_of_nobody_has_none(void **state)
{
	(void)state;
	/* (uid_t)-1 is nobody's. */
	assert_null(user_name((uid_t)-1));
}

static void who_may_be_known_elsewhere(void **state)
{
	static const struct {
		const char *nsswitch;
		uid_t uid;
		bool wanted;
	} rows[] = {
		{ "", 1000, false },
		{ "group: sss\n", 1000, false },
		{ "passwd: files\n", 1000, false },
		{ "passwd:\tcompat\ngroup: ldap\n", 1000, false },
		{ "passwd:files", 1000, false },
		{ "#passwd: sss\npasswd: files # sss\n", 1000, false },
		{ "passwd: files [NOTFOUND=return] \n", 1000, false },
		{ "passwd: files [NOTFOUND=return\nsss: sss\n", 1000, false },
		{ "passwd: files systemd\n", 1000, false },
		{ "passwd: files systemd\n", 60001, true },
		{ "passwd: files systemd\n", 60514, false },
		{ "passwd: files systemd\n", 61184, false },
		{ "passwd: files systemd\n", 65534, false },
		{ "passwd: files sss\n", 1000, true },
		{ "group: files\n passwd: [x=y] ldap", 1000, true },
		{ "passwd: file\n", 1000, true },
		{ "passwd: files[SUCCESS=return]winbind\n", 1000, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(user_elsewhere_in(rows[i].nsswitch, rows[i].uid), rows[i].wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_entry_of_the_uid_names_it),
		cmocka_unit_test(lines_that_are_no_entries_are_passed_over),
		cmocka_unit_test(it_is_what_the_name_service_says),
		cmocka_unit_test(a_uid_of_nobody_has_none),
		cmocka_unit_test(who_may_be_known_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
