/*
 * Landlock: what a process, and whatever it starts, may do with files, TCP ports, abstract sockets and
 * signals, beside all other permissions.  husk.h ("struct husk_create_options") has the language.
 *
 * Reading and fitting are pure; rt_landlock_abi() asks the kernel.
 *
 * Uses: runtime/base, specs.    Used by: launch.c, exec.c, validate.c, process/plan.c.
 */
#ifndef HUSK_RUNTIME_LANDLOCK_H
#define HUSK_RUNTIME_LANDLOCK_H

#include "runtime/base/plan.h"
#include "runtime/base/landlock_rules.h"
#include "specs/specs.h"

#define RT_LANDLOCK_ANNOTATION "/annotations/org.husk.landlock"

/* One ruleset.  Memory of the arena that it was read with. */
struct rt_landlock {
	const char *source;		/* who asks for it: a JSON pointer, or the name of an option */
	char **words;			/* what it was read from; NULL-terminated */
	bool preferred;
	unsigned abi;			/* nothing newer is to be denied */
	struct rt_landlock_attr attr;	/* what is denied where no rule allows it */
	unsigned flags;			/* of landlock_restrict_self(2) */
	char **path;			/* NULL-terminated, one for each of ... */
	struct rt_landlock_path *file;
	struct rt_landlock_port *port;
	size_t n_files, n_ports;
};

/* The words of an annotation; NULL when out of memory. */
char **rt_landlock_words(struct arena *arena, const char *text);

/* Read @words (NULL: none) into *out; NULL when there are none. */
int rt_landlock_read(char *const *words, const char *source, struct arena *arena,
		     struct rt_landlock **out, struct husk_error *err);

/* What the annotation of @config says, if anything. */
int rt_landlock_check(struct oci_config *config, struct husk_error *err);

/* The ABI of this kernel, or -errno: no Landlock, or we may not ask. */
int rt_landlock_abi(void);

/*
 * Cut @ll down to what a kernel with @abi (or -errno) has: an error, or a warning where it is only
 * preferred.  *ll is NULL then if nothing is left.
 */
int rt_landlock_fit(struct rt_landlock **ll, int abi, struct husk_error *err);

/* The step that makes the ruleset; returns the slot of its descriptor.  @exec: see
 * RT_LANDLOCK_DISTRUST. */
uint32_t rt_landlock_emit(const struct rt_landlock *ll, bool exec, struct plan *p);

#endif /* HUSK_RUNTIME_LANDLOCK_H */
