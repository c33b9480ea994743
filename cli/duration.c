/*
 * Durations as Go reads them, which runc's callers write.
 *
 * Uses: husk.h.    Used by: cmd_events.c, cmd_stats.c.
 */
#include "cli/cli.h"

#include <limits.h>

/* The unit that @s begins with in ms, and its length; 0 if it is none. */
static double unit_ms(const char *s, size_t *len)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {
		{ "ns", 1e-6 }, { "us", 1e-3 }, { "\xc2\xb5s", 1e-3 }, { "\xce\xbcs", 1e-3 },
		{ "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		*len = strlen(units[i].name);
		if (strncmp(s, units[i].name, *len) == 0)
			return units[i].ms;
	}
	return 0;
}

int cli_parse_interval(const char *text, unsigned *ms, struct husk_error *err)
{
	const char *p = text + (*text == '-');
	double sum = 0;
	bool good = *p != '\0';

	while (good && *p) {
		size_t digits = strspn(p, "0123456789."), len = 0;
		double unit = unit_ms(p + digits, &len), n = 0, place = 1;
		bool fraction = false;

		good = digits > 0 && p[0] != '.' && unit > 0;
		for (size_t i = 0; good && i < digits; i++) {
			good = p[i] != '.' || !fraction;
			if (p[i] == '.')
				fraction = true;
			else if (fraction)
				n += (p[i] - '0') * (place /= 10);
			else
				n = n * 10 + (p[i] - '0');
		}
		sum += n * unit;
		p += digits + len;
	}
	if (!good)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "option --interval: \"%s\" is not a duration like 5s, 1m30s "
				      "or 500ms", text);
	if (*text == '-' || sum <= 0)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "duration interval must be greater than 0");
	*ms = sum >= INT_MAX ? INT_MAX : sum < 1 ? 1 : (unsigned)sum;
	return 0;
}
