/*
 * Id maps as data: checks, and the three texts they come in (procfs, /etc/subuid, plan).
 *
 * Uses: runtime/base, specs.    Used by: ns_plan.c, ns_host.c.
 */
#include <inttypes.h>
#include <string.h>

#include "namespaces/internal.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

static bool overlaps(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

static int check_one(const struct oci_id_map *m, const char *pointer, struct husk_error *err)
{
	/* The last id, 2^32 - 1, means "none" to the kernel. */
	const uint64_t limit = UINT32_MAX;

	if (m->size == 0)
		return err_config(err, pointer, "size is 0: a mapping has at least one id");
	if ((uint64_t)m->container_id + m->size > limit)
		return err_config(err, pointer,
				  "container ids %" PRIu32 " and %" PRIu32
				  " more go beyond the largest id, 4294967294",
				  m->container_id, m->size - 1);
	if ((uint64_t)m->host_id + m->size > limit)
		return err_config(err, pointer,
				  "host ids %" PRIu32 " and %" PRIu32
				  " more go beyond the largest id, 4294967294",
				  m->host_id, m->size - 1);
	return 0;
}

/* The kernel takes the file in one write of less than a page, which is met before 340 lines are. */
static int check_length(const struct oci_id_map *maps, size_t n, const char *pointer,
			struct husk_error *err)
{
	size_t len = 0, page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(NULL, 0, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
					maps[i].container_id, maps[i].host_id, maps[i].size);
	if (len >= page)
		return err_config(err, pointer,
				  "%zu mappings are %zu bytes of text; the kernel takes less "
				  "than %zu", n, len, page);
	return 0;
}

int ns_check_id_maps(const struct oci_id_map *maps, size_t n, const char *pointer,
		     struct husk_error *err)
{
	char at[64];
	int ret;

	if (n > NS_MAX_ID_MAPS)
		return err_config(err, pointer, "%zu mappings; the kernel takes at most %d", n,
				  NS_MAX_ID_MAPS);

	for (size_t i = 0; i < n; i++) {
		const struct oci_id_map *m = &maps[i];

		snprintf(at, sizeof(at), "%s/%zu", pointer, i);
		ret = check_one(m, at, err);
		if (ret < 0)
			return ret;
		for (size_t j = 0; j < i; j++) {
			if (overlaps(m->container_id, m->size, maps[j].container_id, maps[j].size))
				return err_config(err, at,
						  "container ids overlap those of mapping %zu", j);
			if (overlaps(m->host_id, m->size, maps[j].host_id, maps[j].size))
				return err_config(err, at,
						  "host ids overlap those of mapping %zu", j);
		}
	}
	return check_length(maps, n, pointer, err);
}

bool ns_is_mapped(const struct oci_id_map *maps, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= maps[i].container_id && id - maps[i].container_id < maps[i].size)
			return true;
	return false;
}

char *ns_id_map_lines(const struct oci_id_map *maps, size_t n)
{
	cleanup_str struct str text = { 0 };

	for (size_t i = 0; i < n; i++)
		str_printf(&text, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", maps[i].container_id,
			   maps[i].host_id, maps[i].size);
	return str_take(&text);
}

/* ---- the text of a plan's user namespace ---- */

static void add_plan_maps(struct str *out, const char *key, const struct oci_id_map *maps, size_t n)
{
	str_add(out, key);
	for (size_t i = 0; i < n; i++)
		str_printf(out, "%s%" PRIu32 "-%" PRIu32 "-%" PRIu32, i ? "#" : "",
			   maps[i].container_id, maps[i].host_id, maps[i].size);
}

char *ns_userns_text(struct arena *arena, const struct oci_id_map *uids, size_t n_uids,
		     const struct oci_id_map *gids, size_t n_gids)
{
	cleanup_str struct str text = { 0 };
	cleanup_free char *s = NULL;

	add_plan_maps(&text, "uids=", uids, n_uids);
	add_plan_maps(&text, ";gids=", gids, n_gids);
	s = str_take(&text);
	return s ? arena_strdup(arena, s) : NULL;
}

/* One decimal number up to @stop; moves *text behind it. */
static bool take_number(const char **text, char stop, uint32_t *out)
{
	uint64_t value = 0;
	const char *s = *text;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > UINT32_MAX)
			return false;
	}
	if (stop) {
		if (*s != stop)
			return false;
		s++;
	}
	*text = s;
	*out = (uint32_t)value;
	return true;
}

/* "C-H-L#C-H-L", up to a ';' or the end; moves *text there.  *out is the caller's, always. */
static bool take_maps(const char **text, struct oci_id_map **out, size_t *n_out)
{
	size_t n = 1, i = 0;

	for (const char *s = *text; *s && *s != ';'; s++)
		n += *s == '#';
	*out = calloc(n, sizeof(**out));
	if (!*out)
		return false;

	for (i = 0; i < n; i++) {
		struct oci_id_map *m = &(*out)[i];

		if (!take_number(text, '-', &m->container_id) ||
		    !take_number(text, '-', &m->host_id) ||
		    !take_number(text, i + 1 < n ? '#' : '\0', &m->size))
			return false;
	}
	*n_out = n;
	return true;
}

int ns_userns_parse(const char *text, struct oci_id_map **uids, size_t *n_uids,
		    struct oci_id_map **gids, size_t *n_gids, struct husk_error *err)
{
	cleanup_free struct oci_id_map *u = NULL, *g = NULL;
	const char *s = text + strlen("uids=");
	size_t n_u = 0, n_g = 0;
	int ret;

	if (!str_starts(text, "uids=") || !take_maps(&s, &u, &n_u) || !str_starts(s, ";gids="))
		goto bad;
	s += strlen(";gids=");
	if (!take_maps(&s, &g, &n_g) || *s)
		goto bad;

	ret = ns_check_id_maps(u, n_u, "uidMappings", err);
	if (ret == 0)
		ret = ns_check_id_maps(g, n_g, "gidMappings", err);
	if (ret < 0)
		return err_ctx(err, "id maps \"%s\"", text);

	*uids = take_ptr(&u);
	*n_uids = n_u;
	*gids = take_ptr(&g);
	*n_gids = n_g;
	return 0;

bad:
	return err_new(err, HUSK_E_CONFIG, EINVAL,
		       "id maps \"%s\": expected uids=CONTAINER-HOST-SIZE#...;gids=...", text);
}

/* ---- who may map what: for messages ---- */

/* The next line of *text without its newline, in @line (cut to fit); false at the end. */
static bool next_line(const char **text, char *line, size_t size)
{
	size_t len = strcspn(*text, "\n");

	if (!**text)
		return false;
	snprintf(line, size, "%.*s", (int)MIN(len, size - 1), *text);
	*text += len + ((*text)[len] == '\n');
	return true;
}

size_t ns_parse_subid(const char *text, const char *name, uint32_t id, struct ns_id_range *out,
		      size_t max)
{
	char line[512], number[16];
	size_t n = 0;

	snprintf(number, sizeof(number), "%" PRIu32, id);
	while (n < max && next_line(&text, line, sizeof(line))) {
		char *save = NULL;
		const char *owner = strtok_r(line, ":", &save);
		const char *start = strtok_r(NULL, ":", &save);
		const char *size = strtok_r(NULL, ":", &save);
		struct ns_id_range r;

		if (!owner || !start || !size)
			continue;
		if (strcmp(owner, number) != 0 && (!name || strcmp(owner, name) != 0))
			continue;
		if (str_to_u64(start, UINT32_MAX, &r.start) &&
		    str_to_u64(size, UINT32_MAX, &r.size))
			out[n++] = r;
	}
	return n;
}

size_t ns_parse_proc_map(const char *text, struct ns_id_range *out, size_t max)
{
	char line[64];
	size_t n = 0;

	while (n < max && next_line(&text, line, sizeof(line))) {
		if (sscanf(line, "%" SCNu64 " %*u %" SCNu64, &out[n].start, &out[n].size) == 2)
			n++;
	}
	return n;
}

/* Ranges may adjoin: walk from range to range until the whole map is passed. */
static bool covered(const struct oci_id_map *m, const struct ns_id_range *ranges, size_t n)
{
	uint64_t at = m->host_id, end = at + m->size;
	bool moved = true;

	while (at < end && moved) {
		moved = false;
		for (size_t i = 0; i < n; i++) {
			if (at >= ranges[i].start && at < ranges[i].start + ranges[i].size) {
				at = ranges[i].start + ranges[i].size;
				moved = true;
			}
		}
	}
	return at >= end;
}

size_t ns_first_uncovered(const struct oci_id_map *maps, size_t n,
			  const struct ns_id_range *ranges, size_t n_ranges)
{
	for (size_t i = 0; i < n; i++)
		if (!covered(&maps[i], ranges, n_ranges))
			return i;
	return n;
}
