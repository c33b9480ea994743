/*
 * What the files of the systemd manager share; nobody else includes it but cg_plan.c, cg_fs.c,
 * cg_run.c, cg_join.c, cg_events.c and cg_apply.c, for the functions of cg_systemd.c.
 *
 * systemd makes the container's cgroup: as a transient scope that is started with one process in
 * it.  It knows of the limits as properties of that unit, so that its next `daemon-reload` does not
 * undo them; what it has no property for, and everything once more in full precision, is written
 * to the files as with the cgroupfs manager.
 *
 *   cg_unit_name.c    cgroupsPath -> unit, slice and path        pure
 *   cg_props.c        writes and device rules -> properties      pure
 *   cg_props_text.c   org.systemd.property.* -> properties       pure
 *   cg_bus.c          calls to systemd, each with a deadline
 *   cg_systemd.c      start, update and stop
 *
 * Uses: cg_internal.h.    Used by: cgroups.
 */
#ifndef HUSK_CG_SYSTEMD_H
#define HUSK_CG_SYSTEMD_H

#include "cgroups/cg_internal.h"
#include "runtime/base/str.h"

/* ---- names (cg_unit_name.c) ----------------------------------------------------------------- */

struct cg_unit_name {
	const char *unit;	/* "husk-web.scope", or a slice */
	const char *slice;	/* the one it is in, "machine.slice" */
	const char *path;	/* its cgroup below the manager's, "/machine.slice/husk-web.scope" */
	bool is_slice;
};

/* @path is "SLICE:PREFIX:NAME" as runc and crun read it; NULL or "": husk-ID.scope.  @user: the
 * default slice is user.slice.  From @arena. */
int cg_unit_name(struct arena *arena, const char *path, const char *id, bool user,
		 struct cg_unit_name *out, struct husk_error *err);

/* What follows @unit in the path of a cgroup at or below the unit's: "/inner", or "". */
const char *cg_below_unit(const char *path, const char *unit);

/* The manager's own cgroup, "" for the root: that of PID 1 without "/init.scope", or of the user's
 * manager.  @pid1: text of /proc/1/cgroup; @own: text of our own. */
char *cg_manager_root(struct arena *arena, const char *pid1, const char *own, bool user, uid_t uid);

/* Where @path is below a user's systemd, "user@UID.service": is cgroup @own, too?  Else true. */
bool cg_same_manager(const char *own, const char *path);

/* ---- properties (cg_props.c, cg_props_text.c) ----------------------------------------------- */

struct cg_value {
	char type;		/* D-Bus's: one of "bynqiuxtdsog", 'a' array, 'r' structure */
	uint64_t u;		/* integers and booleans; sign-extended */
	double d;
	const char *s;
	const char *contents;	/* signature of what an array or structure holds */
	struct cg_value *items;
	size_t n;
};

struct cg_property {
	const char *name;
	struct cg_value value;
	bool optional;		/* one that older systemds do not know: done without there */
};

struct cg_props {
	struct cg_property *p;
	size_t n, cap;
	bool failed;		/* out of memory */
	struct arena *arena;
};

struct cg_property *cg_prop_add(struct cg_props *ps, const char *name, char type);
void cg_prop_u64(struct cg_props *ps, const char *name, uint64_t value);
void cg_prop_bool(struct cg_props *ps, const char *name, bool value);
void cg_prop_str(struct cg_props *ps, const char *name, const char *value);
const struct cg_property *cg_prop_find(const struct cg_props *ps, const char *name);

/* What @ws says, as far as systemd has properties for it.  @period: of cpu.max, where only the
 * quota is written. */
void cg_props_of_writes(struct cg_props *ps, const struct cg_writes *ws, uint64_t period);
/* DevicePolicy and DeviceAllow for @rules; they allow no less. */
void cg_props_of_devices(struct cg_props *ps, const struct oci_device_rule *rules, size_t n,
			 size_t n_config);
/* An annotation's value in GVariant's text format, `uint64 5`, `'text'`, `['a', 'b']`.  A name that
 * ends in "Sec" becomes "USec" with a value in microseconds, as in runc and crun. */
int cg_props_of_text(struct cg_props *ps, const char *name, const char *text,
		     struct husk_error *err);
/* "NAME=TYPE VALUE", as busctl shows values. */
void cg_prop_print(struct str *b, const struct cg_property *p);

/* ---- the bus (cg_bus.c) --------------------------------------------------------------------- */

struct cg_bus;
/* The user's manager, or the system's. */
int cg_bus_open(bool user, struct cg_bus **out, struct husk_error *err);
void cg_bus_close(struct cg_bus *bus);
/* The started unit's job is done on return. */
int cg_bus_start(struct cg_bus *bus, const char *unit, const struct cg_props *ps,
		 struct husk_error *err);
/* Likewise; 0 as well when there is no such unit. */
int cg_bus_stop(struct cg_bus *bus, const char *unit, struct husk_error *err);
/* Process @pid is in cgroup @below ("": none) of the unit's on return. */
int cg_bus_attach(struct cg_bus *bus, const char *unit, const char *below, pid_t pid,
		  struct husk_error *err);
/* What systemd had to do for it is done on return. */
int cg_bus_set(struct cg_bus *bus, const char *unit, const struct cg_props *ps,
	       struct husk_error *err);

/* ---- the manager (cg_systemd.c) ------------------------------------------------------------- */

struct cg_unit {
	struct cg_unit_name name;
	const char *path;	/* its cgroup, "/machine.slice/husk-web.scope" */
	const char *sub;	/* cgroup of v2 below it, which is the container's; or NULL */
	const char *sub_path;	/* with it; else the same as `path` */
	struct cg_props extra;	/* from annotations */
};

/* Fill in the plan's unit. */
int cg_systemd_plan(struct cg_plan *plan, const struct oci_linux *linux_, struct husk_error *err);
/* Start @cg's unit with process @pid. */
int cg_systemd_start(const struct cg_plan *plan, const struct cgroup *cg, pid_t pid,
		     struct husk_error *err);
/* pids.max, once written, has room for @pid beside the container until cg_settle(). */
int cg_systemd_lend(const struct cg_plan *plan, const struct cgroup *cg, struct husk_error *err);
int cg_systemd_stop(const struct cgroup *cg, struct husk_error *err);
/* Tell systemd of new limits; @rules may be none. */
int cg_systemd_update(struct cgroup *cg, const struct cg_writes *ws,
		      const struct oci_device_rule *rules, size_t n, size_t n_config,
		      struct husk_error *err);

#endif /* HUSK_CG_SYSTEMD_H */
