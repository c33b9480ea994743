/*
 * Handing over a seccomp listener: see seccomp_notify.h.
 *
 * Uses: socket.c.    Used by: serve.c.
 */
#include "runtime/process/seccomp_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/socket.h"

/* {"ociVersion", "fds": ["seccompFd"], "pid", "metadata", "state": {...}} */
static char *process_state(const struct oci_seccomp *s, const struct oci_state *state)
{
	cleanup_free char *inner = oci_state_public(state, "creating", false);
	cleanup_str struct str out = { 0 };

	if (!inner)
		return NULL;
	str_add(&out, "{\"ociVersion\":");
	str_add_json(&out, HUSK_SPEC_VERSION);
	str_printf(&out, ",\"fds\":[\"seccompFd\"],\"pid\":%d", state->pid);
	if (s->listener_metadata) {
		str_add(&out, ",\"metadata\":");
		str_add_json(&out, s->listener_metadata);
	}
	str_add(&out, ",\"state\":");
	str_add(&out, inner);
	str_add(&out, "}");
	return str_take(&out);
}

void rt_seccomp_receiver(struct oci_config *config, const char *path)
{
	struct oci_seccomp *s = config->linux_.seccomp;

	if (path && s && !s->listener_path)
		s->listener_path = path;
}

int rt_send_seccomp_fd(const struct oci_config *config, const struct oci_state *state, int fd,
		       struct husk_error *err)
{
	const struct oci_seccomp *s = config->linux_.seccomp;
	cleanup_free char *text = NULL;
	cleanup_close int sock = -1;

	if (!s || !s->listener_path)
		return err_config(err, "/linux/seccomp/listenerPath",
				  "missing: SCMP_ACT_NOTIFY needs an agent that listens");
	text = process_state(s, state);
	if (!text)
		return err_nomem(err, "container process state");
	sock = sock_connect(AT_FDCWD, s->listener_path, SOCK_STREAM, err);
	if (sock < 0 || sock_send_fd(sock, text, strlen(text), fd, err) < 0)
		return err_ctx(err, "seccomp listener %s", s->listener_path);
	return 0;
}
