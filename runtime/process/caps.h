/*
 * Capability names: the one list, for the library and for husk-init.
 *
 * Uses: runtime/base, specs.    Used by: check.c, features.c, doctor; runtime/init (the list only).
 */
#ifndef HUSK_RUNTIME_CAPS_H
#define HUSK_RUNTIME_CAPS_H

#include <stdint.h>

/* Every capability of Linux, in the order of its number. */
#define RT_CAPABILITIES(X)                                                                         \
	X(CHOWN) X(DAC_OVERRIDE) X(DAC_READ_SEARCH) X(FOWNER) X(FSETID) X(KILL) X(SETGID)          \
	X(SETUID) X(SETPCAP) X(LINUX_IMMUTABLE) X(NET_BIND_SERVICE) X(NET_BROADCAST) X(NET_ADMIN)  \
	X(NET_RAW) X(IPC_LOCK) X(IPC_OWNER) X(SYS_MODULE) X(SYS_RAWIO) X(SYS_CHROOT)               \
	X(SYS_PTRACE) X(SYS_PACCT) X(SYS_ADMIN) X(SYS_BOOT) X(SYS_NICE) X(SYS_RESOURCE)            \
	X(SYS_TIME) X(SYS_TTY_CONFIG) X(MKNOD) X(LEASE) X(AUDIT_WRITE) X(AUDIT_CONTROL)            \
	X(SETFCAP) X(MAC_OVERRIDE) X(MAC_ADMIN) X(SYSLOG) X(WAKE_ALARM) X(BLOCK_SUSPEND)           \
	X(AUDIT_READ) X(PERFMON) X(BPF) X(CHECKPOINT_RESTORE)

enum {
#define X(name) RT_CAP_##name,
	RT_CAPABILITIES(X)
#undef X
	RT_N_CAPS
};

struct oci_caps;

/* "CHOWN"; NULL behind the last one that this kernel and the list have. */
const char *rt_cap_name(unsigned cap);


/* Log the names in @caps (may be NULL) that nobody knows: the runtime-spec wants a warning. */
void rt_caps_warn_unknown(const struct oci_caps *caps);

#endif /* HUSK_RUNTIME_CAPS_H */
