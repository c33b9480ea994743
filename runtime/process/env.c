/*
 * The program's environment: duplicates removed, HOME reserved.
 *
 * Engines pass thousands of variables (one per Kubernetes service and port), so duplicates are
 * found with a hash table.
 *
 * Uses: runtime/base.    Used by: plan.c.
 */
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/process/internal.h"

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

/* Places in the result by the names there; @n_slots is a power of two and at least twice what goes in. */
struct name_set {
	char ***slots;
	size_t n_slots;
};

/* The slot of @var's name, NULL in it if there is none of that name yet. */
static char ***slot_of(const struct name_set *set, const char *var)
{
	size_t len = name_len(var), i = hash(var) & (set->n_slots - 1);

	for (; set->slots[i]; i = (i + 1) & (set->n_slots - 1)) {
		const char *other = *set->slots[i];

		if (name_len(other) == len && memcmp(other, var, len) == 0)
			break;
	}
	return &set->slots[i];
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
	size_t n_env = count(env), n_all = n_env + count(extra), n = 0;
	struct name_set set = { .n_slots = 4 };
	cleanup_free char ***slots = NULL;
	char **out, ***slot;

	while (set.n_slots < 2 * n_all)
		set.n_slots *= 2;
	slots = calloc(set.n_slots, sizeof(*slots));
	out = calloc(n_all + 2, sizeof(*out));
	if (!slots || !out) {
		free(out);
		return NULL;
	}
	set.slots = slots;
	/* As runc and crun: the value of the last of equals, in the place of the first. */
	for (size_t i = 0; i < n_all; i++) {
		char *var = i < n_env ? env[i] : extra[i - n_env];

		slot = slot_of(&set, var);
		if (!*slot)
			*slot = &out[n++];
		**slot = var;
	}
	slot = slot_of(&set, home);
	if (!*slot)
		out[n++] = home;
	if (!*slot || (**slot)[name_len(home) + 1] == '\0')
		*wants_home = true;
	out[n] = NULL;
	return out;
}
