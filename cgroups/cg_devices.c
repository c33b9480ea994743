/*
 * Device rules: which device nodes a container may make, read and write.
 *
 * The configuration's rules are ordered and end in "deny".  v1 holds a default and exceptions, so
 * the rules are folded into that (cg_device_set()); v2 runs a program, which can say them as they
 * are (cg_devices_bpf.c).
 *
 * Uses: specs.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <fcntl.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define DEV_AT CG_AT "devices/%zu"

/* What every container may use, as runc allows: making any node (using it is another matter), and
 * the devices that config-linux.md "Default Devices" lists. */
static const struct oci_device_rule always[] = {
	{ true, 'c', -1, -1, false, false, true },
	{ true, 'b', -1, -1, false, false, true },
	{ true, 'c', 1, 3, true, true, true },		/* null */
	{ true, 'c', 1, 5, true, true, true },		/* zero */
	{ true, 'c', 1, 7, true, true, true },		/* full */
	{ true, 'c', 1, 8, true, true, true },		/* random */
	{ true, 'c', 1, 9, true, true, true },		/* urandom */
	{ true, 'c', 5, 0, true, true, true },		/* tty */
	{ true, 'c', 5, 1, true, true, true },		/* console */
	{ true, 'c', 5, 2, true, true, true },		/* ptmx */
	{ true, 'c', 136, -1, true, true, true },	/* pts */
};

enum { READ = 1, WRITE = 2, MKNOD = 4, ANY = 7 };

static unsigned access_of(const struct oci_device_rule *r)
{
	return (r->read ? READ : 0u) | (r->write ? WRITE : 0u) | (r->mknod ? MKNOD : 0u);
}

static void set_access(struct oci_device_rule *r, unsigned access)
{
	r->read = access & READ;
	r->write = access & WRITE;
	r->mknod = access & MKNOD;
}

int cg_device_rules(struct arena *arena, const struct oci_resources *res,
		    struct oci_device_rule **out, size_t *n, struct husk_error *err)
{
	size_t n_config = res ? res->n_devices : 0;
	struct oci_device_rule *rules =
		arena_array(arena, n_config + ARRAY_SIZE(always), sizeof(*rules));

	if (!rules)
		return err_nomem(err, "device rules");
	for (size_t i = 0; i < n_config; i++) {
		const struct oci_device_rule *r = &res->devices[i];
		char at[64];

		(void)snprintf(at, sizeof(at), DEV_AT, i);
		if (r->major < -1 || r->major > UINT32_MAX / 2 || r->minor < -1 ||
		    r->minor > UINT32_MAX / 2)
			return err_config(err, at, "%lld:%lld is not a device number",
					  (long long)r->major, (long long)r->minor);
		rules[i] = *r;
	}
	memcpy(rules + n_config, always, sizeof(always));
	*out = rules;
	*n = n_config + ARRAY_SIZE(always);
	return 0;
}

/* ---- v1: a default and exceptions ----------------------------------------------------------- */

static bool is_all(const struct oci_device_rule *r)
{
	return r->type == 'a' && r->major == -1 && r->minor == -1 && access_of(r) == ANY;
}

static bool same_devices(const struct oci_device_rule *a, const struct oci_device_rule *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

/* Does @wide name every device that @narrow does? */
static bool covers(const struct oci_device_rule *wide, const struct oci_device_rule *narrow)
{
	return wide->type == narrow->type && (wide->major == -1 || wide->major == narrow->major) &&
	       (wide->minor == -1 || wide->minor == narrow->minor);
}

static bool overlap(const struct oci_device_rule *a, const struct oci_device_rule *b)
{
	return a->type == b->type &&
	       (a->major == -1 || b->major == -1 || a->major == b->major) &&
	       (a->minor == -1 || b->minor == -1 || a->minor == b->minor);
}

/* One more exception; the array has room. */
static void add_exception(struct cg_device_set *set, const struct oci_device_rule *r)
{
	if (access_of(r) == 0)
		return;
	for (size_t i = 0; i < set->n; i++) {
		if (same_devices(&set->except[i], r)) {
			set_access(&set->except[i], access_of(&set->except[i]) | access_of(r));
			return;
		}
	}
	set->except[set->n++] = *r;
}

/* Take @r's kinds of access out of the exceptions.  false: one of them names more devices than @r,
 * and v1 has no way to say "these but not those" (the kernel would ignore the rule). */
static bool remove_exception(struct cg_device_set *set, const struct oci_device_rule *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct oci_device_rule *e = &set->except[i];

		if (!covers(r, e) && overlap(r, e) && (access_of(e) & access_of(r)))
			return false;
	}
	for (size_t i = 0; i < set->n; i++) {
		struct oci_device_rule e = set->except[i];

		if (covers(r, &e))
			set_access(&e, access_of(&e) & ~access_of(r));
		if (access_of(&e))
			set->except[kept++] = e;
	}
	set->n = kept;
	return true;
}

static bool apply_rule(struct cg_device_set *set, const struct oci_device_rule *r)
{
	if (r->allow != set->allow_all) {
		add_exception(set, r);
		return true;
	}
	return remove_exception(set, r);
}

int cg_device_set(struct arena *arena, const struct oci_device_rule *rules, size_t n,
		  size_t n_config, struct cg_device_set *out, struct husk_error *err)
{
	/* A rule for both types is two exceptions. */
	struct cg_device_set set = { .except = arena_array(arena, 2 * n + 1, sizeof(*set.except)) };

	if (!set.except)
		return err_nomem(err, "device rules");
	for (size_t i = 0; i < n; i++) {
		struct oci_device_rule one = rules[i], other = rules[i];
		bool ok;

		if (is_all(&rules[i])) {
			set.allow_all = rules[i].allow;
			set.n = 0;
			continue;
		}
		if (rules[i].type == 'a') {
			one.type = 'c';
			other.type = 'b';
		}
		ok = apply_rule(&set, &one) && (other.type == one.type || apply_rule(&set, &other));
		if (!ok && i < n_config) {
			char at[64];

			(void)snprintf(at, sizeof(at), DEV_AT, i);
			cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, at,
				  "cgroup v1 cannot make an exception from the wider rule before it");
			return err_hint(err, "list the devices one by one instead of the wider "
					"rule, or use cgroup v2");
		}
	}
	*out = set;
	return 0;
}

void cg_device_line(const struct oci_device_rule *r, char *buf)
{
	char major[24] = "*", minor[24] = "*";

	if (r->major != -1)
		(void)snprintf(major, sizeof(major), "%lld", (long long)r->major);
	if (r->minor != -1)
		(void)snprintf(minor, sizeof(minor), "%lld", (long long)r->minor);
	(void)snprintf(buf, CG_DEVICE_LINE, "%c %s:%s %s%s%s", r->type, major, minor,
		       r->read ? "r" : "", r->write ? "w" : "", r->mknod ? "m" : "");
}

static bool parse_number(const char *s, int64_t *out)
{
	uint64_t u;

	if (strcmp(s, "*") == 0) {
		*out = -1;
		return true;
	}
	if (!str_to_u64(s, UINT32_MAX, &u))
		return false;
	*out = (int64_t)u;
	return true;
}

int cg_device_set_parse(struct arena *arena, const char *text, struct cg_device_set *out,
			struct husk_error *err)
{
	char *copy = arena_strdup(arena, text), *save = NULL;
	struct cg_device_set set = { 0 };
	size_t lines = 1;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	set.except = arena_array(arena, lines, sizeof(*set.except));
	if (!copy || !set.except)
		return err_nomem(err, "device rules");
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		struct oci_device_rule r = { .allow = true };
		char major[24], minor[24], access[8];

		if (sscanf(l, "%c %23[^:]:%23s %7s", &r.type, major, minor, access) != 4 ||
		    !parse_number(major, &r.major) || !parse_number(minor, &r.minor))
			return err_new(err, HUSK_E_SYSTEM, EPROTO,
				       "devices.list has a line \"%s\"", l);
		r.read = strchr(access, 'r') != NULL;
		r.write = strchr(access, 'w') != NULL;
		r.mknod = strchr(access, 'm') != NULL;
		if (r.type == 'a')
			set.allow_all = true;
		else
			add_exception(&set, &r);
	}
	*out = set;
	return 0;
}

/* ---- v1: the files -------------------------------------------------------------------------- */

struct v1_files {
	int allow, deny;
	char line[CG_DEVICE_LINE];	/* the last one written, for the message */
};

/* A cgroup cannot allow what its parent denies.  That is no error for a device which every
 * container would get: whoever set up the parent has decided. */
static int write_line(struct v1_files *f, int fd, const struct oci_device_rule *r)
{
	cg_device_line(r, f->line);
	if (write(fd, f->line, strlen(f->line)) >= 0)
		return 0;
	for (size_t i = 0; errno == EPERM && i < ARRAY_SIZE(always); i++) {
		if (same_devices(&always[i], r)) {
			log_debug("a parent cgroup denies devices \"%s\"", f->line);
			return 0;
		}
	}
	return -errno;
}

/* The whole set from scratch. */
static int write_set(struct v1_files *f, const struct cg_device_set *set)
{
	int fd = set->allow_all ? f->deny : f->allow;

	(void)snprintf(f->line, sizeof(f->line), "a");
	if (write(set->allow_all ? f->allow : f->deny, "a", 1) < 0)
		return -errno;
	for (size_t i = 0; i < set->n; i++) {
		int ret = write_line(f, fd, &set->except[i]);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Kinds of access to @r's devices that @set does not have as an exception of just these. */
static unsigned missing_in(const struct cg_device_set *set, const struct oci_device_rule *r)
{
	for (size_t i = 0; i < set->n; i++) {
		if (same_devices(&set->except[i], r))
			return access_of(r) & ~access_of(&set->except[i]);
	}
	return access_of(r);
}

/* Write to @fd what @a has and @b has not. */
static int write_difference(struct v1_files *f, int fd, const struct cg_device_set *a,
			    const struct cg_device_set *b)
{
	for (size_t i = 0; i < a->n; i++) {
		struct oci_device_rule r = a->except[i];
		int ret;

		set_access(&r, missing_in(b, &r));
		if (!access_of(&r))
			continue;
		ret = write_line(f, fd, &r);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* From @old to @set by the fewest writes: a device in use never is denied in between, and cgroups
 * below (the kernel refuses "a" for a cgroup that has some) are no obstacle. */
static int change_set(struct v1_files *f, const struct cg_device_set *old,
		      const struct cg_device_set *set)
{
	int ret;

	/* A list of denied devices cannot be read back. */
	if (old->allow_all || set->allow_all)
		return write_set(f, set);
	ret = write_difference(f, f->allow, set, old);
	return ret < 0 ? ret : write_difference(f, f->deny, old, set);
}

int cg_devices_v1_apply(int dir_fd, const struct cg_device_set *set, bool fresh,
			struct husk_error *err)
{
	cleanup_close int allow = openat(dir_fd, "devices.allow", O_WRONLY | O_CLOEXEC);
	cleanup_close int deny = openat(dir_fd, "devices.deny", O_WRONLY | O_CLOEXEC);
	struct v1_files files = { .allow = allow, .deny = deny };
	cleanup_free char *list = NULL;
	struct cg_device_set old = { .allow_all = true };
	struct arena arena = { 0 };
	int ret;

	if (allow < 0 || deny < 0)
		return err_sys(err, "open devices.allow and devices.deny of the cgroup");
	if (!fresh || set->allow_all) {
		ret = fs_read(dir_fd, "devices.list", 1 << 20, &list, NULL, err);
		if (ret == 0)
			ret = cg_device_set_parse(&arena, list, &old, err);
		if (ret < 0) {
			arena_done(&arena);
			return ret;
		}
	}
	if (fresh && set->allow_all && set->n == 0 && old.allow_all)
		ret = 0;	/* as it is */
	else
		ret = fresh ? write_set(&files, set) : change_set(&files, &old, set);
	if (ret < 0) {
		cg_err_at(err, HUSK_E_SYSTEM, -ret, CG_AT "devices",
			  "write \"%s\" to devices.allow or devices.deny: %s", files.line,
			  strerror(-ret));
		if (ret == -EPERM)
			err_hint(err, "a parent cgroup denies the device, so it cannot be allowed "
				 "here");
		if (ret == -EINVAL)
			err_hint(err, "a cgroup that has others below it cannot change between "
				 "\"all devices\" and a list of some");
		if (!fresh)
			(void)change_set(&files, set, &old);
	}
	arena_done(&arena);
	return ret;
}
