/*
 * fakesystemd SOCKET LOG MODE CGROUP2-MOUNT - as much of systemd's manager as husk talks to, on a private socket.
 *
 * Every call and property is a line in LOG.  A scope is a directory of the v2 hierarchy, into which
 * the process of PIDs= is moved.  MODE, one or more words with commas between:
 *   ok         does what it is asked        hang-connect  accepts connections and says nothing
 *   hang       answers no call              hang-stop     answers StartTransientUnit only
 *   no-job     answers; no job ever ends    failed        jobs end with "failed"
 *   exists     the unit exists already      refuse        every call is an error
 *   old        does not know CollectMode    set-refuse    SetUnitProperties is an error
 *   user       is root's user manager       attach-refuse AttachProcessesToUnit is an error
 * It ends when it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"

static const char *mode, *root;
static FILE *log_file;
static unsigned job;

static int has(const char *word)
{
	size_t len = strlen(word);

	for (const char *p = mode; (p = strstr(p, word)) != NULL; p++) {
		if ((p == mode || p[-1] == ',') && (p[len] == ',' || !p[len]))
			return 1;
	}
	return 0;
}

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(log_file, fmt, ap);
	va_end(ap);
	fflush(log_file);
}

/* Move @pid into cgroup @unit, at or below a unit, of @slice, where systemd would have it; one level
 * of slices is enough here. */
static void move_in(const char *slice, const char *unit, uint32_t pid)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/%s/%s/cgroup.procs", root,
		 has("user") ? "/user.slice/user-0.slice/user@0.service" : "", slice, unit);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			say("mkdir %s: %s\n", path, strerror(errno));
	}
	f = fopen(path, "we");
	if (!f || fprintf(f, "%u", pid) < 0 || fclose(f) != 0)
		say("%s: %s\n", path, strerror(errno));
}

static void print_value(sd_bus_message *m, const char *contents)
{
	char type;
	const char *inner;

	(void)contents;
	while (sd_bus_message_peek_type(m, &type, &inner) > 0) {
		if (type == 'a' || type == 'r' || type == 'v') {
			say(" %c%s", type == 'a' ? '[' : '(', "");
			sd_bus_message_enter_container(m, type, inner);
			print_value(m, inner);
			sd_bus_message_exit_container(m);
			say(" %c", type == 'a' ? ']' : ')');
		} else {
			union {
				uint8_t y;
				uint64_t t;
				uint32_t u;
				int i;
				double d;
				const char *s;
			} v = { .t = 0 };

			sd_bus_message_read_basic(m, type, &v);
			if (strchr("sog", type))
				say(" \"%s\"", v.s);
			else if (type == 'd')
				say(" %g", v.d);
			else
				say(" %llu", (unsigned long long)v.t);
		}
	}
}

/* a(sv), as lines "NAME=TYPE VALUE"; keeps what the fake itself needs. */
static int read_properties(sd_bus_message *m, char *slice, size_t size, uint32_t *pid,
			   sd_bus_error *error)
{
	sd_bus_message_enter_container(m, 'a', "(sv)");
	while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
		const char *name, *contents, *text;
		char type;

		sd_bus_message_read_basic(m, 's', &name);
		sd_bus_message_peek_type(m, &type, &contents);
		if (has("old") && strcmp(name, "CollectMode") == 0)
			return sd_bus_error_setf(error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
						 "Cannot set property %s, or unknown property.", name);
		sd_bus_message_enter_container(m, 'v', contents);
		say("%s=%s", name, contents);
		if (strcmp(name, "Slice") == 0) {
			sd_bus_message_read_basic(m, 's', &text);
			snprintf(slice, size, "%s", text);
			say(" \"%s\"", text);
		} else if (strcmp(name, "PIDs") == 0) {
			sd_bus_message_enter_container(m, 'a', "u");
			sd_bus_message_read_basic(m, 'u', pid);
			sd_bus_message_exit_container(m);
			say(" [ one ]");
		} else {
			print_value(m, contents);
		}
		say("\n");
		sd_bus_message_exit_container(m);
		sd_bus_message_exit_container(m);
	}
	sd_bus_message_exit_container(m);
	return 0;
}

static int reply_job(sd_bus_message *m, const char *unit)
{
	sd_bus *bus = sd_bus_message_get_bus(m);
	char path[64];
	int ret;

	snprintf(path, sizeof(path), OBJECT "/job/%u", ++job);
	ret = sd_bus_reply_method_return(m, "o", path);
	if (ret >= 0 && !has("no-job"))
		ret = sd_bus_emit_signal(bus, OBJECT, NAME ".Manager", "JobRemoved", "uoss", job, path,
					 unit, has("failed") ? "failed" : "done");
	return ret;
}

static int on_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	char slice[256] = "system.slice";
	const char *unit, *how;
	uint32_t pid = 0;
	int ret;

	(void)userdata;
	sd_bus_message_read(m, "ss", &unit, &how);
	say("StartTransientUnit %s %s\n", unit, how);
	ret = read_properties(m, slice, sizeof(slice), &pid, error);
	if (ret < 0 || has("hang"))
		return ret < 0 ? ret : 1;
	if (has("exists"))
		return sd_bus_error_setf(error, NAME ".UnitExists", "Unit %s was already loaded or has "
					 "a fragment file.", unit);
	if (has("refuse"))
		return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "Access denied");
	if (!has("failed"))
		move_in(slice, unit, pid);
	return reply_job(m, unit);
}

/* Of a user's manager, which has its scopes in user.slice. */
static int on_attach(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *unit, *below;
	char path[256];
	uint32_t pid;

	(void)userdata;
	sd_bus_message_read(m, "ssau", &unit, &below, 1, &pid);
	say("AttachProcessesToUnit %s \"%s\"\n", unit, below);
	if (has("attach-refuse"))
		return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "Permission denied");
	snprintf(path, sizeof(path), "%s%s%s", unit, *below && *below != '/' ? "/" : "", below);
	move_in("user.slice", path, pid);
	return sd_bus_reply_method_return(m, "");
}

static int on_unit(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(m), *unit = "";

	(void)userdata;
	sd_bus_message_read(m, "s", &unit);
	say("%s %s\n", member, unit);
	if (has("hang") || has("hang-stop"))
		return 1;
	if (strcmp(member, "StopUnit") == 0)
		return has("refuse") ? sd_bus_error_setf(error, NAME ".NoSuchUnit", "Unit %s not loaded.",
							 unit) : reply_job(m, unit);
	if (strcmp(member, "GetUnit") == 0)
		return sd_bus_reply_method_return(m, "o", OBJECT "/unit/x");
	return sd_bus_reply_method_return(m, "");
}

static int on_set(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	char slice[256];
	const char *unit;
	int runtime, ret;
	uint32_t pid;

	(void)userdata;
	sd_bus_message_read(m, "sb", &unit, &runtime);
	say("SetUnitProperties %s %d\n", unit, runtime);
	ret = read_properties(m, slice, sizeof(slice), &pid, error);
	if (has("set-refuse"))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Value out of range");
	return ret < 0 ? ret : has("hang") || has("hang-stop") ? 1 : sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", on_start, 0),
	SD_BUS_METHOD("AttachProcessesToUnit", "ssau", "", on_attach, 0),
	SD_BUS_METHOD("StopUnit", "ss", "o", on_unit, 0),
	SD_BUS_METHOD("ResetFailedUnit", "s", "", on_unit, 0),
	SD_BUS_METHOD("GetUnit", "s", "o", on_unit, 0),
	SD_BUS_METHOD("SetUnitProperties", "sba(sv)", "", on_set, 0),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END
};

/* Serve one connection to its end, in a child of its own. */
static int serve(int fd)
{
	sd_id128_t id = { .qwords = { 1, 2 } };
	sd_bus *bus = NULL;
	int ret;

	if (has("hang-connect"))
		for (;;)
			pause();
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, OBJECT, NAME ".Manager", vtable, NULL) < 0 ||
	    sd_bus_start(bus) < 0)
		return 1;
	do {
		ret = sd_bus_process(bus, NULL);
		if (ret == 0)
			ret = sd_bus_wait(bus, UINT64_MAX);
	} while (ret >= 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener;

	if (argc != 5) {
		fprintf(stderr, "usage: fakesystemd SOCKET LOG MODE CGROUP2-MOUNT\n");
		return 2;
	}
	mode = argv[3];
	root = argv[4];
	log_file = fopen(argv[2], "ae");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]);
	unlink(argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!log_file || listener < 0 || bind(listener, (void *)&addr, sizeof(addr)) < 0 ||
	    listen(listener, 16) < 0) {
		perror("fakesystemd");
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(serve(fd));
		}
		close(fd);
	}
}
