/*
 * The table of mount options; see mount_options.h.
 *
 * Uses: runtime/base, specs.    Used by: rootfs only.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "rootfs/mount_options.h"
#include "rootfs/rootfs.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

enum kind {
	SET, CLEAR,		/* attribute of this mount */
	SET_ALL, CLEAR_ALL,	/* of the mounts below it, too */
	ATIME, ATIME_ALL,	/* the atime field gets this value */
	NO_ATIME, NO_ATIME_ALL,	/* it does not */
	PROPAGATE,
	FLAG, FLAG_VALUE,	/* MO_*; _VALUE: "word" or "word=text" */
	SB_ON, SB_OFF,
	NOTHING,		/* known, and the kernel has no such thing any more */
};

#define ATTR(x) MOUNT_ATTR_##x
#define UINT(x) ((uint64_t)(x))

/*
 * Sorted by name: looked up by bisection, and shown in this order by `features`.  What belongs to
 * a superblock has no depth: crun's recursive forms of it ("rsync") mean the same.
 */
#define OPTIONS(X) \
	X("async",		SB_OFF,		MO_SB_SYNC) \
	X("atime",		ATIME,		ATTR(RELATIME)) \
	X("bind",		FLAG,		MO_BIND) \
	X("copy-symlink",	FLAG,		MO_COPY_SYMLINK) \
	X("defaults",		NOTHING,	0) \
	X("dest-nofollow",	FLAG,		MO_DEST_NOFOLLOW) \
	X("dev",		CLEAR,		ATTR(NODEV)) \
	X("diratime",		CLEAR,		ATTR(NODIRATIME)) \
	X("dirsync",		SB_ON,		MO_SB_DIRSYNC) \
	X("exec",		CLEAR,		ATTR(NOEXEC)) \
	X("idmap",		FLAG_VALUE,	MO_IDMAP) \
	X("iversion",		NOTHING,	0) \
	X("lazytime",		SB_ON,		MO_SB_LAZYTIME) \
	X("loud",		NOTHING,	0) \
	X("mand",		SB_ON,		MO_SB_MAND) \
	X("noatime",		ATIME,		ATTR(NOATIME)) \
	X("nodev",		SET,		ATTR(NODEV)) \
	X("nodiratime",		SET,		ATTR(NODIRATIME)) \
	X("noexec",		SET,		ATTR(NOEXEC)) \
	X("noiversion",		NOTHING,	0) \
	X("nolazytime",		SB_OFF,		MO_SB_LAZYTIME) \
	X("nomand",		SB_OFF,		MO_SB_MAND) \
	X("norelatime",		NO_ATIME,	ATTR(RELATIME)) \
	X("nostrictatime",	NO_ATIME,	ATTR(STRICTATIME)) \
	X("nosuid",		SET,		ATTR(NOSUID)) \
	X("nosymfollow",	SET,		ATTR(NOSYMFOLLOW)) \
	X("private",		PROPAGATE,	UINT(MS_PRIVATE)) \
	X("rasync",		SB_OFF,		MO_SB_SYNC) \
	X("ratime",		ATIME_ALL,	ATTR(RELATIME)) \
	X("rbind",		FLAG,		MO_BIND | MO_RECURSIVE) \
	X("rdev",		CLEAR_ALL,	ATTR(NODEV)) \
	X("rdiratime",		CLEAR_ALL,	ATTR(NODIRATIME)) \
	X("rdirsync",		SB_ON,		MO_SB_DIRSYNC) \
	X("relatime",		ATIME,		ATTR(RELATIME)) \
	X("remount",		FLAG,		MO_REMOUNT) \
	X("rexec",		CLEAR_ALL,	ATTR(NOEXEC)) \
	X("ridmap",		FLAG_VALUE,	MO_IDMAP | MO_IDMAP_ALL) \
	X("rmand",		SB_ON,		MO_SB_MAND) \
	X("rnoatime",		ATIME_ALL,	ATTR(NOATIME)) \
	X("rnodev",		SET_ALL,	ATTR(NODEV)) \
	X("rnodiratime",	SET_ALL,	ATTR(NODIRATIME)) \
	X("rnoexec",		SET_ALL,	ATTR(NOEXEC)) \
	X("rnomand",		SB_OFF,		MO_SB_MAND) \
	X("rnorelatime",	NO_ATIME_ALL,	ATTR(RELATIME)) \
	X("rnostrictatime",	NO_ATIME_ALL,	ATTR(STRICTATIME)) \
	X("rnosuid",		SET_ALL,	ATTR(NOSUID)) \
	X("rnosymfollow",	SET_ALL,	ATTR(NOSYMFOLLOW)) \
	X("ro",			SET,		ATTR(RDONLY)) \
	X("rprivate",		PROPAGATE,	UINT(MS_PRIVATE | MS_REC)) \
	X("rrelatime",		ATIME_ALL,	ATTR(RELATIME)) \
	X("rro",		SET_ALL,	ATTR(RDONLY)) \
	X("rrw",		CLEAR_ALL,	ATTR(RDONLY)) \
	X("rshared",		PROPAGATE,	UINT(MS_SHARED | MS_REC)) \
	X("rslave",		PROPAGATE,	UINT(MS_SLAVE | MS_REC)) \
	X("rstrictatime",	ATIME_ALL,	ATTR(STRICTATIME)) \
	X("rsuid",		CLEAR_ALL,	ATTR(NOSUID)) \
	X("rsymfollow",		CLEAR_ALL,	ATTR(NOSYMFOLLOW)) \
	X("rsync",		SB_ON,		MO_SB_SYNC) \
	X("runbindable",	PROPAGATE,	UINT(MS_UNBINDABLE | MS_REC)) \
	X("rw",			CLEAR,		ATTR(RDONLY)) \
	X("shared",		PROPAGATE,	UINT(MS_SHARED)) \
	X("silent",		NOTHING,	0) \
	X("slave",		PROPAGATE,	UINT(MS_SLAVE)) \
	X("src-nofollow",	FLAG,		MO_SRC_NOFOLLOW) \
	X("strictatime",	ATIME,		ATTR(STRICTATIME)) \
	X("suid",		CLEAR,		ATTR(NOSUID)) \
	X("symfollow",		CLEAR,		ATTR(NOSYMFOLLOW)) \
	X("sync",		SB_ON,		MO_SB_SYNC) \
	X("tmpcopyup",		FLAG,		MO_COPY_UP) \
	X("unbindable",		PROPAGATE,	UINT(MS_UNBINDABLE))

static const struct row {
	const char *name;
	enum kind kind;
	uint64_t value;
} rows[] = {
#define X(name, kind, value) { name, kind, value },
	OPTIONS(X)
#undef X
};

const char *const *rootfs_mount_options(void)
{
	static const char *const names[ARRAY_SIZE(rows) + 1] = {
#define X(name, kind, value) name,
		OPTIONS(X)
#undef X
	};

	return names;
}

const char *mount_options_sb_word(unsigned i, int state)
{
	static const char *const words[MO_SBS][2] = {
		[MO_SB_RO] = { "rw", "ro" },
		[MO_SB_SYNC] = { "async", "sync" },
		[MO_SB_DIRSYNC] = { NULL, "dirsync" },
		[MO_SB_LAZYTIME] = { "nolazytime", "lazytime" },
		[MO_SB_MAND] = { "nomand", "mand" },
	};

	return words[i][state > 0];
}

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct row *)row)->name);
}

static const struct row *find(const char *name)
{
	return bsearch(name, rows, ARRAY_SIZE(rows), sizeof(rows[0]), compare);
}

/* ---- one option -------------------------------------------------------------------------- */

/* @mask: all bits of the field that @value is one of the values of. */
static void set_field(struct mount_attrs *a, uint64_t mask, uint64_t value)
{
	a->set = (a->set & ~mask) | value;
	/* The kernel wants the whole atime field named as cleared to give it another value. */
	a->clear = (a->clear & ~mask) | (mask == MOUNT_ATTR__ATIME ? mask : mask & ~value);
}

static void forget_field(struct mount_attrs *a, uint64_t mask)
{
	a->set &= ~mask;
	a->clear &= ~mask;
}

/* "norelatime" takes back a "relatime", and nothing else. */
static void unset_atime(struct mount_attrs *a, uint64_t value)
{
	if (a->clear & MOUNT_ATTR__ATIME && (a->set & MOUNT_ATTR__ATIME) == value)
		forget_field(a, MOUNT_ATTR__ATIME);
}

static void apply_attribute(const struct row *r, struct mount_options *o)
{
	bool all = r->kind == SET_ALL || r->kind == CLEAR_ALL || r->kind == ATIME_ALL;
	struct mount_attrs *a = all ? &o->all : &o->top;
	uint64_t mask = r->kind == ATIME || r->kind == ATIME_ALL ? MOUNT_ATTR__ATIME : r->value;

	/* A recursive form is about this mount, too. */
	if (all)
		forget_field(&o->top, mask);
	set_field(a, mask, r->kind == CLEAR || r->kind == CLEAR_ALL ? 0 : r->value);
	if (mask == MOUNT_ATTR_RDONLY)
		o->sb[MO_SB_RO] = a->set & mask ? 1 : -1;
}

static void apply(const struct row *r, const char *text, struct mount_options *o)
{
	switch (r->kind) {
	case NO_ATIME:
		unset_atime(&o->top, r->value);
		break;
	case NO_ATIME_ALL:
		unset_atime(&o->all, r->value);
		break;
	case FLAG_VALUE:
		o->idmap = text;
		/* fall through */
	case FLAG:
		if (r->value == MO_BIND)
			o->flags &= ~(unsigned)MO_RECURSIVE;	/* "rbind", then "bind" */
		if (r->value == MO_IDMAP)
			o->flags &= ~(unsigned)MO_IDMAP_ALL;
		o->flags |= (unsigned)r->value;
		break;
	case SB_ON:
	case SB_OFF:
		o->sb[r->value] = r->kind == SB_ON ? 1 : -1;
		break;
	case PROPAGATE:
		o->propagation[o->n_propagation++] = (struct mount_propagation){
			.type = r->value & ~UINT(MS_REC),
			.recursive = r->value & MS_REC,
		};
		break;
	case NOTHING:
		break;
	default:
		apply_attribute(r, o);
	}
}

/* ---- options of the file system ---------------------------------------------------------- */

static int add_data(struct mount_options *o, char *option)
{
	const char **grown = o->data;

	if (o->n_data % 8 == 0)
		grown = realloc(o->data, (o->n_data + 8) * sizeof(*grown));
	if (!grown)
		return -1;
	o->data = grown;
	o->data[o->n_data++] = option;
	return 0;
}

/* The end of an item of @list: a @separator without a backslash before it. */
static char *item_end(char *list, char separator)
{
	for (; *list && *list != separator; list++)
		if (*list == '\\' && list[1])
			list++;
	return list;
}

enum { FSCONFIG_MAX = 255 };	/* bytes of a value */

/* Layers of an overlay that are too long for one value go one by one (Linux 6.7 and later), and such
 * that are id-mapped, each on its own; those after "::" hold data only. */
static int add_layers(struct mount_options *o, struct arena *arena, char *layers)
{
	bool data_only = false;

	while (*layers) {
		char *end = item_end(layers, ':'), *layer;
		bool last = *end == '\0';

		*end = '\0';
		if (!*layers) {
			data_only = true;
		} else {
			layer = arena_printf(arena, "%s=%s", data_only ? "datadir+" : "lowerdir+",
					     layers);
			if (!layer || add_data(o, layer) < 0)
				return -1;
		}
		layers = last ? end : end + 1;
	}
	return 0;
}

/* One word of the configuration may hold several options, as mount(8) writes them. */
static int split_data(struct mount_options *o, struct arena *arena, const char *option)
{
	char *item = arena_strdup(arena, option);

	if (!item)
		return -1;
	while (*item) {
		char *end = item_end(item, ',');
		bool last = *end == '\0';
		int ret;

		*end = '\0';
		if (str_starts(item, "lowerdir=") &&
		    (o->flags & MO_MAPPED_LAYERS || strlen(item) > FSCONFIG_MAX))
			ret = add_layers(o, arena, item + strlen("lowerdir="));
		else
			ret = *item ? add_data(o, item) : 0;
		if (ret < 0)
			return -1;
		item = last ? end : end + 1;
	}
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------- */

/* The row of @option's name, the first @len bytes of it; NULL: there is none. */
static const struct row *find_name(const char *option, size_t len)
{
	char name[16];

	if (len >= sizeof(name))
		return NULL;
	memcpy(name, option, len);
	name[len] = '\0';
	return find(name);
}

static int refuse(const struct row *r, const char *option, size_t index, const char *pointer,
		  struct husk_error *err)
{
	char at[300];

	snprintf(at, sizeof(at), "%s/options/%zu", pointer, index);
	if (r->kind == PROPAGATE)
		return err_config(err, at, "more than %d propagation options", MO_MAX_PROPAGATION);
	return err_config(err, at, "\"%s\": expected \"%s=uids=ID-ID-SIZE#...;gids=...\"", option,
			  r->name);
}

static int parse_one(const char *option, size_t index, const char *pointer, struct arena *arena,
		     struct mount_options *o, struct husk_error *err)
{
	const char *eq = strchr(option, '=');
	const struct row *r = find_name(option, eq ? (size_t)(eq - option) : strlen(option));

	if (r && eq && r->kind != FLAG_VALUE)
		r = NULL;
	if (!r) {
		if (!o->first_data) {
			o->first_data = option;
			o->first_data_index = index;
		}
		return split_data(o, arena, option) < 0 ? err_nomem(err, "mount options") : 0;
	}
	if ((r->kind == PROPAGATE && o->n_propagation == MO_MAX_PROPAGATION) ||
	    (eq && !str_starts(eq + 1, "uids=")))
		return refuse(r, option, index, pointer, err);
	apply(r, eq ? eq + 1 : NULL, o);
	return 0;
}

/* An overlay with id maps; known before its options are read, for these may be last. */
static bool has_mapped_layers(const struct oci_mount *m)
{
	bool mapped = m->n_uid_mappings;

	for (size_t i = 0; i < m->n_options && !mapped; i++)
		mapped = str_starts(m->options[i], "idmap") || str_starts(m->options[i], "ridmap");
	return mapped && m->type && strcmp(m->type, "overlay") == 0;
}

int mount_options_parse(const struct oci_mount *m, const char *pointer, struct arena *arena,
			struct mount_options *out, struct husk_error *err)
{
	struct mount_options o = { 0 };
	const char **data = NULL;
	int ret = 0;

	if (has_mapped_layers(m))
		o.flags |= MO_MAPPED_LAYERS;
	for (size_t i = 0; i < m->n_options && ret == 0; i++)
		ret = parse_one(m->options[i], i, pointer, arena, &o, err);
	if (ret == 0) {
		data = arena_array(arena, o.n_data + 1, sizeof(*data));
		if (!data)
			ret = err_nomem(err, "mount options");
	}
	if (ret == 0 && o.n_data)
		memcpy(data, o.data, o.n_data * sizeof(*data));
	free(o.data);
	if (ret < 0)
		return ret;
	o.data = data;
	/* crun and runc accept the type alone. */
	if (m->type && strcmp(m->type, "bind") == 0)
		o.flags |= MO_BIND;
	*out = o;
	return 0;
}
