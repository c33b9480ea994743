/*
 * The text of sd_notify(3) messages, and which of it a container may say to the host's manager.
 *
 * Uses: nothing.    Used by: notify.c.
 */
#ifndef HUSK_RUNTIME_NOTIFY_LINES_H
#define HUSK_RUNTIME_NOTIFY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* systemd ignores messages that are longer than this. */
enum { NOTIFY_MAX_TEXT = 4096, NOTIFY_MAIN_PID_TEXT = 32 };

/* Whom the message is about; see notify_pid.c. */
struct notify_from {
	pid_t init;	/* the container's, in our pid namespace */
	pid_t sender;	/* the same for who sent it; 0: unknown */
	/* Our pid of the container's process @pid, or 0. */
	pid_t (*host_pid)(const struct notify_from *from, pid_t pid);
};

struct notify_message {
	char text[NOTIFY_MAX_TEXT + NOTIFY_MAIN_PID_TEXT];
	size_t len;
	bool ready;		/* READY=1 is in it */
	bool takes_fds;		/* FDSTORE=1 or BARRIER=1: descriptors that came with it go on */
	pid_t main_pid;		/* MAINPID that it announces, or 0 */
};

/*
 * What of the @len bytes at @in goes on, lines in their order.  MAINPID is translated, left out when
 * it names no process of the container, and added to READY=1 as runc does, because a program in a pid
 * namespace does not know its own.  false: nothing is left, or the message is malformed.
 */
bool notify_translate(const char *in, size_t len, const struct notify_from *from,
		      struct notify_message *out);

/* A struct notify_from's host_pid: pids of the pid namespace that the container's init is in. */
pid_t notify_host_pid(const struct notify_from *from, pid_t pid);

#endif /* HUSK_RUNTIME_NOTIFY_LINES_H */
