/*
 * A network without privilege: pasta (passt.top), which speaks to the container through a tap
 * device and to the world through ordinary sockets of the caller.
 *
 * It is started while husk-init waits, goes into the background by itself, and ends with the
 * container's network namespace; its pid and start time are kept so that `delete` need not wait
 * for that.
 *
 * Uses: attach.h, child.h, fs.h.    Used by: attach.c.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "namespaces/net/attach.h"
#include "runtime/base/child.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

enum { SECONDS = 30, MAX_ARGS = 24 };

/* Not along $PATH: it gets to see all that the container sends. */
static const char *const places[] = { "/usr/bin/pasta", "/usr/local/bin/pasta", "/bin/pasta" };

static const char *find_pasta(struct husk_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct stat st;

		if (stat(places[i], &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
		    !(st.st_mode & 022) && access(places[i], X_OK) == 0)
			return places[i];
	}
	(void)err_new(err, HUSK_E_UNSUPPORTED, ENOENT, "there is no program pasta at /usr/bin, "
		      "/usr/local/bin or /bin that belongs to root and only root can write");
	(void)err_hint(err, "install it (Debian: apt install passt), or use --network none");
	return NULL;
}

/* pasta's own way of saying "[IP/]HOST:CONTAINER,...", or "none". */
static char *ports(const struct ns_network *net, uint8_t protocol)
{
	struct str out = { 0 };

	for (size_t i = 0; i < net->n_publish; i++) {
		const struct net_publish *p = &net->publish[i];
		char text[NET_TEXT];

		if (p->protocol != protocol)
			continue;
		str_printf(&out, "%s%s%s%u:%u", out.len ? "," : "",
			   p->host.family ? net_address_text(&p->host, text) : "",
			   p->host.family ? "/" : "", p->host_port, p->port);
	}
	if (!out.len)
		str_add(&out, "none");
	return str_take(&out);
}

static int write_record(int dir_fd, pid_t pid, struct husk_error *err)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "pasta %d %llu\n", pid,
		       (unsigned long long)(pid ? proc_start_time(pid) : 0));
	return fs_write_new(dir_fd, "network", text, strlen(text), 0600, err);
}

/* Its standard input is the network namespace: see net_pasta_start(). */
static int run_pasta(char *const argv[], int netns, struct husk_error *err)
{
	static char *const env[] = { NULL };
	struct child child = { .path = argv[0], .argv = argv, .env = env, .cwd = "/", .in = netns,
			       .out = -1, .err = -1, .seconds = SECONDS };
	char tail[200];
	siginfo_t si;
	int ret = child_run(&child, &si, tail, sizeof(tail), err);

	if (ret < 0)
		return err_ctx(err, "pasta");
	if (si.si_code == CLD_EXITED && si.si_status == 0)
		return 0;
	(void)err_new(err, HUSK_E_SYSTEM, EIO, "%s: %s %d%s%s", argv[0],
		      si.si_code == CLD_EXITED ? "exit status" : "killed by signal", si.si_status,
		      tail[0] ? ": " : "", tail);
	return access("/dev/net/tun", R_OK | W_OK) == 0 ? -err->sys : err_hint(err,
		"it needs /dev/net/tun, which this user may not open; its mode is usually 0666");
}

static int read_pid(const char *path, pid_t *out, struct husk_error *err)
{
	cleanup_free char *text = NULL;

	if (fs_read(AT_FDCWD, path, 64, &text, NULL, err) < 0)
		return err_ctx(err, "pasta");
	*out = (pid_t)strtol(text, NULL, 10);
	(void)unlink(path);
	return *out > 1 ? 0 : err_new(err, HUSK_E_SYSTEM, EIO, "pasta wrote no pid");
}

/*
 * The init's namespaces, by its netlink socket: it is not dumpable, so nobody without privilege opens
 * its /proc/PID/ns.  pasta opens the user namespace below our /proc/PID/fd, and from inside that,
 * where ours is out of reach, the network namespace as its own standard input.
 */
static int open_namespaces(int netlink_fd, int *netns, int *userns, struct husk_error *err)
{
	*netns = ioctl(netlink_fd, SIOCGSKNS);
	if (*netns < 0)
		return err_sys(err, "ioctl(SIOCGSKNS) on the container's netlink socket");
	*userns = ioctl(*netns, NS_GET_USERNS);
	return *userns < 0 ? err_sys(err, "ioctl(NS_GET_USERNS)") : 0;
}

int net_pasta_start(const struct ns_network *net, const struct ns_network_place *place,
		    int netlink_fd, struct husk_error *err)
{
	cleanup_close int netns_fd = -1, userns_fd = -1;
	cleanup_free char *tcp = ports(net, IPPROTO_TCP), *udp = ports(net, IPPROTO_UDP);
	cleanup_free char *pid_file = NULL;
	char userns[40], mtu[16];
	const char *pasta = find_pasta(err);
	char *argv[MAX_ARGS] = { (char *)pasta, "--quiet", "--config-net", "--no-map-gw" };
	size_t n = 4;
	pid_t own = 0;

	if (!pasta)
		return err_ctx(err, "network");
	if (place->privileged)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "network: pasta is for users without "
			       "privilege; as root there is veth, and it is faster");
	if (open_namespaces(netlink_fd, &netns_fd, &userns_fd, err) < 0)
		return err_ctx(err, "network");
	if (asprintf(&pid_file, "%s/%s/pasta.pid", place->root, place->id) < 0 || !tcp || !udp)
		return err_nomem(err, "pasta");
	(void)snprintf(userns, sizeof(userns), "/proc/%d/fd/%d", getpid(), userns_fd);
	(void)snprintf(mtu, sizeof(mtu), "%u", net->mtu);
	/* Without -T and -U the container would reach what listens on our 127.0.0.1. */
	char *const more[] = { "-t", tcp, "-u", udp, "-T", "none", "-U", "none", "-P", pid_file,
			       "--ns-ifname", (char *)net->name,
			       "--netns", "/proc/self/fd/0", "--userns", userns };
	memcpy(argv + n, more, sizeof(more));
	n += ARRAY_SIZE(more);
	if (net->mtu) {
		argv[n++] = "--mtu";
		argv[n++] = mtu;
	}
	if (write_record(place->dir_fd, 0, err) < 0 || run_pasta(argv, netns_fd, err) < 0 ||
	    read_pid(pid_file, &own, err) < 0)
		return err_ctx(err, "network");
	return write_record(place->dir_fd, own, err);
}

int net_pasta_addresses(struct ns_network *net, int netlink_fd, struct husk_error *err)
{
	cleanup_mnl struct mnl mnl = { 0 };
	struct nl_socket inside;
	struct nl_device dev;
	int ret;

	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&inside, &mnl, netlink_fd, err) < 0)
		return -err->sys;
	ret = nl_find_device(&inside, net->name, 0, &dev);
	if (ret == 0)
		ret = net_get_addresses(&inside, dev.index, net->has);
	return ret < 0 ? net_failed(err, ret, "read the addresses of the container's", net->name) : 0;
}

/* A caller that was killed knows no start time; then the name must do. */
static bool is_pasta(pid_t pid)
{
	cleanup_free char *name = NULL;
	struct husk_error ignored;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	return fs_read(AT_FDCWD, path, 64, &name, NULL, &ignored) == 0 &&
	       (str_starts(name, "pasta") || str_starts(name, "passt"));
}

void net_pasta_stop(int dir_fd, pid_t pid, unsigned long long start)
{
	cleanup_close int pidfd = -1;
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	if (pid <= 1 && fs_read(dir_fd, "pasta.pid", 64, &text, NULL, &ignored) == 0)
		pid = (pid_t)strtol(text, NULL, 10);
	if (pid > 1)
		pidfd = sys_pidfd_open(pid, 0);
	/* The number may be another process's by now. */
	if (pidfd >= 0 && is_pasta(pid) && (!start || proc_start_time(pid) == start))
		(void)sys_pidfd_send_signal(pidfd, SIGTERM, 0);
}
