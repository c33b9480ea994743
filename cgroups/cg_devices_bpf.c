/*
 * Device rules on cgroup v2: a BPF program of type CGROUP_DEVICE, attached to the cgroup.
 *
 * The program looks at the rules from the last to the first.  A register holds the kinds of access
 * still to be decided; an "allow" that matches the device takes its kinds out, and when none are
 * left the answer is yes; a "deny" that matches one of those left is no; so is the end.
 *
 * Uses: bpf(2).    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <linux/bpf.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

#define PROG_NAME "husk_devices"

/* R1 is the context; what it holds goes into these. */
enum { R_RESULT = BPF_REG_0, R_CTX = BPF_REG_1, R_TYPE = BPF_REG_2, R_ACCESS = BPF_REG_3,
       R_MAJOR = BPF_REG_4, R_MINOR = BPF_REG_5 };

struct program {
	struct bpf_insn *insn;
	size_t n;
};

static void emit(struct program *p, unsigned code, unsigned dst, unsigned src, int off, int32_t imm)
{
	p->insn[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = (uint8_t)(dst & 15),
		.src_reg = (uint8_t)(src & 15),
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void emit_load(struct program *p, unsigned dst, size_t offset)
{
	emit(p, BPF_LDX | BPF_W | BPF_MEM, dst, R_CTX, (int)offset, 0);
}

static void emit_return(struct program *p, int value)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, R_RESULT, 0, 0, value);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_rule(struct program *p, const struct oci_device_rule *r)
{
	int32_t access = (r->read ? BPF_DEVCG_ACC_READ : 0) |
			 (r->write ? BPF_DEVCG_ACC_WRITE : 0) |
			 (r->mknod ? BPF_DEVCG_ACC_MKNOD : 0);
	size_t jumps[5], n = 0;

	if (!access)
		return;
	if (r->type != 'a') {
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_TYPE, 0, 0,
		     r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	if (r->major != -1) {
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_MAJOR, 0, 0, (int32_t)r->major);
	}
	if (r->minor != -1) {
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_MINOR, 0, 0, (int32_t)r->minor);
	}
	if (r->allow) {
		emit(p, BPF_ALU64 | BPF_AND | BPF_K, R_ACCESS, 0, 0, ~access);
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_ACCESS, 0, 0, 0);
		emit_return(p, 1);
	} else {
		emit(p, BPF_JMP | BPF_JSET | BPF_K, R_ACCESS, 0, 1, access);
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		emit_return(p, 0);
	}
	/* On to the next rule. */
	for (size_t i = 0; i < n; i++)
		p->insn[jumps[i]].off = (int16_t)(p->n - jumps[i] - 1);
}

static bool is_deny_all(const struct oci_device_rule *r)
{
	return !r->allow && r->type == 'a' && r->major == -1 && r->minor == -1 && r->read &&
	       r->write && r->mknod;
}

int cg_device_program(struct arena *arena, const struct oci_device_rule *rules, size_t n,
		      struct bpf_insn **out, size_t *n_insns, struct husk_error *err)
{
	enum { HEAD = 6, PER_RULE = 7, TAIL = 2 };
	struct program p = {
		.insn = arena_array(arena, HEAD + n * PER_RULE + TAIL, sizeof(*p.insn)),
	};

	if (!p.insn)
		return err_nomem(err, "device rules");
	emit_load(&p, R_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
	emit(&p, BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(&p, BPF_ALU64 | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	emit_load(&p, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(&p, R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	/* "Deny everything" is what the end says; the rules before it cannot matter. */
	while (n-- > 0 && !is_deny_all(&rules[n]))
		emit_rule(&p, &rules[n]);
	emit_return(&p, 0);
	*out = p.insn;
	*n_insns = p.n;
	return 0;
}

/* ---- bpf(2) --------------------------------------------------------------------------------- */

static int load(const struct bpf_insn *prog, size_t n)
{
	static const char license[] = "GPL";
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)prog;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t)license;
	memcpy(attr.prog_name, PROG_NAME, sizeof(PROG_NAME));
	return sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(int dir_fd, int prog, int replace)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)dir_fd;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replace >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replace;
	}
	return sys_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr));
}

/* Is program @fd one that husk loaded? */
static bool is_ours(int fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0 && strcmp(info.name, PROG_NAME) == 0;
}

/* The program that an earlier call attached; -1: none.  Others (an engine's) stay: all of them must
 * agree to an access. */
static int find_old(int dir_fd)
{
	uint32_t ids[64] = { 0 };
	union bpf_attr attr;
	uint32_t n;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dir_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = ARRAY_SIZE(ids);
	if (sys_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return -1;
	n = attr.query.prog_cnt;
	for (uint32_t i = 0; i < n && i < ARRAY_SIZE(ids); i++) {
		cleanup_close int fd = -1;

		memset(&attr, 0, sizeof(attr));
		attr.prog_id = ids[i];
		fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
		if (fd >= 0 && is_ours(fd))
			return take_fd(&fd);
	}
	return -1;
}

int cg_devices_bpf_apply(int dir_fd, const struct bpf_insn *prog, size_t n, bool fresh,
			 struct husk_error *err)
{
	cleanup_close int fd = load(prog, n);
	cleanup_close int old = -1;

	if (fd < 0) {
		int error = errno;

		cg_err_at(err, HUSK_E_SYSTEM, error, CG_AT "devices",
			  "load the BPF program that checks devices: %s", strerror(error));
		if (error == EPERM)
			err_hint(err, "it needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN");
		return -error;
	}
	if (!fresh)
		old = find_old(dir_fd);
	if (attach(dir_fd, fd, old) < 0) {
		int error = errno;

		return cg_err_at(err, HUSK_E_SYSTEM, error, CG_AT "devices",
				 "attach the BPF program that checks devices to the cgroup: %s",
				 strerror(error));
	}
	return 0;
}
