/*
 * A container's limits as properties of its systemd unit.
 *
 * Made from the list of writes, so linux.resources and its `unified` map are told alike, for v1
 * and v2: a table of files and what systemd calls them.  A value that a property does not take is
 * left out, for the write itself follows.
 *
 * Uses: runtime/base.    Used by: cg_systemd.c.
 */
#include "cgroups/cg_systemd.h"

#include <string.h>

#include "runtime/base/util.h"

enum { USEC = 1000000, DEFAULT_PERIOD = 100000 };

/* ---- the list ------------------------------------------------------------------------------- */

struct cg_property *cg_prop_add(struct cg_props *ps, const char *name, char type)
{
	if (ps->n == ps->cap) {
		size_t cap = ps->cap ? ps->cap * 2 : 32;
		struct cg_property *p = arena_array(ps->arena, cap, sizeof(*p));

		if (!p) {
			ps->failed = true;
			return NULL;
		}
		if (ps->n)
			memcpy(p, ps->p, ps->n * sizeof(*p));
		ps->p = p;
		ps->cap = cap;
	}
	ps->p[ps->n] = (struct cg_property){ .name = name, .value.type = type };
	return &ps->p[ps->n++];
}

void cg_prop_u64(struct cg_props *ps, const char *name, uint64_t value)
{
	struct cg_property *p = cg_prop_add(ps, name, 't');

	if (p)
		p->value.u = value;
}

void cg_prop_bool(struct cg_props *ps, const char *name, bool value)
{
	struct cg_property *p = cg_prop_add(ps, name, 'b');

	if (p)
		p->value.u = value;
}

void cg_prop_str(struct cg_props *ps, const char *name, const char *value)
{
	struct cg_property *p = cg_prop_add(ps, name, 's');

	if (p)
		p->value.s = value;
}

const struct cg_property *cg_prop_find(const struct cg_props *ps, const char *name)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (strcmp(ps->p[i].name, name) == 0)
			return &ps->p[i];
	}
	return NULL;
}

static void print_value(struct str *b, const struct cg_value *v)
{
	switch (v->type) {
	case 'a':
	case 'r':
		str_add(b, v->type == 'a' ? "[" : "(");
		for (size_t i = 0; i < v->n; i++) {
			str_add(b, i ? " " : "");
			print_value(b, &v->items[i]);
		}
		str_add(b, v->type == 'a' ? "]" : ")");
		break;
	case 's':
	case 'o':
	case 'g':
		str_printf(b, "\"%s\"", v->s);
		break;
	case 'b':
		str_add(b, v->u ? "true" : "false");
		break;
	case 'd':
		str_printf(b, "%g", v->d);
		break;
	case 'n':
	case 'i':
	case 'x':
		str_printf(b, "%lld", (long long)v->u);
		break;
	default:
		str_printf(b, "%llu", (unsigned long long)v->u);
	}
}

void cg_prop_print(struct str *b, const struct cg_property *p)
{
	const struct cg_value *v = &p->value;

	str_printf(b, v->type == 'r' ? "%s=(" : "%s=", p->name);
	if (v->type != 'r')
		str_add_n(b, &v->type, 1);
	str_printf(b, v->type == 'r' ? "%s) " : "%s ", v->contents ? v->contents : "");
	print_value(b, v);
}

/* ---- values of files ------------------------------------------------------------------------ */

/* A file's text to a property's value; false: the property cannot say it. */
typedef bool convert_fn(struct cg_props *ps, const char *text, struct cg_value *out);

static bool number(const char *text, uint64_t *out)
{
	if (strcmp(text, "max") == 0 || strcmp(text, "-1") == 0) {
		*out = UINT64_MAX;
		return true;
	}
	return str_to_u64(text, UINT64_MAX, out);
}

/* A limit: 0 is none that systemd takes. */
static bool limit(struct cg_props *ps, const char *text, struct cg_value *out)
{
	(void)ps;
	out->type = 't';
	return number(text, &out->u) && out->u > 0;
}

static bool amount(struct cg_props *ps, const char *text, struct cg_value *out)
{
	(void)ps;
	out->type = 't';
	return number(text, &out->u);
}

/* "N", or "default N"; the lines about devices are not for this property. */
static bool weight(struct cg_props *ps, const char *text, struct cg_value *out)
{
	return limit(ps, str_starts(text, "default ") ? text + strlen("default ") : text, out);
}

/* An idle group: since systemd 252. */
static bool idle(struct cg_props *ps, const char *text, struct cg_value *out)
{
	(void)ps;
	out->type = 't';
	return strcmp(text, "1") == 0;
}

/* "0-3,7" as bytes of a mask, the lowest CPU or node first. */
static bool mask(struct cg_props *ps, const char *text, struct cg_value *out)
{
	enum { MAX_CPUS = 8192 };
	struct cg_value *bytes = arena_array(ps->arena, MAX_CPUS / 8, sizeof(*bytes));
	size_t n = 0;

	ps->failed |= !bytes;
	while (bytes && *text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end == text)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last >= MAX_CPUS || last < first || (*end && *end != ',' && *end != '\n'))
			return false;
		for (; first <= last; first++) {
			bytes[first / 8].u |= 1u << (first % 8);
			n = MAX(n, first / 8 + 1);
		}
		text = end + strspn(end, ",\n");
	}
	for (size_t i = 0; bytes && i < n; i++)
		bytes[i].type = 'y';
	*out = (struct cg_value){ .type = 'a', .contents = "y", .items = bytes, .n = n };
	return n > 0;
}

/* [("/dev/block/8:0", N)]; such properties grow by what they are set to. */
static bool device_value(struct cg_props *ps, const char *text, const char *value,
			 struct cg_value *out)
{
	struct cg_value *pair = arena_array(ps->arena, 3, sizeof(*pair));
	char *path = arena_printf(ps->arena, "/dev/block/%.*s", (int)strcspn(text, " "), text);
	uint64_t n;

	if (!pair || !path || !number(value, &n)) {
		ps->failed |= !pair || !path;
		return false;
	}
	pair[0] = (struct cg_value){ .type = 's', .s = path };
	pair[1] = (struct cg_value){ .type = 't', .u = n };
	pair[2] = (struct cg_value){ .type = 'r', .contents = "st", .items = pair, .n = 2 };
	*out = (struct cg_value){ .type = 'a', .contents = "(st)", .items = &pair[2], .n = 1 };
	return true;
}

/* "8:0 N" */
static bool device(struct cg_props *ps, const char *text, struct cg_value *out)
{
	const char *space = strchr(text, ' ');

	return space && str_starts(text, "default") == false &&
	       device_value(ps, text, space + 1, out);
}

/* "8:0 rbps=N"; several keys in one line are left to the file. */
#define DEVICE_KEY(key)                                                                       \
	static bool device_##key(struct cg_props *ps, const char *text, struct cg_value *out) \
	{                                                                                     \
		const char *space = strchr(text, ' ');                                        \
                                                                                              \
		return space && str_starts(space, " " #key "=") &&                            \
		       device_value(ps, text, space + strlen(" " #key "="), out);             \
	}
DEVICE_KEY(rbps)
DEVICE_KEY(wbps)
DEVICE_KEY(riops)
DEVICE_KEY(wiops)

static const struct row {
	const char *file, *property;
	convert_fn *convert;
	bool optional;
} rows[] = {
	/* v2 */
	{ "memory.max", "MemoryMax", limit, false },
	{ "memory.high", "MemoryHigh", limit, false },
	{ "memory.low", "MemoryLow", amount, false },
	{ "memory.min", "MemoryMin", amount, false },
	{ "memory.swap.max", "MemorySwapMax", amount, false },
	{ "memory.zswap.max", "MemoryZSwapMax", amount, true },
	{ "cpu.weight", "CPUWeight", limit, false },
	{ "cpu.idle", "CPUWeight", idle, true },
	{ "cpuset.cpus", "AllowedCPUs", mask, true },
	{ "cpuset.mems", "AllowedMemoryNodes", mask, true },
	{ "pids.max", "TasksMax", limit, false },
	{ "io.weight", "IOWeight", weight, false },
	{ "io.weight", "IODeviceWeight", device, false },
	{ "io.max", "IOReadBandwidthMax", device_rbps, false },
	{ "io.max", "IOWriteBandwidthMax", device_wbps, false },
	{ "io.max", "IOReadIOPSMax", device_riops, false },
	{ "io.max", "IOWriteIOPSMax", device_wiops, false },
	/* v1; systemd 258 has none of these */
	{ "memory.limit_in_bytes", "MemoryLimit", limit, true },
	{ "cpu.shares", "CPUShares", limit, true },
	{ "blkio.weight", "BlockIOWeight", limit, true },
	{ "blkio.weight_device", "BlockIODeviceWeight", device, true },
	{ "blkio.throttle.read_bps_device", "BlockIOReadBandwidth", device, true },
	{ "blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", device, true },
};

/* ---- cpu quota ------------------------------------------------------------------------------ */

struct quota {
	bool has_period, has_quota;
	uint64_t period, quota;		/* UINT64_MAX: none */
};

/* "QUOTA [PERIOD]", or with CG_W_KEEP_FIRST the period alone. */
static void read_cpu_max(const struct cg_write *w, struct quota *q)
{
	const char *space = strchr(w->text, ' ');
	char first[32];

	(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(w->text, " "), w->text);
	if (!(w->flags & CG_W_KEEP_FIRST))
		q->has_quota = number(first, &q->quota);
	if (space)
		q->has_period = str_to_u64(space + 1, UINT64_MAX, &q->period);
}

static void read_quota(const struct cg_write *w, struct quota *q)
{
	if (strcmp(w->file, "cpu.max") == 0)
		read_cpu_max(w, q);
	else if (strcmp(w->file, "cpu.cfs_period_us") == 0)
		q->has_period = str_to_u64(w->text, UINT64_MAX, &q->period);
	else if (strcmp(w->file, "cpu.cfs_quota_us") == 0)
		q->has_quota = number(w->text, &q->quota);
}

/* CPU time per second; systemd keeps it as a whole per cent, so the rest is rounded up as in
 * runc. */
static void add_quota(struct cg_props *ps, const struct quota *q, uint64_t period)
{
	uint64_t per_sec = UINT64_MAX;

	if (q->has_period && q->period > 0) {
		period = q->period;
		cg_prop_u64(ps, "CPUQuotaPeriodUSec", period);
		if (ps->n)
			ps->p[ps->n - 1].optional = true;	/* since 242 */
	}
	if (!q->has_quota)
		return;
	period = period ? period : DEFAULT_PERIOD;
	if (q->quota != UINT64_MAX && q->quota <= UINT64_MAX / USEC) {
		per_sec = q->quota * USEC / period;
		per_sec = (per_sec + 9999) / 10000 * 10000;
	}
	if (per_sec > 0)
		cg_prop_u64(ps, "CPUQuotaPerSecUSec", per_sec);
}

void cg_props_of_writes(struct cg_props *ps, const struct cg_writes *ws, uint64_t period)
{
	struct quota q = { 0 };

	for (size_t i = 0; i < ws->n; i++) {
		const struct cg_write *w = &ws->w[i];
		/* Weights have a second name, which is the one that systemd's values fit. */
		const char *file = w->alt_file ? w->alt_file : w->file;
		const char *text = w->alt_file ? w->alt_text : w->text;

		read_quota(w, &q);
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			struct cg_value v = { 0 };
			struct cg_property *p;

			if (strcmp(rows[k].file, file) != 0 || !rows[k].convert(ps, text, &v))
				continue;
			p = cg_prop_add(ps, rows[k].property, v.type);
			if (!p)
				return;
			p->value = v;
			p->optional = rows[k].optional;
		}
	}
	add_quota(ps, &q, period);
}

/* ---- devices -------------------------------------------------------------------------------- */

/* systemd names a device, all of a major number, or all of a kind (its version 240 and later). */
static char *device_path(struct cg_props *ps, const struct oci_device_rule *r, char type)
{
	const char *kind = type == 'b' ? "block" : "char";

	if (r->major < 0)
		return arena_printf(ps->arena, "%s-*", kind);
	if (r->minor < 0)
		return arena_printf(ps->arena, "%s-%lld", kind, (long long)r->major);
	return arena_printf(ps->arena, "/dev/%s/%lld:%lld", kind, (long long)r->major,
			    (long long)r->minor);
}

static void add_device(struct cg_props *ps, struct cg_value *list, const struct oci_device_rule *r,
		       char type)
{
	struct cg_value *pair = arena_array(ps->arena, 2, sizeof(*pair));
	char *path = device_path(ps, r, type);
	char *access = arena_printf(ps->arena, "%s%s%s", r->read ? "r" : "", r->write ? "w" : "",
				    r->mknod ? "m" : "");

	if (!pair || !path || !access) {
		ps->failed = true;
		return;
	}
	pair[0] = (struct cg_value){ .type = 's', .s = path };
	pair[1] = (struct cg_value){ .type = 's', .s = access };
	list->items[list->n++] = (struct cg_value){
		.type = 'r', .contents = "ss", .items = pair, .n = 2,
	};
}

void cg_props_of_devices(struct cg_props *ps, const struct oci_device_rule *rules, size_t n,
			 size_t n_config)
{
	struct cg_device_set set = { 0 };
	struct cg_value list = { .type = 'a', .contents = "(ss)" };
	struct cg_property *empty, *filled;
	struct husk_error ignored;
	/* What the list cannot say is said by the rules themselves, which are in force beside it. */
	bool all = cg_device_set(ps->arena, rules, n, n_config, &set, &ignored) < 0 || set.allow_all;

	cg_prop_str(ps, "DevicePolicy", all ? "auto" : "strict");
	/* Setting it adds to it, but for an empty list, which empties it. */
	empty = cg_prop_add(ps, "DeviceAllow", 'a');
	if (empty)
		empty->value = list;
	if (all || !empty)
		return;
	list.items = arena_array(ps->arena, 2 * set.n + 1, sizeof(*list.items));
	if (!list.items) {
		ps->failed = true;
		return;
	}
	for (size_t i = 0; i < set.n; i++) {
		if (set.except[i].type != 'b')
			add_device(ps, &list, &set.except[i], 'c');
		if (set.except[i].type == 'b' || set.except[i].type == 'a')
			add_device(ps, &list, &set.except[i], 'b');
	}
	filled = list.n ? cg_prop_add(ps, "DeviceAllow", 'a') : NULL;
	if (filled)
		filled->value = list;
}
