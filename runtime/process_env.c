/*
 * The program's environment: duplicates removed, HOME reserved.
 *
 * Engines pass thousands of variables (one per Kubernetes service and port), so duplicates are
 * found with a hash table.
 *
 * Uses: runtime/base.    Used by: process_plan.c.
 */
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/process_internal.h"

static size_t name_len(const char *var)
{
	return strcspn(var, "=");
}

/* FNV-1a of the variable's name. */
static size_t hash(const char *var)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *var && *var != '='; var++)
		h = (h ^ (unsigned char)*var) * UINT64_C(0x100000001b3);
	return (size_t)h;
}

/* A set of variable names; @n_slots is a power of two and at least twice what goes in. */
struct name_set {
	const char **slots;
	size_t n_slots;
};

/* Returns false when a variable of that name is in there already. */
static bool add_name(struct name_set *set, const char *var)
{
	size_t len = name_len(var), i = hash(var) & (set->n_slots - 1);

	for (; set->slots[i]; i = (i + 1) & (set->n_slots - 1)) {
		if (name_len(set->slots[i]) == len && memcmp(set->slots[i], var, len) == 0)
			return false;
	}
	set->slots[i] = var;
	return true;
}

static size_t count(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

char **rt_env_merge(char *const *env, char *const *extra, bool *wants_home)
{
	static char home[] = "HOME=/";
	size_t n_env = count(env), n_all = n_env + count(extra), at = n_all, n;
	struct name_set set = { .n_slots = 4 };
	cleanup_free const char **slots = NULL;
	bool found = false;
	char **out;

	while (set.n_slots < 2 * n_all)
		set.n_slots *= 2;
	slots = calloc(set.n_slots, sizeof(*slots));
	out = calloc(n_all + 2, sizeof(*out));
	if (!slots || !out) {
		free(out);
		return NULL;
	}
	set.slots = slots;
	/* From the end, so that the last of equals is the first that is met. */
	for (size_t i = n_all; i > 0; i--) {
		char *var = i > n_env ? extra[i - 1 - n_env] : env[i - 1];

		if (!add_name(&set, var))
			continue;
		if (strncmp(var, home, 5) == 0)
			found = true, *wants_home = var[5] == '\0';
		out[--at] = var;
	}
	n = n_all - at;
	memmove(out, out + at, n * sizeof(*out));
	if (!found) {
		out[n++] = home;
		*wants_home = true;
	}
	out[n] = NULL;
	return out;
}
