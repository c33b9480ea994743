/*
 * Annotations that change what the runtime does: those of crun (run.oci.*), and what engines write
 * for systemd.  annotations.c has the one table of them: what each may contain, which member of the
 * configuration it sets, and who carries it out.  From there on nobody looks at annotations again.
 *
 * Uses: specs.    Used by: launch.c, container.c, validate.c, features.c.
 */
#ifndef HUSK_RUNTIME_ANNOTATIONS_H
#define HUSK_RUNTIME_ANNOTATIONS_H

#include "specs/specs.h"

/*
 * Check @config's annotations and set the members they ask for.  Pure.  Annotations that the table
 * does not know are none of ours and are left alone.
 */
int rt_annotations_apply(struct oci_config *config, struct husk_error *err);

/* Warn of annotations that are good but have no effect with a cgroup manager other than systemd. */
void rt_annotations_warn_no_systemd(const struct oci_config *config);

/*
 * Warn when the image that the container was made of is for another machine (the annotations
 * org.opencontainers.image.os and .architecture of the image-spec).  It may run all the same, by an
 * emulator or because its programs are scripts.
 */
void rt_annotations_warn_image(const struct oci_config *config);

/* For features.md's potentiallyUnsafeConfigAnnotations, NULL-terminated; "." at the end of a name
 * stands for all that start with it. */
const char *const *rt_annotations_unsafe(void);

/* ---- values (also for tests) ---- */

/* Is @name of org.systemd.property.NAME one that a container's scope may be given? */
bool rt_systemd_property_allowed(const char *name);

/*
 * Base64 of an array of struct sock_filter, as the kernel takes it: memory of @arena.  @pointer is
 * the value's place, for messages.
 */
int rt_seccomp_decode(const char *base64, struct arena *arena, const char *pointer, const void **out,
		      size_t *n_bytes, struct husk_error *err);

#endif /* HUSK_RUNTIME_ANNOTATIONS_H */
