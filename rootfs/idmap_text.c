/*
 * "idmap=uids=@C-H-N#...;gids=...": maps whose second ids are the container's, as crun has them.
 *
 * Uses: specs.    Used by: mount_plan.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"

struct list {
	const char *key;
	const char *pointer;
	const struct oci_id_map *maps;
	size_t n;
};

/* A decimal number before @stop ('\0': any); moves *s behind it. */
static bool take(const char **s, char stop, uint32_t *out)
{
	char *end;
	unsigned long long n;

	if (**s < '0' || **s > '9')
		return false;
	n = strtoull(*s, &end, 10);
	if (n > UINT32_MAX || (stop && *end != stop))
		return false;
	*s = end + (stop ? 1 : 0);
	*out = (uint32_t)n;
	return true;
}

/* The host's id for @id of the container, if all @size from there on are in one mapping. */
static bool to_host(const struct list *l, uint32_t id, uint32_t size, uint32_t *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct oci_id_map *m = &l->maps[i];

		if (id < m->container_id || (uint64_t)id + size > (uint64_t)m->container_id + m->size)
			continue;
		*out = m->host_id + (id - m->container_id);
		return true;
	}
	return false;
}

/* One list, up to a ';' or the end.  1: done; 0: its text is wrong, for who reads it later to say. */
static int add_list(const struct list *l, const char **s, const char *pointer, struct str *out,
		    struct husk_error *err)
{
	bool relative = false;
	const char *hash = "";

	if (!str_starts(*s, l->key))
		return 0;
	*s += strlen(l->key);
	str_add(out, l->key);
	for (;; (*s)++, hash = "#") {
		uint32_t first, second, size, host;

		/* Before the list it is about all of that; crun's users write it before each, too. */
		relative = relative || **s == '@';
		*s += **s == '@';
		if (!take(s, '-', &first) || !take(s, '-', &second) || !take(s, '\0', &size))
			return 0;
		host = second;
		if (relative && !to_host(l, second, size, &host))
			return err_config(err, pointer, "idmap: ids %" PRIu32 " and %" PRIu32
					  " more of the container are not in one mapping of %s",
					  second, size ? size - 1 : 0, l->pointer);
		str_printf(out, "%s%" PRIu32 "-%" PRIu32 "-%" PRIu32, hash, first, host, size);
		if (**s != '#')
			return 1;
	}
}

int idmap_absolute(struct emit *e, const char *text, const char *pointer, const char **out,
		   struct husk_error *err)
{
	const struct oci_linux *linux_ = &e->config->linux_;
	const struct list lists[] = {
		{ "uids=", "/linux/uidMappings", linux_->uid_mappings, linux_->n_uid_mappings },
		{ ";gids=", "/linux/gidMappings", linux_->gid_mappings, linux_->n_gid_mappings },
	};
	struct str s cleanup_str = { 0 };
	const char *rest = text;

	*out = text;
	if (!strchr(text, '@'))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		int ret = add_list(&lists[i], &rest, pointer, &s, err);

		if (ret < 0)
			return ret;
		if (ret == 0)
			rest = "?";
	}
	if (*rest)
		return err_config(err, pointer, "\"%s\": expected \"uids=@ID-ID-SIZE#...;gids=...\"",
				  text);
	*out = emit_text(e, "%s", s.s ? s.s : "");
	return 0;
}
