/*
 * A container's cgroups as text for state.json, and back.
 *
 *   husk-cgroup 1
 *   cgroupfs
 *   v1 memory /sys/fs/cgroup/memory /husk/web
 *   v2 memory,pids /sys/fs/cgroup /husk/web
 *
 * "rdt" is a group of resctrl, "rdt-keep" one that delete leaves.  The words after the kind are the
 * controllers (or the name of a hierarchy without), the mount and the path, with blanks and the like
 * as \ooo.  The second line is the manager, "rootless", and "unit=NAME" of a systemd unit.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include "cgroups/cg_internal.h"

#include <string.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define HEAD "husk-cgroup 1\n"

static const char *const managers[] = {
	[CG_CGROUPFS] = "cgroupfs", [CG_SYSTEMD] = "systemd", [CG_NONE] = "none",
};

static void add_word(struct str *b, const char *s)
{
	str_add(b, *s ? " " : " -");
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || *s == '\\' || *s == 127)
			str_printf(b, "\\%03o", (unsigned char)*s);
		else
			str_add_n(b, s, 1);
	}
}

/* v2 has no name of its own: its controllers stand there. */
static void add_name(struct str *b, const struct cg_hier *h)
{
	char list[256] = "";
	size_t len = 0;

	if (!h->v2) {
		add_word(b, h->name);
		return;
	}
	for (unsigned c = 0; c < CG_CTLS; c++) {
		if (h->ctls & CG_BIT(c))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? "," : "", cg_ctl_name((enum cg_ctl)c, true));
	}
	add_word(b, list);
}

char *cg_save(const struct cgroup *cg)
{
	struct str b cleanup_str = { 0 };

	str_printf(&b, "%s%s%s", HEAD, managers[cg->manager], cg->rootless ? " rootless" : "");
	if (cg->unit)
		str_printf(&b, " unit=%s", cg->unit);	/* such names have no blanks */
	str_add(&b, "\n");
	for (size_t i = 0; i < cg->n; i++) {
		const struct cg_hier *h = &cg->hier[i];

		if (!h->used)
			continue;
		str_add(&b, h->keep ? "rdt-keep" : h->rdt ? "rdt" : h->v2 ? "v2" : "v1");
		add_name(&b, h);
		add_word(&b, h->mount);
		add_word(&b, h->path);
		str_add(&b, "\n");
	}
	return str_take(&b);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static uint32_t parse_names(const char *list)
{
	uint32_t mask = 0;

	while (*list) {
		size_t len = strcspn(list, ",");
		enum cg_ctl ctl = cg_ctl_parse(list, len);

		if (ctl != CG_CTLS)
			mask |= CG_BIT(ctl);
		list += len + (list[len] == ',');
	}
	return mask;
}

/* The text comes from a file of ours, but what it names is removed later: check it. */
static bool parse_hier(char *line, struct cg_hier *out)
{
	char *word[4], *save = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(word); i++) {
		word[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!word[i])
			return false;
		decode(word[i]);
	}
	*out = (struct cg_hier){
		.v2 = strcmp(word[0], "v2") == 0,
		.rdt = str_starts(word[0], "rdt"),
		.keep = strcmp(word[0], "rdt-keep") == 0,
		.used = true,
		.ctls = parse_names(word[1]),
		.name = strcmp(word[0], "v2") == 0 ? "" : word[1],
		.mount = word[2],
		.own = "/",
		.path = word[3],
	};
	if (word[2][0] != '/')
		return false;
	if (out->keep && strcmp(word[3], "/") == 0)
		return true;
	return (out->v2 || out->rdt || strcmp(word[0], "v1") == 0) && cg_path_ok(word[3]);
}

int cg_load(const char *text, struct cgroup **out, struct husk_error *err)
{
	cleanup_free char *copy = NULL;
	cleanup_free struct cg_hier *hier = NULL;
	char *line, *next = NULL, *word, *save = NULL;
	size_t n = 0, lines = 1, manager = 0;
	const char *unit = NULL;
	bool rootless = false;

	if (!str_starts(text, HEAD))
		return err_new(err, HUSK_E_STATE, EPROTO,
			       "the container's cgroup state is of another version of husk");
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	copy = strdup(text + strlen(HEAD));
	hier = calloc(lines, sizeof(*hier));
	if (!copy || !hier)
		return err_nomem(err, "cgroups");

	line = strtok_r(copy, "\n", &next);
	word = line ? strtok_r(line, " ", &save) : NULL;
	while (word && manager < ARRAY_SIZE(managers) && strcmp(word, managers[manager]) != 0)
		manager++;
	if (!word || manager == ARRAY_SIZE(managers))
		goto bad;
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		rootless |= strcmp(word, "rootless") == 0;
		if (str_starts(word, "unit="))
			unit = word + strlen("unit=");
	}
	if (manager == CG_SYSTEMD && !unit)
		goto bad;
	while ((line = strtok_r(NULL, "\n", &next)) != NULL) {
		if (!parse_hier(line, &hier[n++]))
			goto bad;
	}
	*out = cg_alloc((enum cg_manager)manager, rootless, hier, n);
	if (*out && unit) {
		(*out)->unit = arena_strdup(&(*out)->arena, unit);
		if (!(*out)->unit)
			cg_free(take_ptr(out));
	}
	return *out ? 0 : err_nomem(err, "cgroups");

bad:
	return err_new(err, HUSK_E_STATE, EPROTO, "the container's cgroup state is damaged");
}
