/*
 * What the files of this folder share with each other.
 *
 * Uses: namespaces.h.    Used by: this folder.
 */
#ifndef HUSK_NAMESPACES_INTERNAL_H
#define HUSK_NAMESPACES_INTERNAL_H

#include <sched.h>

#include "namespaces/namespaces.h"

/* ---- id_maps.c: id maps as data ---- */

enum { NS_MAX_ID_MAPS = 340 };	/* UID_GID_MAP_MAX_EXTENTS of the kernel */

/* What the kernel would refuse with a bare EINVAL.  @pointer: JSON pointer of the array. */
int ns_check_id_maps(const struct oci_id_map *maps, size_t n, const char *pointer,
		     struct husk_error *err);
/* Is @id an id of the container? */
bool ns_is_mapped(const struct oci_id_map *maps, size_t n, uint32_t id);
/* Lines for /proc/PID/{uid,gid}_map; free().  NULL: out of memory. */
char *ns_id_map_lines(const struct oci_id_map *maps, size_t n);
/* The reverse of ns_userns_text(); free() both arrays. */
int ns_userns_parse(const char *text, struct oci_id_map **uids, size_t *n_uids,
		    struct oci_id_map **gids, size_t *n_gids, struct husk_error *err);

/* The ranges of @text, in the format of /etc/subuid, that belong to @name or to the number @id. */
size_t ns_parse_subid(const char *text, const char *name, uint32_t id, struct ns_id_range *out,
		      size_t max);
/* The ranges that a /proc/PID/uid_map says exist inside its user namespace. */
size_t ns_parse_proc_map(const char *text, struct ns_id_range *out, size_t max);
/* Index of the first map with host ids outside all of @ranges, or @n. */
size_t ns_first_uncovered(const struct oci_id_map *maps, size_t n,
			  const struct ns_id_range *ranges, size_t n_ranges);

/* ---- subid.c: which ids a caller without privilege has to give ---- */

/* The path of newuidmap or newgidmap. */
bool ns_find_helper(const char *name, char *path, size_t size);
/* The ranges that @subid gives to @name or @uid and that are in @proc_map, without @own_id. */
void ns_spare_from(const char *subid, const char *proc_map, const char *name, uint32_t uid,
		   uint32_t own_id, struct ns_spare *out);
/* Container id @id is @own_id of the host, the others from 0 up are those of @spare.  Returns how
 * many maps. */
size_t ns_own_maps(uint32_t id, uint32_t own_id, const struct ns_spare *spare,
		   struct oci_id_map out[NS_MAX_OWN_MAPS]);
/* Every id is itself. */
size_t ns_keep_maps(const struct ns_spare *all, struct oci_id_map out[NS_MAX_OWN_MAPS]);

/* ---- ahead.c ---- */

/* Whether it is of use or not; @cpus: where the thread may run, NULL for anywhere.  False: no thread. */
bool ns_ahead_start(struct ns_ahead *a, const cpu_set_t *cpus);

/* ---- sysctl.c ---- */

/* Refuse settings that belong to no namespace of the container's own. */
int ns_check_sysctl(const struct ns_plan *ns, struct husk_error *err);

/* ---- ns_plan.c ---- */

struct ns_kind {
	uint64_t type;		/* CLONE_NEW* */
	char name[8];		/* in config.json */
	char file[8];		/* below /proc/PID/ns */
};

enum { NS_KINDS = 8 };
extern const struct ns_kind ns_kinds[NS_KINDS];	/* in the order in which they are joined */

/* Can a network device have that name?  "%" is good: in "eth%d" the kernel puts a number. */
bool ns_is_device_name(const char *name);

/*
 * Fails unless the container gets a namespace of kind @type that is not the caller's own: with
 * "POINTER: WHAT needs a ... namespace".
 */
int ns_need(const struct ns_plan *ns, uint64_t type, const char *pointer, const char *what,
	    struct husk_error *err);

#endif /* HUSK_NAMESPACES_INTERNAL_H */
