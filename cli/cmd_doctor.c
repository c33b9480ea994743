/*
 * husk doctor: what this host lets this user do, and what to do about the rest.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

struct doctor_opts {
	bool json;
};

static const struct cli_opt doctor_opts[] = {
	{ 0, "json", CLI_FLAG, offsetof(struct doctor_opts, json), NULL, "print JSON" },
	{ 0 },
};

static void print_findings(const struct husk_diagnosis *d)
{
	static const char *const titles[] = {
		[HUSK_NEEDED] = "Every container needs",
		[HUSK_FOR_MORE] = "For more",
		[HUSK_OPTIONAL] = "Optional",
	};
	static const char *const words[] = {
		[HUSK_WORKS] = "ok",
		[HUSK_LIMITED] = "part",
		[HUSK_FAILS] = "NO",
		[HUSK_UNTRIED] = "?",
	};
	enum husk_need last = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct husk_finding *f = &d->findings[i];

		if (f->need != last)
			printf("%s\n", titles[f->need]);
		last = f->need;
		printf("  %-5s%-18s%s\n", words[f->verdict], f->name, f->what);
		if (f->fix)
			printf("%25s%s%s: %s\n", "", f->need == HUSK_NEEDED ? "fix" : "for ",
			       f->need == HUSK_NEEDED ? "" : f->use, f->fix);
	}
}

static int doctor_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct doctor_opts *o = opts;
	struct husk_diagnosis *d;
	struct husk *h;
	bool works;
	int ret = cli_husk(cli, &h, err);

	(void)operands;
	if (ret == 0)
		ret = husk_doctor(h, &d, err);
	if (ret < 0)
		return ret;
	works = d->works;
	if (o->json) {
		cli_print_line(stdout, d->json);
	} else {
		print_findings(d);
		printf("%s\n", works ? "The default sandbox works for this user." :
				       "The default sandbox does not work for this user.");
	}
	husk_diagnosis_free(d);
	return works ? 0 : 1;
}

const struct cli_cmd cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "try what containers need on this host, as this user",
	.details = "Tries each primitive that containers are made of, changes nothing, and says what\n"
		   "works (ok), what does not (NO), what could not be tried (?), and the least change\n"
		   "that would help.  The exit code is 0 if the default sandbox works: namespaces, a\n"
		   "root filesystem, /proc, /dev and seccomp; for root a cgroup, too.",
	.opts = doctor_opts,
	.opts_size = sizeof(struct doctor_opts),
	.dynamic = true,
	.run = doctor_run,
};
