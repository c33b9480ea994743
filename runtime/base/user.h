/*
 * Names of users.
 *
 * Uses: nothing.    Used by: runtime/create.c, runtime/doctor/host.c, namespaces.
 */
#ifndef HUSK_BASE_USER_H
#define HUSK_BASE_USER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The name of @uid: what /etc/passwd says, or else the host's name service, which asks a daemon before
 * it reads that file, too.  free() it; NULL without a name.
 */
char *user_name(uid_t uid);

/* May @uid be a user whom /etc/passwd does not list, by @nsswitch, the text of an nsswitch.conf(5)? */
bool user_elsewhere_in(const char *nsswitch, uid_t uid);
/* By this host's. */
bool user_may_be_elsewhere(uid_t uid);

/* Asked of the name service alone; always NULL in the static program (user_service.c). */
char *user_name_of_service(uid_t uid);

/* The name of @uid in @passwd, the text of such a file.  Lines that are no entries are passed over. */
char *user_name_in(const char *passwd, uid_t uid);

#endif /* HUSK_BASE_USER_H */
