/*
 * Seccomp profiles: what is checked of them, the flags of the filter, and where the filter comes from:
 * ready-made, kept in the cache, or compiled.
 *
 * Uses: seccomp_compile.h, seccomp_cache.h.    Used by: runtime.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_cache.h"
#include "runtime/process/seccomp_compile.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* ---- checks --------------------------------------------------------------- */

/* The listener reaches its agent only through these calls of the init, after the filter is
 * loaded: an agent that must first allow them would wait for itself. */
static bool init_needs(const char *name)
{
	static const char *const names[] = { "sendmsg", "recvfrom", "recv", "socketcall" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static int check_notify(const struct oci_seccomp_rule *rule, size_t i, struct husk_error *err)
{
	char pointer[80];

	for (size_t k = 0; rule->action == OCI_ACT_NOTIFY && k < rule->n_names; k++) {
		if (!init_needs(rule->names[k]))
			continue;
		(void)snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu/names/%zu", i,
			       k);
		return err_config(err, pointer, "SCMP_ACT_NOTIFY is not possible for %s: the "
				  "listener itself is sent with it", rule->names[k]);
	}
	return 0;
}

static int check_ready_made(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	if (rt_seccomp_notifies(seccomp) && !seccomp->listener_path)
		return err_config(err, "/annotations/run.oci.seccomp_bpf_data", "the filter answers "
				  "with SECCOMP_RET_USER_NOTIF, and run.oci.seccomp.receiver is "
				  "missing");
	return 0;
}

int rt_seccomp_check(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	int ret = 0;

	if (seccomp->bpf)
		return check_ready_made(seccomp, err);
	if (seccomp->default_action == OCI_ACT_NOTIFY)
		ret = err_config(err, "/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY is not "
				 "possible as the default: the listener could not be sent");
	for (size_t i = 0; ret == 0 && i < seccomp->n_rules; i++)
		ret = check_notify(&seccomp->rules[i], i, err);
	if (ret == 0 && seccomp->fail_unknown)
		ret = seccomp_check_names(seccomp, err);
	if (ret == 0 && rt_seccomp_notifies(seccomp) && !seccomp->listener_path)
		ret = err_config(err, "/linux/seccomp/listenerPath",
				 "is missing: a rule has the action SCMP_ACT_NOTIFY");
	return ret;
}

/* Of a filter that returns what it has computed nobody can tell. */
static bool filter_notifies(const struct sock_filter *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].code == (BPF_RET | BPF_K) &&
		    (f[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

bool rt_seccomp_notifies(const struct oci_seccomp *seccomp)
{
	if (seccomp->bpf)
		return filter_notifies(seccomp->bpf, seccomp->n_bpf / sizeof(struct sock_filter));
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		if (seccomp->rules[i].action == OCI_ACT_NOTIFY && seccomp->rules[i].n_names > 0)
			return true;
	}
	return false;
}

unsigned rt_seccomp_flags(const struct oci_seccomp *seccomp)
{
	/* Without flags: no Speculative Store Bypass mitigation, which costs up to half of the
	 * speed and which kernels since 5.16 leave off too. */
	unsigned flags = seccomp->has_flags ? seccomp->flags : SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	/* One thread loads the filter, so there is nothing to synchronise; and the kernel refuses
	 * TSYNC together with a listener. */
	flags &= ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC;
	if (rt_seccomp_notifies(seccomp))
		return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* About the listener; without one the kernel refuses it. */
	return flags & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

/* ---- the filter ------------------------------------------------------------- */

int rt_seccomp_compile(const struct oci_seccomp *seccomp, int cache_dir_fd, void **out,
		       size_t *n_bytes, struct husk_error *err)
{
	cleanup_free char *key = NULL;
	size_t key_len = 0;
	int ret;

	if (seccomp->bpf) {
		*out = malloc(seccomp->n_bpf);
		if (!*out)
			return err_nomem(err, "seccomp filter");
		memcpy(*out, seccomp->bpf, seccomp->n_bpf);
		*n_bytes = seccomp->n_bpf;
		return 0;
	}
	if (cache_dir_fd >= 0)
		key = seccomp_cache_key(seccomp, &key_len);
	if (key && seccomp_cache_get(cache_dir_fd, key, key_len, out, n_bytes))
		return 0;
	ret = seccomp_compile(seccomp, out, n_bytes, err);
	if (ret == 0 && key)
		seccomp_cache_put(cache_dir_fd, key, key_len, *out, *n_bytes);
	return ret;
}
