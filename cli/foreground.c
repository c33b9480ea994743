/*
 * A process in the foreground: "run" and "exec" without --detach.
 *
 * Everything is one poll(2) loop without timeouts.  Without a terminal it watches at most three
 * descriptors: the process's pidfd, a signalfd, and where its notifications arrive.  With one, it
 * also copies between the master and our stdin and stdout, at most one buffer each way, and never
 * blocks in a write: our own streams are left in blocking mode, because they share it with whoever
 * gave them to us, and are written only as far as poll(2) says they will take it.
 *
 * Uses: husk.h.    Used by: cmd_run.c, cmd_exec.c.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

/* A pipe or a terminal that poll(2) calls writable takes this much at once (PIPE_BUF). */
enum { CHUNK = 4096 };

/* One direction of the copy. */
struct pump {
	int from, to;		/* from is -1 after end of file */
	bool discard;		/* nobody reads @to any more: let the other side write on */
	size_t begin, end;	/* what of buf is still to be written */
	char last;		/* the last byte read */
	char buf[CHUNK];
};

/* Our side of a container's terminal.  Zero but for the descriptors: nothing to restore. */
struct terminal {
	int master;
	int slave;		/* never used; while it is open the master does not hang up */
	bool raw;
	struct termios saved;	/* of our stdin */
	struct pump in, out;
};

enum {
	POLL_PROCESS, POLL_SIGNALS, POLL_NOTIFY, POLL_STDIN, POLL_STDOUT, POLL_MASTER, POLL_COUNT
};

static int sys_error(struct husk_error *err, const char *what)
{
	return husk_error_set(err, HUSK_E_SYSTEM, errno, "%s: %s", what, strerror(errno));
}

/* ---- terminal -------------------------------------------------------------- */

static int our_terminal(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd))
			return fd;
	}
	return -1;
}

/* Give the container's terminal the size of ours. */
static void copy_size(int master)
{
	int ours = our_terminal();
	struct winsize size;

	if (ours >= 0 && ioctl(ours, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		(void)ioctl(master, TIOCSWINSZ, &size);
}

static int terminal_init(struct terminal *t, int master, struct husk_error *err)
{
	struct termios raw;
	int flags = fcntl(master, F_GETFL);

	t->master = master;
	t->in = (struct pump){ .from = STDIN_FILENO, .to = master };
	t->out = (struct pump){ .from = master, .to = STDOUT_FILENO };
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return sys_error(err, "console master");
	/*
	 * A program may close its terminal and open it again later (systemd does).  In between the
	 * master would report a hang-up without end.
	 */
	t->slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	copy_size(master);

	if (tcgetattr(STDIN_FILENO, &t->saved) < 0)
		return 0;	/* not a terminal: nothing to change */
	raw = t->saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return sys_error(err, "set terminal to raw mode");
	t->raw = true;
	return 0;
}

static void terminal_done(struct terminal *t)
{
	sigset_t set;

	if (t->raw) {
		/* We may be in the background by now: do not stop, restore. */
		(void)sigemptyset(&set);
		(void)sigaddset(&set, SIGTTOU);
		(void)sigprocmask(SIG_BLOCK, &set, NULL);
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
	}
	if (t->slave >= 0)
		(void)close(t->slave);
}

/* ---- copying ---------------------------------------------------------------- */

static bool pump_empty(const struct pump *p)
{
	return p->begin == p->end;
}

/* Returns false when there is no more to come, now or ever; *eof tells which. */
static bool pump_read(struct pump *p, bool *eof)
{
	ssize_t n;

	do
		n = read(p->from, p->buf, sizeof(p->buf));
	while (n < 0 && errno == EINTR);
	*eof = n == 0 || (n < 0 && errno != EAGAIN);
	if (n <= 0)
		return false;
	p->begin = 0;
	p->end = (size_t)n;
	p->last = p->buf[n - 1];
	return true;
}

static void pump_write(struct pump *p)
{
	ssize_t n = p->discard ? (ssize_t)(p->end - p->begin) :
				 write(p->to, p->buf + p->begin, p->end - p->begin);

	if (n >= 0) {
		p->begin += (size_t)n;
	} else if (errno != EAGAIN && errno != EINTR) {
		p->discard = true;
		p->begin = p->end;
	}
}

/*
 * Our stdin has ended, and the container's terminal cannot: type what means end of file there.
 * A line that was begun needs it twice, the first one only sends the line off.
 */
static void type_eof(struct terminal *t)
{
	struct pump *p = &t->in;
	struct termios tio;
	bool partial = p->last && p->last != '\n';

	if (tcgetattr(t->master, &tio) < 0 || !(tio.c_lflag & ICANON))
		return;
	p->buf[0] = p->buf[1] = (char)tio.c_cc[VEOF];
	p->begin = 0;
	p->end = partial ? 2 : 1;
}

static void serve_stdin(struct terminal *t)
{
	bool eof;

	if (!pump_read(&t->in, &eof) && eof) {
		t->in.from = -1;
		/* A terminal ends by hanging up: then SIGHUP tells the container. */
		if (!t->raw)
			type_eof(t);
	}
	if (!pump_empty(&t->in))
		pump_write(&t->in);
}

static void serve_master(struct terminal *t, short events)
{
	bool eof;

	if ((events & POLLOUT) && !pump_empty(&t->in))
		pump_write(&t->in);
	if ((events & ~POLLOUT) && pump_empty(&t->out) && !pump_read(&t->out, &eof) && eof)
		t->out.from = -1;
}

/* ---- signals ---------------------------------------------------------------- */

int cli_foreground_begin(struct cli *cli, struct husk_error *err)
{
	/* Not SIGCHLD, which is about us; stopping for the terminal is about us, too. */
	static const int ours[] = { SIGCHLD, SIGTTIN, SIGTTOU };
	sigset_t set;
	int fd;

	(void)sigfillset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		(void)sigdelset(&set, ours[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return sys_error(err, "signalfd");
	cli->keeps_signals = sigprocmask(SIG_SETMASK, &set, &cli->mask) == 0;
	return fd;
}

/* @t is NULL without a terminal. */
static void serve_signals(int signal_fd, int pidfd, const struct terminal *t)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		/* Our own write to a closed pipe: not the container's business. */
		if (info.ssi_signo == SIGPIPE && info.ssi_pid == (uint32_t)getpid())
			continue;
		if (info.ssi_signo == SIGWINCH && t)
			copy_size(t->master);
		else
			(void)syscall(SYS_pidfd_send_signal, pidfd, info.ssi_signo, NULL, 0);
	}
}

/* Is there a signal that asks us to end? */
static bool told_to_end(int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGINT ||
		    info.ssi_signo == SIGQUIT || info.ssi_signo == SIGTERM)
			return true;
	}
	return false;
}

/*
 * The process is gone; what it wrote last is still in the terminal.  Signals are for us now, in
 * case nobody reads our stdout.
 */
static void drain(struct terminal *t, int signal_fd)
{
	bool eof;

	t->out.from = t->master;
	do {
		while (!pump_empty(&t->out)) {
			struct pollfd polls[] = {
				{ .fd = t->out.to, .events = POLLOUT },
				{ .fd = signal_fd, .events = POLLIN },
			};

			if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR)
				return;
			if (polls[1].revents && told_to_end(signal_fd))
				return;
			if (polls[0].revents)
				pump_write(&t->out);
		}
	} while (pump_read(&t->out, &eof));
}

/* ---- the loop ---------------------------------------------------------------- */

static void watch_terminal(const struct terminal *t, struct pollfd *polls)
{
	short master = 0;

	if (t->in.from >= 0 && pump_empty(&t->in))
		polls[POLL_STDIN] = (struct pollfd){ .fd = t->in.from, .events = POLLIN };
	if (!pump_empty(&t->out))
		polls[POLL_STDOUT] = (struct pollfd){ .fd = t->out.to, .events = POLLOUT };
	if (!pump_empty(&t->in))
		master |= POLLOUT;
	if (t->out.from >= 0 && pump_empty(&t->out))
		master |= POLLIN;
	if (master)
		polls[POLL_MASTER] = (struct pollfd){ .fd = t->master, .events = master };
}

static void serve_terminal(struct terminal *t, const struct pollfd *polls)
{
	if (polls[POLL_STDOUT].revents)
		pump_write(&t->out);
	if (polls[POLL_STDIN].revents)
		serve_stdin(t);
	if (polls[POLL_MASTER].revents)
		serve_master(t, polls[POLL_MASTER].revents);
}

/* What the loop serves. */
struct foreground {
	int signal_fd;
	struct husk_process *process;
	const char *notify_socket;
	struct terminal *t;		/* NULL without a terminal */
};

/* The container goes on without a service manager. */
static void serve_notify(const struct foreground *f)
{
	struct husk_process *p = f->process;
	struct husk_error ignored;

	if (p->notify >= 0 && husk_notify_forward(p, f->notify_socket, &ignored) < 0) {
		(void)close(p->notify);
		p->notify = -1;
	}
}

/* Returns when the process has ended. */
static int serve(const struct foreground *f, struct husk_error *err)
{
	int signal_fd = f->signal_fd, pidfd = f->process->pidfd;
	struct terminal *t = f->t;

	for (;;) {
		struct pollfd polls[POLL_COUNT] = {
			[POLL_PROCESS] = { .fd = pidfd, .events = POLLIN },
			[POLL_SIGNALS] = { .fd = signal_fd, .events = POLLIN },
			[POLL_NOTIFY] = { .fd = f->process->notify, .events = POLLIN },
			[POLL_STDIN] = { .fd = -1 },
			[POLL_STDOUT] = { .fd = -1 },
			[POLL_MASTER] = { .fd = -1 },
		};

		if (t)
			watch_terminal(t, polls);
		if (poll(polls, t ? POLL_COUNT : POLL_STDIN, -1) < 0) {
			if (errno == EINTR)
				continue;
			return sys_error(err, "poll");
		}
		if (polls[POLL_SIGNALS].revents)
			serve_signals(signal_fd, pidfd, t);
		/* Once more at the end: its last words. */
		if (polls[POLL_NOTIFY].revents || polls[POLL_PROCESS].revents)
			serve_notify(f);
		if (t)
			serve_terminal(t, polls);
		if (polls[POLL_PROCESS].revents)
			return 0;
	}
}

static int exit_code(int pidfd, struct husk_error *err)
{
	siginfo_t info = { 0 };
	int ret;

	do
		ret = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return sys_error(err, "wait for the container's process");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static int serve_with_terminal(struct foreground *f, struct husk_error *err)
{
	struct terminal t = { .slave = -1 };
	int ret;

	f->t = &t;
	ret = terminal_init(&t, f->process->console, err);
	if (ret == 0)
		ret = serve(f, err);
	if (ret == 0)
		drain(&t, f->signal_fd);
	f->t = NULL;
	terminal_done(&t);
	return ret;
}

int cli_foreground_wait(int signal_fd, struct husk_process *process, const char *notify_socket,
			struct husk_error *err)
{
	struct foreground f = {
		.signal_fd = signal_fd, .process = process, .notify_socket = notify_socket,
	};
	cleanup_close int pidfd = process->pidfd;
	cleanup_close int console = process->console;
	int ret;

	if (console >= 0)
		ret = serve_with_terminal(&f, err);
	else
		ret = serve(&f, err);
	if (process->notify >= 0)
		(void)close(process->notify);
	process->pidfd = process->console = process->notify = -1;
	return ret < 0 ? ret : exit_code(pidfd, err);
}
