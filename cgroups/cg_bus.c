/*
 * Calls to systemd over D-Bus, by sd-bus.
 *
 * libsystemd is loaded when the first bus is opened, so that nobody else pays for it or needs it.
 * Every wait has an end: connecting and each call CALL_S, a job JOB_S (runc's 30 s).  A systemd
 * that hangs costs time and gives an error, and never a process that waits for ever.
 *
 * Uses: libsystemd, by library.h.    Used by: cg_systemd.c.
 */
#include "cgroups/cg_systemd.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "runtime/base/library.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum { CALL_S = 10, JOB_S = 30, USEC = 1000000 };

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER DESTINATION ".Manager"

#define FUNCTIONS(F)                                                                          \
	F(sd_bus_new) F(sd_bus_set_address) F(sd_bus_set_bus_client) F(sd_bus_start)          \
	F(sd_bus_set_method_call_timeout) F(sd_bus_is_ready) F(sd_bus_process) F(sd_bus_wait) \
	F(sd_bus_close_unref) F(sd_bus_call) F(sd_bus_match_signal)                           \
	F(sd_bus_message_new_method_call) F(sd_bus_message_append_basic)                      \
	F(sd_bus_message_open_container) F(sd_bus_message_close_container)                    \
	F(sd_bus_message_read) F(sd_bus_message_unref) F(sd_bus_error_free)

struct sd {
#define F(name) __typeof__(name) *name;
	FUNCTIONS(F)
#undef F
};

struct cg_bus {
	struct sd sd;
	sd_bus *bus;
	bool user;
	char *job;		/* object path of the job that is waited for */
	char result[32];	/* "done", "failed", ...; "" until it is removed */
};

/* ---- the library ---------------------------------------------------------------------------- */

static int load(struct sd *sd, struct husk_error *err)
{
	static const struct {
		const char *name;
		size_t at;
	} functions[] = {
#define F(name) { #name, offsetof(struct sd, name) },
		FUNCTIONS(F)
#undef F
	};
	/* It stays: its threads' clean-ups could not run otherwise. */
	void *lib = library_open("libsystemd.so.0", RTLD_NOW | RTLD_NODELETE, err);

	if (!lib) {
		(void)err_ctx(err, "the systemd cgroup manager");
		return err_hint(err, "install libsystemd0, or use the cgroupfs manager");
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *f = library_function(lib, functions[i].name);

		if (!f)
			return err_new(err, HUSK_E_UNSUPPORTED, ENOSYS, "libsystemd.so.0 has no %s: it "
				       "is older than systemd 241", functions[i].name);
		memcpy((char *)sd + functions[i].at, &f, sizeof(f));
	}
	return 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * USEC + (uint64_t)ts.tv_nsec / 1000;
}

/* Carry on with what there is to do, or wait for more until @deadline.  0, or -errno. */
static int advance(const struct cg_bus *b, uint64_t deadline)
{
	int ret = b->sd.sd_bus_process(b->bus, NULL);
	uint64_t t = now();

	if (ret != 0)
		return MIN(ret, 0);
	if (t >= deadline)
		return -ETIMEDOUT;
	ret = b->sd.sd_bus_wait(b->bus, deadline - t);
	return ret < 0 && ret != -EINTR ? ret : 0;
}

/* ---- connecting ----------------------------------------------------------------------------- */

static int connect_to(struct cg_bus *b, const char *address, bool broker)
{
	uint64_t deadline = now() + (uint64_t)CALL_S * USEC;
	int ret = b->sd.sd_bus_new(&b->bus);

	if (ret >= 0)
		ret = b->sd.sd_bus_set_address(b->bus, address);
	if (ret >= 0 && broker)
		ret = b->sd.sd_bus_set_bus_client(b->bus, 1);
	if (ret >= 0)
		ret = b->sd.sd_bus_set_method_call_timeout(b->bus, (uint64_t)CALL_S * USEC);
	if (ret >= 0)
		ret = b->sd.sd_bus_start(b->bus);
	while (ret >= 0) {
		int ready = b->sd.sd_bus_is_ready(b->bus);

		if (ready != 0) {
			ret = MIN(ready, 0);
			break;
		}
		ret = advance(b, deadline);
	}
	log_debug("connect to bus %s = %d", address, ret);
	if (ret < 0)
		b->bus = b->sd.sd_bus_close_unref(b->bus);
	return ret;
}

/* "unix:path=DIR/NAME", with what an address cannot hold as %XX. */
static void add_path(struct str *b, const char *dir, const char *name)
{
	str_add(b, "unix:path=");
	for (const char *p = dir; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-_/.", *p))
			str_add_n(b, p, 1);
		else
			str_printf(b, "%%%02x", (unsigned char)*p);
	}
	str_add(b, name);
}

/*
 * Where systemd listens itself comes first, as with systemctl: no other daemon need run, and a
 * session bus may belong to something that is no login.  An address that was given for root counts
 * more.
 */
static int connect_any(struct cg_bus *b, struct str *tried)
{
	const char *given = getenv(b->user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
	const char *dir = b->user ? getenv("XDG_RUNTIME_DIR") : "/run";
	struct str private cleanup_str = { 0 }, usual cleanup_str = { 0 };
	char fallback[40];
	int ret;

	(void)snprintf(fallback, sizeof(fallback), "/run/user/%u", geteuid());
	dir = dir && dir[0] == '/' ? dir : fallback;
	given = given && *given ? given : NULL;
	add_path(&private, dir, "/systemd/private");
	add_path(&usual, dir, b->user ? "/bus" : "/dbus/system_bus_socket");
	if (private.failed || usual.failed)
		return -ENOMEM;
	struct {
		const char *address;
		bool broker;
	} tries[] = {
		{ b->user ? NULL : given, true },
		{ b->user || !given ? private.s : NULL, false },
		{ b->user ? given : NULL, true },
		{ b->user || !given ? usual.s : NULL, true },
	};

	ret = -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		if (!tries[i].address)
			continue;
		ret = connect_to(b, tries[i].address, tries[i].broker);
		if (ret >= 0)
			return tries[i].broker;
		str_printf(tried, "%s%s (%s)", tried->len ? ", " : "", tries[i].address,
			   strerror(-ret));
		if (ret == -ETIMEDOUT)	/* it hangs: so would the rest */
			break;
	}
	return ret;
}

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct cg_bus *b = userdata;
	uint32_t id;

	(void)error;
	if (b->sd.sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (b->job && strcmp(path, b->job) == 0)
		(void)snprintf(b->result, sizeof(b->result), "%s", result);
	return 0;
}

static int err_connect(const struct cg_bus *b, int error, const char *tried, struct husk_error *err)
{
	err_new(err, error == ETIMEDOUT ? HUSK_E_SYSTEM : HUSK_E_UNSUPPORTED, error,
		"cannot connect to systemd's %s manager: %s", b->user ? "user" : "system", tried);
	if (error == ETIMEDOUT)
		return err_hint(err, "it accepts connections and does not answer within %d s: see "
				"whether `systemctl%s status` does", CALL_S, b->user ? " --user" : "");
	return err_hint(err, b->user ? "a user manager runs for users who are logged in (or "
			"`loginctl enable-linger`), and XDG_RUNTIME_DIR tells where; or use the cgroupfs "
			"manager" : "is systemd PID 1 here?  If not, use the cgroupfs manager");
}

static int call(struct cg_bus *b, sd_bus_message *m, const char *method, const char *unit,
		sd_bus_message **reply, struct husk_error *err);
static int new_call(struct cg_bus *b, sd_bus_message **m, const char *method,
		    struct husk_error *err);

/* A broker passes on the signals that were asked for. */
static int subscribe(struct cg_bus *b, struct husk_error *err)
{
	sd_bus_message *m = NULL;
	int ret = new_call(b, &m, "Subscribe", err);

	if (ret == 0)
		ret = call(b, m, "Subscribe", NULL, NULL, err);
	return ret;
}

int cg_bus_open(bool user, struct cg_bus **out, struct husk_error *err)
{
	struct cg_bus *b = calloc(1, sizeof(*b));
	struct str tried cleanup_str = { 0 };
	int ret, broker;

	if (!b)
		return err_nomem(err, "bus");
	b->user = user;
	ret = load(&b->sd, err);
	if (ret < 0) {
		free(b);
		return ret;
	}
	broker = connect_any(b, &tried);
	if (broker < 0) {
		ret = err_connect(b, -broker, tried.s ? tried.s : strerror(-broker), err);
		cg_bus_close(b);
		return ret;
	}
	ret = b->sd.sd_bus_match_signal(b->bus, NULL, NULL, OBJECT, MANAGER, "JobRemoved",
					on_job_removed, b);
	if (ret < 0) {
		errno = -ret;
		ret = err_sys(err, "systemd: watch its jobs");
	} else {
		ret = broker ? subscribe(b, err) : 0;
	}
	if (ret < 0) {
		cg_bus_close(b);
		return ret;
	}
	*out = b;
	return 0;
}

void cg_bus_close(struct cg_bus *b)
{
	if (!b)
		return;
	if (b->bus)
		b->sd.sd_bus_close_unref(b->bus);
	free(b->job);
	free(b);
}

/* ---- messages ------------------------------------------------------------------------------- */

static int new_call(struct cg_bus *b, sd_bus_message **m, const char *method,
		    struct husk_error *err)
{
	int ret = b->sd.sd_bus_message_new_method_call(b->bus, m, DESTINATION, OBJECT, MANAGER,
						       method);

	errno = -ret;
	return ret < 0 ? err_sys(err, "systemd: %s", method) : 0;
}

static int append_basic(const struct sd *sd, sd_bus_message *m, const struct cg_value *v)
{
	const uint8_t y = (uint8_t)v->u;
	const uint16_t q = (uint16_t)v->u;
	const uint32_t u = (uint32_t)v->u;

	switch (v->type) {
	case 's':
	case 'o':
	case 'g':
		return sd->sd_bus_message_append_basic(m, v->type, v->s);
	case 'y':
		return sd->sd_bus_message_append_basic(m, v->type, &y);
	case 'n':
	case 'q':
		return sd->sd_bus_message_append_basic(m, v->type, &q);
	case 'b':
	case 'i':
	case 'u':
		return sd->sd_bus_message_append_basic(m, v->type, &u);
	case 'd':
		return sd->sd_bus_message_append_basic(m, v->type, &v->d);
	default:
		return sd->sd_bus_message_append_basic(m, v->type, &v->u);
	}
}

static int append_value(const struct sd *sd, sd_bus_message *m, const struct cg_value *v)
{
	int ret;

	if (v->type != 'a' && v->type != 'r')
		return append_basic(sd, m, v);
	ret = sd->sd_bus_message_open_container(m, v->type, v->contents);
	for (size_t i = 0; ret >= 0 && i < v->n; i++)
		ret = append_value(sd, m, &v->items[i]);
	return ret < 0 ? ret : sd->sd_bus_message_close_container(m);
}

static int append_property(const struct sd *sd, sd_bus_message *m, const struct cg_property *p)
{
	const struct cg_value *v = &p->value;
	char sig[128];
	int ret;

	(void)snprintf(sig, sizeof(sig), v->type == 'r' ? "(%s)" : v->type == 'a' ? "a%s" : "%s",
		       v->contents ? v->contents : (const char[]){ v->type, '\0' });
	ret = sd->sd_bus_message_open_container(m, 'r', "sv");
	if (ret >= 0)
		ret = sd->sd_bus_message_append_basic(m, 's', p->name);
	if (ret >= 0)
		ret = sd->sd_bus_message_open_container(m, 'v', sig);
	if (ret >= 0)
		ret = append_value(sd, m, v);
	if (ret >= 0)
		ret = sd->sd_bus_message_close_container(m);
	return ret < 0 ? ret : sd->sd_bus_message_close_container(m);
}

/* a(sv), but for the properties marked in @without. */
static int append_properties(const struct cg_bus *b, sd_bus_message *m, const struct cg_props *ps,
			     const bool *without)
{
	int ret = b->sd.sd_bus_message_open_container(m, 'a', "(sv)");

	for (size_t i = 0; ret >= 0 && i < ps->n; i++) {
		struct str text cleanup_str = { 0 };

		if (without[i])
			continue;
		ret = append_property(&b->sd, m, &ps->p[i]);
		cg_prop_print(&text, &ps->p[i]);
		log_debug("systemd property %s = %d", text.s ? text.s : "?", ret);
	}
	return ret < 0 ? ret : b->sd.sd_bus_message_close_container(m);
}

static int err_call(const struct cg_bus *b, int error, const char *text, const char *method,
		    const char *unit, struct husk_error *err)
{
	if (error == ETIMEDOUT) {
		err_new(err, HUSK_E_SYSTEM, ETIMEDOUT, "systemd: %s%s%s: no answer within %d s", method,
			unit ? " " : "", unit ? unit : "", CALL_S);
		return err_hint(err, "see whether `systemctl%s status` answers: systemd may hang or be "
				"overloaded", b->user ? " --user" : "");
	}
	err_new(err, HUSK_E_SYSTEM, error, "systemd: %s%s%s: %s", method, unit ? " " : "",
		unit ? unit : "", text ? text : strerror(error));
	return -error;
}

/* Send @m, which is released, and wait for the answer; @reply may be NULL. */
static int call(struct cg_bus *b, sd_bus_message *m, const char *method, const char *unit,
		sd_bus_message **reply, struct husk_error *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	int ret = b->sd.sd_bus_call(b->bus, m, (uint64_t)CALL_S * USEC, &error, &answer);

	log_debug("systemd call %s %s = %d %s", method, unit ? unit : "", ret,
		  error.name ? error.name : "");
	b->sd.sd_bus_message_unref(m);
	if (ret < 0) {
		if (error.name && (strcmp(error.name, DESTINATION ".NoSuchUnit") == 0))
			ret = -ENOENT;
		else if (error.name && strcmp(error.name, DESTINATION ".UnitExists") == 0)
			ret = -EEXIST;
		err_call(b, -ret, error.message, method, unit, err);
	} else if (reply) {
		*reply = answer;
	} else {
		b->sd.sd_bus_message_unref(answer);
	}
	b->sd.sd_bus_error_free(&error);
	return MIN(ret, 0);
}

/* A call with the unit's name and, unless NULL, one more text. */
static int call_unit(struct cg_bus *b, const char *method, const char *unit, const char *mode,
		     sd_bus_message **reply, struct husk_error *err)
{
	sd_bus_message *m = NULL;
	int ret = new_call(b, &m, method, err);

	if (ret < 0)
		return ret;
	ret = b->sd.sd_bus_message_append_basic(m, 's', unit);
	if (ret >= 0 && mode)
		ret = b->sd.sd_bus_message_append_basic(m, 's', mode);
	if (ret >= 0)
		return call(b, m, method, unit, reply, err);
	b->sd.sd_bus_message_unref(m);
	return err_call(b, -ret, NULL, method, unit, err);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

/* Wait for the job that @reply, which is released, names.  Signals that came before are still in
 * the queue. */
static int await_job(struct cg_bus *b, sd_bus_message *reply, const char *what, const char *unit,
		     struct husk_error *err)
{
	uint64_t deadline = now() + (uint64_t)JOB_S * USEC;
	const char *path = NULL;
	int ret = b->sd.sd_bus_message_read(reply, "o", &path);

	free(b->job);
	b->job = ret > 0 ? strdup(path) : NULL;
	b->result[0] = '\0';
	b->sd.sd_bus_message_unref(reply);
	if (!b->job)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "systemd: %s %s: its answer names no job",
			       what, unit);
	while (!b->result[0]) {
		ret = advance(b, deadline);
		if (ret == -ETIMEDOUT) {
			err_new(err, HUSK_E_SYSTEM, ETIMEDOUT, "systemd: %s %s: the job did not end "
				"within %d s", what, unit, JOB_S);
			return err_hint(err, "`systemctl%s list-jobs` shows what it waits for",
					b->user ? " --user" : "");
		}
		if (ret < 0)
			return err_call(b, -ret, NULL, what, unit, err);
	}
	log_debug("systemd job %s of %s: %s", what, unit, b->result);
	return 0;
}

/* A failed unit stays in systemd's memory until this. */
static void reset_failed(struct cg_bus *b, const char *unit)
{
	struct husk_error ignored;

	(void)call_unit(b, "ResetFailedUnit", unit, NULL, NULL, &ignored);
}

/* Mark the optional property that the error's text names; false: none. */
static bool leave_out(const struct cg_props *ps, const char *text, bool *without)
{
	for (size_t i = 0; i < ps->n; i++) {
		const char *at = strstr(text, ps->p[i].name);
		size_t len = strlen(ps->p[i].name);

		if (!ps->p[i].optional || without[i] || !at || isalnum((unsigned char)at[len]))
			continue;
		log_debug("systemd does not take property %s: %s", ps->p[i].name, text);
		without[i] = true;
		return true;
	}
	return false;
}

static int start_once(struct cg_bus *b, const char *unit, const struct cg_props *ps,
		      const bool *without, sd_bus_message **reply, struct husk_error *err)
{
	sd_bus_message *m = NULL;
	int ret = new_call(b, &m, "StartTransientUnit", err);

	if (ret < 0)
		return ret;
	ret = b->sd.sd_bus_message_append_basic(m, 's', unit);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_append_basic(m, 's', "fail");
	if (ret >= 0)
		ret = append_properties(b, m, ps, without);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_open_container(m, 'a', "(sa(sv))");
	if (ret >= 0)
		ret = b->sd.sd_bus_message_close_container(m);
	if (ret >= 0)
		return call(b, m, "StartTransientUnit", unit, reply, err);
	b->sd.sd_bus_message_unref(m);
	return err_call(b, -ret, "cannot compose the properties", "StartTransientUnit", unit, err);
}

static int err_exists(const char *unit, struct husk_error *err)
{
	err_new(err, HUSK_E_EXISTS, EEXIST, "unable to start unit \"%s\": Unit %s was already loaded "
		"or has a fragment file.", unit, unit);
	return err_hint(err, "another container or service uses this name: choose another "
			"cgroupsPath, or end it with `systemctl stop %s`", unit);
}

int cg_bus_start(struct cg_bus *b, const char *unit, const struct cg_props *ps,
		 struct husk_error *err)
{
	cleanup_free bool *without = calloc(ps->n + 1, sizeof(*without));
	sd_bus_message *reply = NULL;
	struct husk_error e;
	bool reset = false;
	int ret;

	if (!without)
		return err_nomem(err, "properties of the unit");
	for (;;) {
		ret = start_once(b, unit, ps, without, &reply, &e);
		if (ret == -EEXIST && !reset) {
			/* It may be the rest of one that failed. */
			reset = true;
			reset_failed(b, unit);
		} else if (ret >= 0 || ret == -ETIMEDOUT || !leave_out(ps, e.msg, without)) {
			break;
		}
	}
	if (ret == -EEXIST)
		return err_exists(unit, err);
	if (ret < 0) {
		*err = e;
		return ret;
	}
	ret = await_job(b, reply, "start", unit, err);
	if (ret == 0 && strcmp(b->result, "done") == 0)
		return 0;
	if (ret == 0) {
		err_new(err, HUSK_E_SYSTEM, EIO, "error creating systemd unit `%s`: got `%s`", unit,
			b->result);
		err_hint(err, "`journalctl%s -u %s` may tell why", b->user ? " --user" : "", unit);
	}
	reset_failed(b, unit);
	return -err->sys;
}

int cg_bus_stop(struct cg_bus *b, const char *unit, struct husk_error *err)
{
	sd_bus_message *reply = NULL;
	struct husk_error e;
	int ret = call_unit(b, "StopUnit", unit, "replace", &reply, &e);

	if (ret == 0)
		ret = await_job(b, reply, "stop", unit, &e);
	/* Whatever the job came to: a unit that could not be stopped cannot be reset either. */
	if (ret == 0)
		reset_failed(b, unit);
	if (ret == 0 || ret == -ENOENT)
		return 0;
	*err = e;
	return ret;
}

int cg_bus_attach(struct cg_bus *b, const char *unit, const char *below, pid_t pid,
		  struct husk_error *err)
{
	const uint32_t number = (uint32_t)pid;
	sd_bus_message *m = NULL;
	int ret = new_call(b, &m, "AttachProcessesToUnit", err);

	if (ret < 0)
		return ret;
	ret = b->sd.sd_bus_message_append_basic(m, 's', unit);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_append_basic(m, 's', below);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_open_container(m, 'a', "u");
	if (ret >= 0)
		ret = b->sd.sd_bus_message_append_basic(m, 'u', &number);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_close_container(m);
	if (ret >= 0)
		return call(b, m, "AttachProcessesToUnit", unit, NULL, err);
	b->sd.sd_bus_message_unref(m);
	return err_call(b, -ret, NULL, "AttachProcessesToUnit", unit, err);
}

static int set_once(struct cg_bus *b, const char *unit, const struct cg_props *ps,
		    const bool *without, struct husk_error *err)
{
	const int runtime = 1;
	sd_bus_message *m = NULL;
	int ret = new_call(b, &m, "SetUnitProperties", err);

	if (ret < 0)
		return ret;
	ret = b->sd.sd_bus_message_append_basic(m, 's', unit);
	if (ret >= 0)
		ret = b->sd.sd_bus_message_append_basic(m, 'b', &runtime);
	if (ret >= 0)
		ret = append_properties(b, m, ps, without);
	if (ret >= 0)
		return call(b, m, "SetUnitProperties", unit, NULL, err);
	b->sd.sd_bus_message_unref(m);
	return err_call(b, -ret, "cannot compose the properties", "SetUnitProperties", unit, err);
}

int cg_bus_set(struct cg_bus *b, const char *unit, const struct cg_props *ps,
	       struct husk_error *err)
{
	cleanup_free bool *without = calloc(ps->n + 1, sizeof(*without));
	sd_bus_message *reply = NULL;
	struct husk_error e;
	int ret;

	if (!without)
		return err_nomem(err, "properties of the unit");
	do {
		ret = set_once(b, unit, ps, without, &e);
	} while (ret < 0 && ret != -ETIMEDOUT && leave_out(ps, e.msg, without));
	/* It writes to the cgroup after it has answered, and before it answers the next call. */
	if (ret == 0)
		ret = call_unit(b, "GetUnit", unit, NULL, &reply, &e);
	if (ret < 0) {
		*err = e;
		return ret;
	}
	b->sd.sd_bus_message_unref(reply);
	return 0;
}
