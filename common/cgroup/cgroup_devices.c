/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/cleanup.h"

/* The numbers are the kernel's, Documentation/admin-guide/devices.txt. */
static const struct cgroup_device devices[] = {
	{ 'c', CGROUP_DEVICE_ANY, CGROUP_DEVICE_ANY, "m" },
	{ 'b', CGROUP_DEVICE_ANY, CGROUP_DEVICE_ANY, "m" },
	{ 'c', 1, 3, "rw" },                   /* null */
	{ 'c', 1, 5, "rw" },                   /* zero */
	{ 'c', 1, 7, "rw" },                   /* full */
	{ 'c', 1, 8, "rw" },                   /* random */
	{ 'c', 1, 9, "rw" },                   /* urandom */
	{ 'c', 5, 0, "rw" },                   /* tty */
	{ 'c', 5, 1, "rw" },                   /* console */
	{ 'c', 5, 2, "rw" },                   /* ptmx */
	{ 'c', 136, CGROUP_DEVICE_ANY, "rw" }, /* pts */
	{ 'c', 10, 200, "rw" },                /* net/tun: of use with CAP_NET_ADMIN only */
};

#define INSTRUCTIONS_PER_RULE 6
#define MAX_INSTRUCTIONS      (8 + INSTRUCTIONS_PER_RULE * ARRAY_LENGTH(devices))

struct program {
	struct bpf_insn code[MAX_INSTRUCTIONS];
	size_t n;
};

const struct cgroup_device *cgroup_devices(size_t *ret_n)
{
	*ret_n = ARRAY_LENGTH(devices);
	return devices;
}

static void add(struct program *program, struct bpf_insn instruction)
{
	program->code[program->n++] = instruction;
}

/* register destination = 32 bits of the context that r1 points to */
static void add_load(struct program *program, unsigned destination, size_t offset)
{
	add(program, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W,
					.dst_reg = destination & 0xfu,
					.src_reg = BPF_REG_1,
					.off = (int16_t)offset });
}

static void add_immediate(struct program *program, uint8_t code, unsigned destination,
			  uint32_t value)
{
	add(program, (struct bpf_insn){
			 .code = code, .dst_reg = destination & 0xfu, .imm = (int32_t)value });
}

/* Leaves the rule when the register is not value; the distance is filled by end_rule(). */
static void add_unless(struct program *program, unsigned destination, uint32_t value)
{
	add_immediate(program, BPF_JMP | BPF_JNE | BPF_K, destination, value);
}

static void add_return(struct program *program, bool allow)
{
	add_immediate(program, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, allow);
	add(program, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static uint32_t access_bits(const char *access)
{
	uint32_t bits = 0;

	bits |= strchr(access, 'm') != NULL ? BPF_DEVCG_ACC_MKNOD : 0;
	bits |= strchr(access, 'r') != NULL ? BPF_DEVCG_ACC_READ : 0;
	bits |= strchr(access, 'w') != NULL ? BPF_DEVCG_ACC_WRITE : 0;
	return bits;
}

/* r2: type, r3: access, r4: major, r5: minor; a rule that applies returns 1. */
static void add_rule(struct program *program, const struct cgroup_device *device)
{
	size_t first = program->n;
	uint32_t refused = ~access_bits(device->access) & 7;

	add_unless(program, BPF_REG_2,
		   device->type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	if (device->major != CGROUP_DEVICE_ANY)
		add_unless(program, BPF_REG_4, device->major);
	if (device->minor != CGROUP_DEVICE_ANY)
		add_unless(program, BPF_REG_5, device->minor);
	add_immediate(program, BPF_JMP | BPF_JSET | BPF_K, BPF_REG_3, refused);
	add_return(program, true);
	for (size_t i = first; i < program->n - 2; i++)
		program->code[i].off = (int16_t)(program->n - i - 1);
}

static void build(struct program *program)
{
	add_load(program, BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	add_load(program, BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major));
	add_load(program, BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor));
	/* access_type is access << 16 | type */
	add(program, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
					.dst_reg = BPF_REG_3,
					.src_reg = BPF_REG_2 });
	add_immediate(program, BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 16);
	add_immediate(program, BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0xffff);
	for (size_t i = 0; i < ARRAY_LENGTH(devices); i++)
		add_rule(program, &devices[i]);
	add_return(program, false);
}

static int bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

int cgroup_devices_attach(int cgroup_fd, struct error *err)
{
	struct program program = { .n = 0 };
	union bpf_attr load = { 0 }, attach = { 0 };
	auto_close int fd = FD_NONE;

	build(&program);
	load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	load.insns = (uintptr_t)program.code;
	load.insn_cnt = (uint32_t)program.n;
	load.license = (uintptr_t) "Apache-2.0";
	fd = bpf(BPF_PROG_LOAD, &load);
	if (fd < 0)
		return error_from_errno(err, "loading the device policy (BPF)");
	attach.target_fd = (uint32_t)cgroup_fd;
	attach.attach_bpf_fd = (uint32_t)fd;
	attach.attach_type = BPF_CGROUP_DEVICE;
	attach.attach_flags = BPF_F_ALLOW_MULTI; /* one of systemd above us applies as well */
	if (bpf(BPF_PROG_ATTACH, &attach) < 0)
		return error_from_errno(err, "attaching the device policy (BPF)");
	return 0;
}
