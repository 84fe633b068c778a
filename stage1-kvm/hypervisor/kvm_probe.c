/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/kvm_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/child.h"
#include "common/process/signals.h"

#define PAGE    ((size_t)4096)
#define CODE_AT 0x1000       /* in the guest */
#define TSS_AT  0xfffbd000UL /* three pages that nothing else is at */
#define PORT    0x10
#define ANSWER  0x2a

/* How long a probe that was killed may take to die, in ms. */
static const int dying_ms = 500;

/* mov $ANSWER, %al; out %al, $PORT; hlt - in real mode */
static const unsigned char code[] = { 0xb0, ANSWER, 0xe6, PORT, 0xf4 };

static int make_machine(int kvm, int *ret_vm, struct error *err)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = CODE_AT,
						      .memory_size = PAGE };
	auto_close int vm = FD_NONE;
	void *page;

	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return error_set(err, ENOTSUP, "KVM does not speak version %d", KVM_API_VERSION);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return error_from_errno(err, "KVM makes no machine");
	/* What Intel's processors without unrestricted guests need for real mode; others refuse it.
	 */
	(void)ioctl(vm, KVM_SET_TSS_ADDR, TSS_AT);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return error_from_errno(err, "making a page for a machine");
	memcpy(page, code, sizeof(code));
	region.userspace_addr = (uint64_t)(uintptr_t)page;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return error_from_errno(err, "KVM takes no memory");
	*ret_vm = take_fd(&vm);
	return 0;
}

static int make_cpu(int kvm, int vm, int *ret_cpu, struct kvm_run **ret_run, struct error *err)
{
	auto_close int cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_regs registers = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs segments;
	void *run;

	if (cpu < 0 || size < (int)sizeof(**ret_run))
		return error_from_errno(err, "KVM makes no processor");
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	if (run == MAP_FAILED || ioctl(cpu, KVM_GET_SREGS, &segments) < 0)
		return error_from_errno(err, "KVM shows no processor");
	segments.cs.base = 0;
	segments.cs.selector = 0;
	if (ioctl(cpu, KVM_SET_SREGS, &segments) < 0 || ioctl(cpu, KVM_SET_REGS, &registers) < 0)
		return error_from_errno(err, "KVM sets no registers");
	*ret_cpu = take_fd(&cpu);
	*ret_run = run;
	return 0;
}

static int run_until(int cpu, const struct kvm_run *run, uint32_t reason, struct error *err)
{
	if (ioctl(cpu, KVM_RUN, 0) < 0)
		return error_from_errno(err, "KVM runs nothing");
	if (run->exit_reason != reason)
		return error_set(err, EIO, "KVM left a machine for reason %u instead of %u",
				 run->exit_reason, reason);
	return 0;
}

static int run_code(int cpu, const struct kvm_run *run, struct error *err)
{
	int r = run_until(cpu, run, KVM_EXIT_IO, err);

	if (r < 0)
		return r;
	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.port != PORT ||
	    ((const unsigned char *)run)[run->io.data_offset] != ANSWER)
		return error_set(err, EIO, "KVM does not compute");
	return run_until(cpu, run, KVM_EXIT_HLT, err);
}

static int probe(struct error *err)
{
	auto_close int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	auto_close int vm = FD_NONE;
	auto_close int cpu = FD_NONE;
	struct kvm_run *run = NULL;
	int r;

	if (kvm < 0)
		return error_from_errno(err, "opening /dev/kvm");
	r = make_machine(kvm, &vm, err);
	if (r == 0)
		r = make_cpu(kvm, vm, &cpu, &run, err);
	if (r == 0 && run != NULL)
		r = run_code(cpu, run, err);
	return r;
}

/* Whatever becomes of this process, no file of ours stays open by it. */
static void close_others(int kept)
{
	if (kept > 0)
		(void)close_range(0, (unsigned)kept - 1, 0);
	(void)close_range((unsigned)kept + 1, ~0U, 0);
}

static void run_probe(struct child_report *report)
{
	struct error mine = { 0 };

	child_report_enter(report);
	close_others(report->write_end);
	if (child_die_with_parent(report, &mine) == 0)
		result_ignored(probe(&mine));
	(void)child_report_send(report, &mine);
	_exit(0);
}

static int await_report(const struct child_report *report, int timeout_ms, struct error *err)
{
	struct pollfd waiting = { .fd = report->read_end, .events = POLLIN };
	int r;

	do
		r = poll(&waiting, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_from_errno(err, "waiting for KVM");
	return r > 0 ? 0 : error_set(err, ETIMEDOUT, "KVM hangs");
}

int kvm_probe(int timeout_ms, struct error *err)
{
	const struct child_options options = { .cgroup_fd = FD_NONE };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	struct error ignored = { 0 };
	int r = child_report_open(&report, err);

	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0)
		run_probe(&report);
	r = await_report(&report, timeout_ms, err);
	if (r == 0)
		r = child_wait_ready(&report, &child, err); /* which has destroyed it on failure */
	if (child.pid <= 0)
		return r;
	result_ignored(child_kill(&child, SIGKILL));
	if (child_has_ended(&child, dying_ms, &ignored) == 1)
		child_destroy(&child);
	return r;
}
