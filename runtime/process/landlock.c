/*
 * Landlock rules: from words to the ruleset that this kernel can have; see landlock.h.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include "runtime/process/landlock.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

enum {
	RULESET_VERSION = 1,	/* LANDLOCK_CREATE_RULESET_VERSION */
	NET_ABI = 4, SCOPE_ABI = 6, LOG_ABI = 7,
	MAX_WORDS = 1024,
	READ = RT_LANDLOCK_read_file | RT_LANDLOCK_read_dir,
	WRITE = RT_LANDLOCK_write_file | RT_LANDLOCK_truncate | RT_LANDLOCK_ioctl_dev |
		RT_LANDLOCK_remove_dir | RT_LANDLOCK_remove_file | RT_LANDLOCK_make_dir |
		RT_LANDLOCK_make_reg | RT_LANDLOCK_make_sock | RT_LANDLOCK_make_fifo |
		RT_LANDLOCK_make_sym | RT_LANDLOCK_refer,
};

static const struct {
	const char *name;
	uint64_t bit;
	unsigned abi;
} rights[] = {
#define X(bit, name, abi, file) { #name, RT_LANDLOCK_##name, abi },
	RT_LANDLOCK_FS(X)
#undef X
};

/* What people ask for.  Device nodes, which let one go round every other rule, are in none. */
static const struct {
	const char *name;
	uint64_t bits;
} groups[] = {
	{ "ro", READ },
	{ "rw", READ | WRITE },
	{ "exec", RT_LANDLOCK_execute | RT_LANDLOCK_read_file },	/* execve(2) needs both */
};

/* The file accesses that a kernel with @abi can deny. */
static uint64_t known_rights(unsigned abi)
{
	uint64_t known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		known |= rights[i].abi <= abi ? rights[i].bit : 0;
	return known;
}

/* "read_file+read_dir" */
static void add_names(struct str *out, uint64_t bits, const char *between)
{
	const char *sep = "";

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		if (!(bits & rights[i].bit))
			continue;
		str_printf(out, "%s%s", sep, rights[i].name);
		sep = between;
	}
}

/* ---- words ---------------------------------------------------------------------------------- */

char **rt_landlock_words(struct arena *arena, const char *text)
{
	char *to = arena_strdup(arena, text);
	char **words = arena_array(arena, strlen(text) / 2 + 2, sizeof(*words));
	size_t n = 0;

	if (!to || !words)
		return NULL;
	while (*(text += strspn(text, " ,\t\n"))) {
		words[n++] = to;
		for (; *text && !strchr(" ,\t\n", *text); text++) {
			/* A path may have anything in it. */
			if (*text == '\\' && text[1])
				text++;
			*to++ = *text;
		}
		/* There is room: what has ended the word is not copied. */
		if (*text)
			text++;
		*to++ = '\0';
	}
	return words;
}

struct reader {
	struct rt_landlock *ll;
	const char *word;	/* the whole of it, for messages */
	struct husk_error *err;
};

static int bad(const struct reader *r, const char *why)
{
	return err_config(r->err, r->ll->source, "\"%.64s\": %s", r->word, why);
}

/* A right or a group, up to the next "+" or the end at @len; 0 if there is no such. */
static uint64_t find_rights(const char *name, size_t len, bool *is_group)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (strlen(groups[i].name) == len && memcmp(groups[i].name, name, len) == 0) {
			*is_group = true;
			return groups[i].bits;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		if (strlen(rights[i].name) == len && memcmp(rights[i].name, name, len) == 0)
			return rights[i].bit;
	}
	return 0;
}

/* "ro+exec=/usr", "read_file=-/etc/passwd": up to @eq is the access. */
static int read_file_rule(struct reader *r, const char *eq)
{
	struct rt_landlock *ll = r->ll;
	struct rt_landlock_path *file = &ll->file[ll->n_files];
	const char *path = eq + 1, *name = r->word;
	bool has_group = false;

	for (; name < eq; name++) {
		size_t len = MIN(strcspn(name, "+"), (size_t)(eq - name));
		uint64_t bits = find_rights(name, len, &has_group);

		if (!bits) {
			bad(r, "unknown access");
			return err_hint(r->err, "ro, rw, exec, or names of landlock(7) such as "
					"read_file, joined by \"+\"");
		}
		file->access |= bits;
		name += len;
		if (name == eq - 1)
			return bad(r, "an access is missing behind \"+\"");
	}
	if (!file->access)
		return bad(r, "expected an access before \"=\"");
	if (*path == '-') {
		path++;
		file->flags |= RT_LANDLOCK_PATH_OPTIONAL;
	}
	if (*path != '/' || strlen(path) >= PATH_MAX)
		return bad(r, "expected an absolute path behind \"=\"");
	if (ll->n_files == RT_LANDLOCK_MAX_PATHS)
		return bad(r, "is one path too many: a ruleset may have 256");
	if (!has_group)
		file->flags |= RT_LANDLOCK_PATH_EXACT;
	ll->path[ll->n_files++] = (char *)(uintptr_t)path;
	return 0;
}

static int read_port(struct reader *r, const char *value, uint64_t access)
{
	struct rt_landlock *ll = r->ll;
	uint64_t port;

	ll->attr.net |= access;
	if (strcmp(value, "none") == 0)
		return 0;
	if (!str_to_u64(value, UINT16_MAX, &port))
		return bad(r, "expected a port from 0 to 65535, or none");
	ll->port[ll->n_ports++] = (struct rt_landlock_port){ access, port };
	return 0;
}

static int read_bind(struct reader *r, const char *value)
{
	return read_port(r, value, RT_LANDLOCK_BIND);
}

static int read_connect(struct reader *r, const char *value)
{
	return read_port(r, value, RT_LANDLOCK_CONNECT);
}

static int read_scope(struct reader *r, const char *value)
{
	if (strcmp(value, "abstract-unix-socket") == 0)
		r->ll->attr.scope |= RT_LANDLOCK_ABSTRACT_SOCKET;
	else if (strcmp(value, "signal") == 0)
		r->ll->attr.scope |= RT_LANDLOCK_SIGNAL;
	else
		return bad(r, "expected abstract-unix-socket or signal");
	return 0;
}

static int read_log(struct reader *r, const char *value)
{
	if (strcmp(value, "on") == 0)
		r->ll->flags = RT_LANDLOCK_LOG_ON;
	else if (strcmp(value, "off") == 0)
		r->ll->flags = RT_LANDLOCK_LOG_OFF;
	else
		return bad(r, "expected on or off");
	return 0;
}

static int read_abi(struct reader *r, const char *value)
{
	uint64_t abi;

	if (!str_to_u64(value, RT_LANDLOCK_ABI, &abi) || abi == 0)
		return bad(r, "expected an ABI from 1 to 7");
	r->ll->abi = (unsigned)abi;
	return 0;
}

static int read_word(struct reader *r)
{
	static const struct {
		const char *name;
		int (*read)(struct reader *r, const char *value);
	} others[] = {
		{ "tcp-bind=", read_bind }, { "tcp-connect=", read_connect },
		{ "scope=", read_scope }, { "log=", read_log }, { "abi=", read_abi },
	};
	const char *eq = strchr(r->word, '=');

	if (strcmp(r->word, "required") == 0 || strcmp(r->word, "preferred") == 0) {
		r->ll->preferred = *r->word == 'p';
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (str_starts(r->word, others[i].name))
			return others[i].read(r, eq + 1);
	}
	if (eq)
		return read_file_rule(r, eq);
	bad(r, "is no Landlock rule");
	return err_hint(r->err, "ACCESS=PATH, tcp-bind=PORT, tcp-connect=PORT, scope=WHAT, log=on, "
			"abi=N, required, preferred");
}

/* ---- the ruleset ------------------------------------------------------------------------------- */

static struct rt_landlock *alloc(struct arena *arena, char *const *words, size_t n)
{
	struct rt_landlock *ll = arena_alloc(arena, sizeof(*ll));

	if (!ll)
		return NULL;
	ll->words = arena_array(arena, n + 1, sizeof(*ll->words));
	ll->path = arena_array(arena, n + 1, sizeof(*ll->path));
	ll->file = arena_array(arena, n + 1, sizeof(*ll->file));
	ll->port = arena_array(arena, n + 1, sizeof(*ll->port));
	if (!ll->words || !ll->path || !ll->file || !ll->port)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		ll->words[i] = arena_strdup(arena, words[i]);
		if (!ll->words[i])
			return NULL;
	}
	ll->abi = RT_LANDLOCK_ABI;
	return ll;
}

/* What is asked for must be of the ABI that is named. */
static int check_abi(const struct rt_landlock *ll, struct husk_error *err)
{
	const char *what = ll->attr.net && ll->abi < NET_ABI ? "rules about TCP" :
			   ll->attr.scope && ll->abi < SCOPE_ABI ? "scopes" :
			   ll->flags && ll->abi < LOG_ABI ? "log" : NULL;

	if (what)
		return err_config(err, ll->source, "abi=%u has no %s", ll->abi, what);
	for (size_t i = 0; i < ll->n_files; i++) {
		cleanup_str struct str names = { 0 };

		if (!(ll->file[i].flags & RT_LANDLOCK_PATH_EXACT))
			continue;	/* a group has what there is */
		add_names(&names, ll->file[i].access & ~known_rights(ll->abi), "+");
		if (names.len > 0)
			return err_config(err, ll->source, "abi=%u has no %s", ll->abi, names.s);
	}
	return 0;
}

int rt_landlock_read(char *const *words, const char *source, struct arena *arena,
		     struct rt_landlock **out, struct husk_error *err)
{
	struct reader r = { .err = err };
	size_t n = 0;

	*out = NULL;
	while (words && words[n])
		n++;
	if (n == 0)
		return 0;
	if (n > MAX_WORDS)
		return err_config(err, source, "has %zu words; at most %d are read", n, MAX_WORDS);
	r.ll = alloc(arena, words, n);
	if (!r.ll)
		return err_nomem(err, "Landlock rules");
	r.ll->source = source;
	for (size_t i = 0; i < n; i++) {
		r.word = r.ll->words[i];
		if (read_word(&r) < 0)
			return -err->sys;
	}
	if (r.ll->n_files == 0 && !r.ll->attr.net && !r.ll->attr.scope) {
		err_config(err, source, "there is no rule: nothing would be restricted");
		return err_hint(err, "ro=/ lets it read everything, and write nothing");
	}
	/* Who lists files means that all others are out of bounds. */
	if (r.ll->n_files > 0)
		r.ll->attr.fs = known_rights(r.ll->abi);
	if (check_abi(r.ll, err) < 0)
		return -err->sys;
	*out = r.ll;
	return 0;
}

int rt_landlock_check(struct oci_config *config, struct husk_error *err)
{
	struct rt_landlock *ll;
	char **words;

	if (!config->landlock)
		return 0;
	words = rt_landlock_words(&config->arena, config->landlock);
	if (!words)
		return err_nomem(err, "annotations");
	return rt_landlock_read(words, RT_LANDLOCK_ANNOTATION, &config->arena, &ll, err);
}

/* ---- the kernel's part ------------------------------------------------------------------------ */

int rt_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

	return abi < 0 ? -errno : (int)abi;
}

/* What @ll has and a kernel with @abi cannot deny, for people. */
static void add_unknown(const struct rt_landlock *ll, unsigned abi, struct str *out)
{
	const char *sep = "";

	add_names(out, ll->attr.fs & ~known_rights(abi), ", ");
	if (out->len > 0)
		sep = ", ";
	if (ll->attr.net && abi < NET_ABI) {
		str_printf(out, "%sTCP", sep);
		sep = ", ";
	}
	if (ll->attr.scope && abi < SCOPE_ABI) {
		str_printf(out, "%sscopes", sep);
		sep = ", ";
	}
	if (ll->flags && abi < LOG_ABI)
		str_printf(out, "%slog", sep);
}

static void cut(struct rt_landlock *ll, unsigned abi)
{
	size_t n = 0;

	ll->attr.fs &= known_rights(abi);
	for (size_t i = 0; i < ll->n_files; i++) {
		ll->file[i].access &= ll->attr.fs;
		if (!ll->file[i].access)
			continue;	/* the kernel refuses what allows nothing */
		ll->file[n] = ll->file[i];
		ll->path[n++] = ll->path[i];
	}
	ll->path[n] = NULL;
	ll->n_files = n;
	if (abi < NET_ABI)
		ll->n_ports = ll->attr.net = 0;
	if (abi < SCOPE_ABI)
		ll->attr.scope = 0;
	if (abi < LOG_ABI)
		ll->flags = 0;
}

static int refuse_kernel(const struct rt_landlock *ll, int abi, const char *unknown,
			 struct husk_error *err)
{
	if (abi < 0)
		(void)err_config(err, ll->source, "Landlock is not to be had here: %s",
				 strerror(-abi));
	else
		(void)err_config(err, ll->source, "Landlock of this kernel (ABI %d) cannot deny: %s",
				 abi, unknown);
	err->kind = HUSK_E_UNSUPPORTED;
	err->sys = EOPNOTSUPP;
	if (abi < 0)
		(void)err_hint(err, "\"husk doctor\" says why; \"preferred\" among the rules does "
				    "without it");
	else
		(void)err_hint(err, "add \"preferred\" to the rules to do without these, or "
				    "\"abi=%d\" to ask for no more", abi);
	return -EOPNOTSUPP;
}

int rt_landlock_fit(struct rt_landlock **ll, int abi, struct husk_error *err)
{
	cleanup_str struct str unknown = { 0 };
	struct rt_landlock *l = *ll;

	if (!l)
		return 0;
	if (abi >= 0)
		add_unknown(l, (unsigned)abi, &unknown);
	if (unknown.failed)
		return err_nomem(err, "Landlock rules");
	if ((abi < 0 || unknown.len > 0) && !l->preferred)
		return refuse_kernel(l, abi, unknown.s, err);
	if (abi < 0)
		log_warn("%s: Landlock is not to be had here: %s, ignoring", l->source,
			 strerror(-abi));
	else if (unknown.len > 0)
		log_warn("%s: Landlock of this kernel (ABI %d) cannot deny %s, ignoring", l->source,
			 abi, unknown.s);
	cut(l, abi < 0 ? 0 : (unsigned)abi);
	if (!l->attr.fs && !l->attr.net && !l->attr.scope)
		*ll = NULL;
	return 0;
}

/* ---- the step ---------------------------------------------------------------------------------- */

/* "read_file+read_dir=/etc tcp-connect=443 scope=signal": what is left of the words. */
static void describe(const struct rt_landlock *ll, struct str *out)
{
	uint64_t missing = known_rights(RT_LANDLOCK_ABI) & ~ll->attr.fs;

	for (size_t i = 0; i < ll->n_files; i++) {
		add_names(out, ll->file[i].access, "+");
		str_printf(out, "=%s ", ll->path[i]);
	}
	for (size_t i = 0; i < ll->n_ports; i++)
		str_printf(out, "%s=%u ",
			   ll->port[i].access == RT_LANDLOCK_BIND ? "tcp-bind" : "tcp-connect",
			   (unsigned)ll->port[i].port);
	str_add(out, "and nothing else of");
	if (ll->attr.fs)
		str_add(out, " files");
	if (ll->attr.fs && missing) {
		str_add(out, " but ");
		add_names(out, missing, "+");
	}
	str_add(out, ll->attr.net & RT_LANDLOCK_BIND ? " tcp-bind" : "");
	str_add(out, ll->attr.net & RT_LANDLOCK_CONNECT ? " tcp-connect" : "");
	str_add(out, ll->attr.scope & RT_LANDLOCK_ABSTRACT_SOCKET ? " abstract-unix-socket" : "");
	str_add(out, ll->attr.scope & RT_LANDLOCK_SIGNAL ? " signal" : "");
}

uint32_t rt_landlock_emit(const struct rt_landlock *ll, bool exec, struct plan *p)
{
	cleanup_str struct str text = { 0 };
	uint32_t slot = plan_slot(p);

	describe(ll, &text);
	if (text.failed) {
		p->failed = ENOMEM;
		return slot;
	}
	PLAN_EMIT(p, OP_PROC_LANDLOCK, ll->source[0] == '/' ? ll->source : NULL,
		  plan_str(p, text.s), plan_bytes(p, &ll->attr, sizeof(ll->attr)),
		  plan_strv(p, ll->path),
		  plan_bytes(p, ll->file, ll->n_files * sizeof(*ll->file)),
		  plan_bytes(p, ll->port, ll->n_ports * sizeof(*ll->port)),
		  (ll->preferred ? RT_LANDLOCK_PREFERRED : 0u) | (exec ? RT_LANDLOCK_DISTRUST : 0u),
		  slot);
	return slot;
}
