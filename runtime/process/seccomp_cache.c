/*
 * Compiled seccomp filters, kept in files: compiling a usual profile takes milliseconds.
 *
 *   file "HASH.bpf": struct header | key | filter
 *
 * The key is the profile itself, every list with its length in front and every string with its end,
 * and what compiled it; it is compared in full, so that neither a collision of the hash nor strings
 * that only look the same when joined can give a container the filter of another (a crun bug).  A
 * file that anybody else could have written is not used; one that is damaged is compiled anew.
 *
 * Uses: runtime/base, libseccomp (version).    Used by: seccomp.c.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/process/native_arch.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_cache.h"

/* Change with everything in seccomp_compile.c and seccomp_shrink.c that changes the filter. */
#define FORMAT "husk seccomp 3"

/* Below the state directory; no container can have this name, for the tilde. */
#define CACHE_DIR "~seccomp"

enum { MAX_FILE = 8 << 20, USUAL_KEY = 8000 };	/* that of Docker's profile has 5000 bytes */

struct header {
	char magic[16];
	uint64_t key_len, filter_len, checksum;	/* checksum: of the filter */
};

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;	/* the high bits of a word must reach the low ones */
}

/* FNV-1a, by words of eight bytes: a name for a file, and enough to notice damage. */
static uint64_t hash(const char *data, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), word;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));	/* a load, as the length is known */
		h = mix(h, word);
	}
	word = 0;
	memcpy(&word, data, len);
	return len ? mix(h, word) : h;
}

/* ---- key ------------------------------------------------------------------ */

static void add_number(struct str *b, uint64_t n)
{
	str_add_n(b, (const char *)&n, sizeof(n));
}

static void add_string(struct str *b, const char *s)
{
	str_add_n(b, s, strlen(s) + 1);
}

static void add_strings(struct str *b, const char *const *v, size_t n)
{
	add_number(b, n);
	for (size_t i = 0; i < n; i++)
		add_string(b, v[i]);
}

static void add_rule(struct str *b, const struct oci_seccomp_rule *r)
{
	add_strings(b, r->names, r->n_names);
	add_number(b, r->action);
	add_number(b, r->has_errno_ret);
	add_number(b, r->has_errno_ret ? r->errno_ret : 0);
	add_number(b, r->n_args);
	for (size_t i = 0; i < r->n_args; i++) {
		add_number(b, r->args[i].index);
		add_number(b, (uint64_t)(int64_t)r->args[i].op);
		add_number(b, r->args[i].value);
		add_number(b, r->args[i].value_two);
	}
}

char *seccomp_cache_key(const struct oci_seccomp *s, size_t *len)
{
	cleanup_str struct str b = { 0 };

	str_reserve(&b, USUAL_KEY);
	add_string(&b, FORMAT);
	/* The library is linked statically: it is the header's. */
	add_number(&b, SCMP_VER_MAJOR);
	add_number(&b, SCMP_VER_MINOR);
	add_number(&b, SCMP_VER_MICRO);
	add_number(&b, NATIVE_ARCH);
	add_number(&b, s->default_action);
	add_number(&b, s->has_default_errno_ret);
	add_number(&b, s->has_default_errno_ret ? s->default_errno_ret : 0);
	add_strings(&b, s->architectures, s->n_architectures);
	add_number(&b, s->n_rules);
	for (size_t i = 0; i < s->n_rules; i++)
		add_rule(&b, &s->rules[i]);
	*len = b.len;
	return str_take(&b);
}

/* ---- files ---------------------------------------------------------------- */

static void file_name(const char *key, size_t key_len, char *out, size_t size)
{
	(void)snprintf(out, size, "%016" PRIx64 ".bpf", hash(key, key_len));
}

/* Ours alone to write? */
static bool is_trusted(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

/* The filter inside @file, or NULL when it is not what @key compiles to. */
static const char *find_filter(const char *file, size_t len, const char *key, size_t key_len,
			       size_t *filter_len)
{
	struct header h;
	const char *filter;

	if (len < sizeof(h))
		return NULL;
	memcpy(&h, file, sizeof(h));
	if (strncmp(h.magic, FORMAT, sizeof(h.magic)) != 0 || h.key_len != key_len ||
	    key_len > len - sizeof(h) || h.filter_len != len - sizeof(h) - key_len ||
	    h.filter_len == 0 || h.filter_len % sizeof(struct sock_filter) != 0 ||
	    h.filter_len > BPF_MAXINSNS * sizeof(struct sock_filter))
		return NULL;
	filter = file + sizeof(h) + key_len;
	if (memcmp(file + sizeof(h), key, key_len) != 0 ||
	    hash(filter, (size_t)h.filter_len) != h.checksum)
		return NULL;
	*filter_len = (size_t)h.filter_len;
	return filter;
}

bool seccomp_cache_get(int dir_fd, const char *key, size_t key_len, void **out, size_t *n_bytes)
{
	cleanup_close int fd = -1;
	cleanup_free char *file = NULL;
	struct husk_error err = { 0 };
	const char *filter;
	size_t len, filter_len;
	char name[32];

	file_name(key, key_len, name, sizeof(name));
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (!is_trusted(fd)) {
		log_debug("seccomp cache: others may write %s, ignoring", name);
		return false;
	}
	if (fs_read_fd(fd, name, MAX_FILE, &file, &len, &err) < 0)
		return false;
	filter = find_filter(file, len, key, key_len, &filter_len);
	if (!filter)
		return false;
	memmove(file, filter, filter_len);
	*out = take_ptr(&file);
	*n_bytes = filter_len;
	return true;
}

void seccomp_cache_put(int dir_fd, const char *key, size_t key_len, const void *filter,
		       size_t n_bytes)
{
	struct header h = { .magic = FORMAT, .key_len = key_len, .filter_len = n_bytes,
			    .checksum = hash(filter, n_bytes) };
	cleanup_str struct str b = { 0 };
	struct husk_error err = { 0 };
	char name[32];

	file_name(key, key_len, name, sizeof(name));
	str_add_n(&b, (const char *)&h, sizeof(h));
	str_add_n(&b, key, key_len);
	str_add_n(&b, filter, n_bytes);
	if (b.failed || fs_replace(dir_fd, name, b.s, b.len, 0600, &err) < 0)
		log_debug("seccomp cache: cannot write %s: %s", name, err.msg);
}

/* The directory below @root, made if need be; -1: there is none to be had. */
static int open_dir(const char *root)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	cleanup_free char *path = NULL;
	struct husk_error ignored;
	int fd;

	if (!root || asprintf(&path, "%s/" CACHE_DIR, root) < 0) {
		path = NULL;
		return -1;
	}
	fd = open(path, flags);
	if (fd < 0 && errno == ENOENT && fs_mkdir_p(path, 0700, &ignored) == 0)
		fd = open(path, flags);
	return fd;
}

int rt_seccomp_cached(const char *root, const struct oci_seccomp *seccomp, void **out,
		      size_t *n_bytes, struct husk_error *err)
{
	/* What is ready-made is not kept there. */
	cleanup_close int dir = seccomp->bpf ? -1 : open_dir(root);

	return rt_seccomp_compile(seccomp, dir, out, n_bytes, err);
}
