/*
 * What a list of device rules says, twice: read as the specification does, and as the program for
 * cgroup v2 does it, which runs here in a small interpreter.
 *
 * Uses: cgroups.    Used by: test_cgroups_cg_devices.c, tests/fuzz/fuzz_devices.c.
 */
#ifndef HUSK_TESTS_DEVICE_RULES_H
#define HUSK_TESTS_DEVICE_RULES_H

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/cg_internal.h"

enum { R = 1, W = 2, M = 4 };

static inline struct oci_device_rule rule(bool allow, char type, int64_t major, int64_t minor,
					  unsigned access)
{
	return (struct oci_device_rule){ allow, type, major, minor, access & R, access & W,
					 access & M };
}

/* For each kind of access the last rule that names the device decides; none: refused. */
static inline bool device_rules_allow(const struct oci_device_rule *rules, size_t n, char type,
				      int64_t major, int64_t minor, unsigned access)
{
	for (unsigned bit = R; bit <= M; bit <<= 1) {
		bool allowed = false;

		if (!(access & bit))
			continue;
		for (size_t i = 0; i < n; i++) {
			const struct oci_device_rule *r = &rules[i];
			unsigned has = (r->read ? R : 0u) | (r->write ? W : 0u) | (r->mknod ? M : 0u);

			if ((r->type == 'a' || r->type == type) &&
			    (r->major == -1 || r->major == major) &&
			    (r->minor == -1 || r->minor == minor) && (has & bit))
				allowed = r->allow;
		}
		if (!allowed)
			return false;
	}
	return true;
}

/* One of the instructions that cg_device_program() uses; abort() for any other.  Returns whether it
 * jumps. */
static inline bool device_program_step(const struct bpf_insn *i, uint64_t *reg,
				       const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t *dst = &reg[i->dst_reg], imm = (uint64_t)(int64_t)i->imm;
	uint32_t word;

	switch (i->code) {
	case BPF_LDX | BPF_W | BPF_MEM:
		if (i->src_reg != BPF_REG_1 || i->off < 0 ||
		    (size_t)i->off > sizeof(*ctx) - sizeof(word))
			abort();
		memcpy(&word, (const char *)ctx + i->off, sizeof(word));
		*dst = word;
		return false;
	case BPF_ALU64 | BPF_MOV | BPF_X:
		*dst = reg[i->src_reg];
		return false;
	case BPF_ALU64 | BPF_MOV | BPF_K:
		*dst = imm;
		return false;
	case BPF_ALU64 | BPF_AND | BPF_K:
		*dst &= imm;
		return false;
	case BPF_ALU64 | BPF_RSH | BPF_K:
		*dst >>= imm;
		return false;
	case BPF_JMP | BPF_JNE | BPF_K:
		return *dst != imm;
	case BPF_JMP | BPF_JSET | BPF_K:
		return (*dst & imm) != 0;
	case BPF_JMP | BPF_JA:
		return true;
	default:
		abort();
	}
}

static inline bool device_program_allows(const struct bpf_insn *p, size_t n, char type,
					 uint32_t major, uint32_t minor, unsigned access)
{
	uint32_t kernel = (access & M ? BPF_DEVCG_ACC_MKNOD : 0) |
			  (access & R ? BPF_DEVCG_ACC_READ : 0) |
			  (access & W ? BPF_DEVCG_ACC_WRITE : 0);
	const struct bpf_cgroup_dev_ctx ctx = {
		.access_type = kernel << 16 |
			       (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = major,
		.minor = minor,
	};
	uint64_t reg[11] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		if (p[pc].code == (BPF_JMP | BPF_EXIT))
			return reg[0] == 1;
		if (device_program_step(&p[pc], reg, &ctx)) {
			/* Only ever forward: this ends. */
			if (p[pc].off < 0)
				abort();
			pc += (size_t)p[pc].off;
		}
	}
	abort();	/* ran over the end */
}

#endif /* HUSK_TESTS_DEVICE_RULES_H */
