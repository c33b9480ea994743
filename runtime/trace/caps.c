/*
 * Which capabilities threads use, by a BPF program at the kernel's tracepoint cap_capable.
 *
 * The tracepoint (Linux 6.14) is passed at every check.  The program looks up the thread in a map, in
 * which are only those of the container, and sets the capability's bit if the answer was yes.  Nothing
 * of it outlives its descriptors.
 *
 * Uses: bpf(2).    Used by: trace.c.
 */
#include "runtime/trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/sys.h"
#include "runtime/base/util.h"

enum {
	MAX_THREADS = 1 << 18,
	FIRST_PID_NS = (int)0xEFFFFFFC,	/* inode of the first pid namespace (linux/proc_ns.h) */
	ARG_CAP = 3 * 8, ARG_RET = 4 * 8,	/* of the tracepoint */
	FRAMES = 6,
	STACK_KEY = -8, STACK_FRAMES = -8 - FRAMES * 8,
};

/* ---- the program ----------------------------------------------------------- */

struct program {
	struct bpf_insn insn[64];
	size_t n;
	size_t to_end[16], n_to_end;	/* jumps to the end of the program */
};

static void emit(struct program *p, unsigned code, unsigned dst, unsigned src, int off, int32_t imm)
{
	p->insn[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code, .dst_reg = (uint8_t)(dst & 15), .src_reg = (uint8_t)(src & 15),
		.off = (int16_t)off, .imm = imm,
	};
}

/* NOLINTBEGIN(misc-redundant-expression): BPF_IMM, BPF_K and BPF_ADD are all 0 */
static void emit_number(struct program *p, unsigned dst, uint64_t value, unsigned src)
{
	emit(p, BPF_LD | BPF_DW | BPF_IMM, dst, src, 0, (int32_t)value);
	emit(p, 0, 0, 0, 0, (int32_t)(value >> 32));
}

static void emit_end_if(struct program *p, unsigned jump, unsigned reg, int32_t value)
{
	p->to_end[p->n_to_end++] = p->n;
	emit(p, BPF_JMP32 | jump | BPF_K, reg, 0, 0, value);
}

/* r7: the address of this thread's bits; none: end. */
static void emit_look_up(struct program *p, int map)
{
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_pid_tgid);
	emit(p, BPF_STX | BPF_W | BPF_MEM, BPF_REG_10, BPF_REG_0, STACK_KEY, 0);
	emit_number(p, BPF_REG_1, (uint64_t)map, BPF_PSEUDO_MAP_FD);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	emit(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, STACK_KEY);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	p->to_end[p->n_to_end++] = p->n;
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_7, BPF_REG_0, 0, 0);
}

/*
 * Who maps memory is asked for CAP_SYS_ADMIN, too: with it the last of the memory could be had.
 * Every program maps memory, and none needs that; @begin and @end are the function that asks.
 */
static void emit_end_if_called_by(struct program *p, uint64_t begin, uint64_t end)
{
	size_t over = p->n;

	emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_8, 0, 0, CAP_SYS_ADMIN);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	emit(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, STACK_FRAMES);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, FRAMES * 8);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, 0);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_stack);
	emit_number(p, BPF_REG_2, begin, 0);
	emit_number(p, BPF_REG_3, end, 0);
	for (int i = 0; i < FRAMES; i++) {
		emit(p, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_10, STACK_FRAMES + i * 8, 0);
		emit(p, BPF_JMP | BPF_JLT | BPF_X, BPF_REG_1, BPF_REG_2, 1, 0);
		p->to_end[p->n_to_end++] = p->n;
		emit(p, BPF_JMP | BPF_JLT | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
	}
	p->insn[over].off = (int16_t)(p->n - over - 1);
}

static void build(struct program *p, int map, uint64_t begin, uint64_t end)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	emit(p, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_6, ARG_RET, 0);
	emit_end_if(p, BPF_JNE, BPF_REG_1, 0);
	emit_look_up(p, map);
	emit(p, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_8, BPF_REG_6, ARG_CAP, 0);
	emit_end_if(p, BPF_JGT, BPF_REG_8, 63);
	if (end)
		emit_end_if_called_by(p, begin, end);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1);
	emit(p, BPF_ALU64 | BPF_LSH | BPF_X, BPF_REG_1, BPF_REG_8, 0, 0);
	emit(p, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_7, BPF_REG_1, 0, BPF_OR);
	for (size_t i = 0; i < p->n_to_end; i++)
		p->insn[p->to_end[i]].off = (int16_t)(p->n - p->to_end[i] - 1);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
/* NOLINTEND(misc-redundant-expression) */

/* Where the kernel has function @name; false: it does not say. */
static bool find_function(const char *name, uint64_t *begin, uint64_t *end)
{
	cleanup_file FILE *f = fopen("/proc/kallsyms", "re");
	cleanup_free char *line = NULL;
	size_t size = 0;

	*begin = *end = 0;
	while (f && getline(&line, &size, f) > 0) {
		uint64_t address;
		char symbol[128];

		if (sscanf(line, "%" SCNx64 " %*c %127s", &address, symbol) != 2 || !address)
			continue;
		if (strcmp(symbol, name) == 0) {
			*begin = address;
		} else if (*begin && address > *begin) {
			*end = address;
			return true;
		}
	}
	return false;
}

/* ---- bpf(2) ---------------------------------------------------------------- */

static int make_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(uint64_t);
	attr.max_entries = MAX_THREADS;
	attr.map_flags = BPF_F_NO_PREALLOC;
	return sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int attach(int map)
{
	uint64_t begin, end;
	struct program p = { .n = 0 };
	cleanup_close int prog = -1;
	union bpf_attr attr;

	(void)find_function("security_vm_enough_memory_mm", &begin, &end);
	build(&p, map, begin, end);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)p.insn;
	attr.insn_cnt = (uint32_t)p.n;
	attr.license = (uintptr_t)"GPL";	/* what the kernel wants of a tracing program */
	memcpy(attr.prog_name, "husk_caps", sizeof("husk_caps"));
	prog = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (prog < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)"cap_capable";
	attr.raw_tracepoint.prog_fd = (uint32_t)prog;
	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

static void give_up(struct rt_trace_caps *c, const char *why)
{
	rt_trace_caps_close(c);
	(void)snprintf(c->why, sizeof(c->why), "%s", why);
}

void rt_trace_caps_open(struct rt_trace_caps *c)
{
	struct stat st;

	*c = (struct rt_trace_caps){ .map = -1, .link = -1 };
	/* The kernel's numbers of threads are ours only there. */
	if (stat("/proc/self/ns/pid", &st) < 0 || (int)st.st_ino != FIRST_PID_NS) {
		give_up(c, "husk is not in the host's own pid namespace");
		return;
	}
	c->map = make_map();
	if (c->map >= 0)
		c->link = attach(c->map);
	if (c->link >= 0)
		return;
	if (errno == ENOENT)
		give_up(c, "this kernel has no tracepoint cap_capable (Linux 6.14)");
	else if (errno == EPERM || errno == EACCES)
		give_up(c, "it needs CAP_BPF and CAP_PERFMON on the host");
	else
		give_up(c, strerror(errno));
}

void rt_trace_caps_add(struct rt_trace_caps *c, pid_t tid)
{
	uint32_t key = (uint32_t)tid;
	uint64_t none = 0;
	union bpf_attr attr;

	if (c->map < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)c->map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&none;
	attr.flags = BPF_NOEXIST;	/* a number that comes again keeps its bits */
	if (sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) < 0 && errno != EEXIST)
		c->lost = true;
}

bool rt_trace_caps_read(struct rt_trace_caps *c, uint64_t *out)
{
	uint32_t key = 0, next;
	uint64_t bits, all = 0;
	union bpf_attr attr;
	bool first = true;

	if (c->lost)
		give_up(c, "the program has more threads than can be followed");
	if (c->map < 0)
		return false;
	for (;; key = next, first = false) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (uint32_t)c->map;
		attr.key = first ? 0 : (uintptr_t)&key;
		attr.next_key = (uintptr_t)&next;
		if (sys_bpf(BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr)) < 0)
			break;
		attr.key = (uintptr_t)&next;
		attr.value = (uintptr_t)&bits;
		if (sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == 0)
			all |= bits;
	}
	*out = all;
	return true;
}

void rt_trace_caps_close(struct rt_trace_caps *c)
{
	if (c->link >= 0)
		(void)close(take_fd(&c->link));
	if (c->map >= 0)
		(void)close(take_fd(&c->map));
}
