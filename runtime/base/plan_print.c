/*
 * A launch plan for people and for programs: `husk plan`, and the words of error messages.
 *
 * Uses: plan.h, str.h.    Used by: runtime.
 */
#include <inttypes.h>
#include <string.h>

#include "runtime/base/plan.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

static const struct {
	const char *name, *text;
} ops[PLAN_OPS] = {
#define OP(id, name, kinds, text) [OP_##id] = { name, text },
#include "runtime/base/plan_ops.h"
#undef OP
};

static const char *const fd_kinds[PLAN_FD_KINDS] = {
	[PLAN_FD_GIVEN] = "given",	   [PLAN_FD_TREE] = "tree",
	[PLAN_FD_PATH] = "path",	   [PLAN_FD_NAMESPACE] = "namespace",
	[PLAN_FD_DEVICE] = "device",	   [PLAN_FD_EXECUTABLE] = "executable",
	[PLAN_FD_USERNS] = "user namespace", [PLAN_FD_MOUNT] = "new mount",
};

const char *plan_op_name(unsigned op)
{
	return op < PLAN_OPS ? ops[op].name : "?";
}

const char *plan_op_text(unsigned op)
{
	return op < PLAN_OPS ? ops[op].text : "?";
}

static void add_vector(const struct plan_view *v, uint64_t off, struct str *out)
{
	const uint64_t *item = plan_view_strv(v, off);

	str_add(out, "[");
	for (size_t i = 0; item && item[i]; i++) {
		if (i > 0)
			str_add(out, ", ");
		str_add_json(out, plan_view_str(v, item[i]));
	}
	str_add(out, "]");
}

/* A new mount's path has lines: the type, and all of it. */
static void add_path(const struct plan_view *v, const struct plan_fd_entry *e, bool all,
		     struct str *out)
{
	const char *path = e->path ? plan_view_str(v, e->path) : "";
	size_t len = e->kind == PLAN_FD_MOUNT ? strcspn(path, "\n") : strlen(path);

	str_add_n(out, path, len);
	for (path += len; all && *path; path += len) {
		len = 1 + strcspn(path + 1, "\n");
		str_add(out, " ");
		str_add_n(out, path + 1, len - 1);
	}
}

static void add_fd(const struct plan_view *v, uint64_t fd, bool json, struct str *out)
{
	if (fd == PLAN_NO_FD)
		str_add(out, json ? "null" : "none");
	else if (json)
		str_printf(out, "%" PRIu64, fd);
	else
		str_printf(out, "fd %" PRIu64, fd);
	if (!json && fd < v->h->n_fds && v->fds[fd].path) {
		str_add(out, " (");
		add_path(v, &v->fds[fd], false, out);
		str_add(out, ")");
	}
}

/* One argument; @json: as a JSON value. */
static void add_arg(const struct plan_view *v, char kind, uint64_t arg, bool json, struct str *out)
{
	size_t len;

	switch (kind) {
	case 's':
	case 't':
		if (!arg)
			str_add(out, json ? "null" : "none");
		else if (json)
			str_add_json(out, plan_view_str(v, arg));
		else
			str_add(out, plan_view_str(v, arg));
		break;
	case 'S':
	case 'T':
		add_vector(v, arg, out);
		break;
	case 'b':
	case 'c':
		plan_view_bytes(v, arg, &len);
		str_printf(out, json ? "{\"bytes\": %zu}" : "%zu bytes", len);
		break;
	case 'f':
	case 'g':
	case 'F':
		add_fd(v, arg, json, out);
		break;
	case 'x':
		str_printf(out, json ? "%" PRIu64 : "0x%" PRIx64, arg);
		break;
	case 'o':
		str_printf(out, json ? "%" PRIu64 : "0%" PRIo64, arg);
		break;
	case 'i':
		str_printf(out, "%" PRId64, (int64_t)arg);
		break;
	default:
		str_printf(out, "%" PRIu64, arg);
	}
}

void plan_describe(const struct plan_view *v, size_t i, struct str *out)
{
	const struct plan_step *s = &v->steps[i];
	const char *kinds = plan_op_kinds(s->op);

	for (const char *t = plan_op_text(s->op); *t; t++) {
		if (t[0] == '{' && t[1] >= '0' && t[1] < '0' + PLAN_MAX_ARGS && t[2] == '}') {
			unsigned n = (unsigned)(t[1] - '0');

			add_arg(v, kinds[n], s->arg[n], false, out);
			t += 2;
		} else {
			str_add_n(out, t, 1);
		}
	}
}

void plan_print_text(const struct plan_view *v, struct str *out)
{
	for (uint32_t i = 0; i < v->h->n_fds; i++) {
		const struct plan_fd_entry *e = &v->fds[i];

		str_printf(out, "fd %-3u %s ", i, fd_kinds[e->kind]);
		add_path(v, e, true, out);
		if (e->kind == PLAN_FD_TREE && e->a & PLAN_TREE_RECURSIVE)
			str_add(out, " (recursive)");
		if (e->source)
			str_printf(out, "  [%s]", plan_view_str(v, e->source));
		str_add(out, "\n");
	}
	for (uint32_t i = 0; i < v->h->n_steps; i++) {
		str_printf(out, "%3u  ", i);
		plan_describe(v, i, out);
		if (v->steps[i].source)
			str_printf(out, "  [%s]", plan_view_str(v, v->steps[i].source));
		str_add(out, "\n");
	}
}

static void add_json_step(const struct plan_view *v, uint32_t i, struct str *out)
{
	const struct plan_step *s = &v->steps[i];
	const char *kinds = plan_op_kinds(s->op);
	cleanup_str struct str text = { 0 };

	plan_describe(v, i, &text);
	str_printf(out, "    {\"step\": %u, \"op\": \"%s\", \"flags\": %u, \"args\": [", i,
		   plan_op_name(s->op), s->flags);
	for (unsigned k = 0; kinds[k]; k++) {
		if (k > 0)
			str_add(out, ", ");
		add_arg(v, kinds[k], s->arg[k], true, out);
	}
	str_add(out, "], \"text\": ");
	str_add_json(out, text.s ? text.s : "");
	str_add(out, ", \"source\": ");
	add_arg(v, 't', s->source, true, out);
	str_add(out, "}");
}

void plan_print_json(const struct plan_view *v, struct str *out)
{
	str_printf(out, "{\n  \"version\": %u,\n  \"fds\": [\n", v->h->version);
	for (uint32_t i = 0; i < v->h->n_fds; i++) {
		const struct plan_fd_entry *e = &v->fds[i];

		str_printf(out, "    {\"fd\": %u, \"kind\": \"%s\", \"path\": ", i,
			   fd_kinds[e->kind]);
		add_arg(v, 't', e->path, true, out);
		str_printf(out, ", \"a\": %" PRIu64 ", \"b\": %" PRIu64 ", \"source\": ", e->a,
			   e->b);
		add_arg(v, 't', e->source, true, out);
		str_add(out, i + 1 < v->h->n_fds ? "},\n" : "}\n");
	}
	str_add(out, "  ],\n  \"steps\": [\n");
	for (uint32_t i = 0; i < v->h->n_steps; i++) {
		add_json_step(v, i, out);
		str_add(out, i + 1 < v->h->n_steps ? ",\n" : "\n");
	}
	str_add(out, "  ]\n}\n");
}
