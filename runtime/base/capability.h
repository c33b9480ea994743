/*
 * What the calling thread may do.
 *
 * Uses: capget(2).    Used by: handle.c, namespaces, doctor.
 */
#ifndef HUSK_BASE_CAPABILITY_H
#define HUSK_BASE_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Is CAP_* @cap effective? */
static inline bool has_capability(unsigned cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[cap / 32].effective & (1u << (cap % 32)));
}

#endif /* HUSK_BASE_CAPABILITY_H */
