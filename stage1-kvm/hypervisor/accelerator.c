/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/accelerator.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/hypervisor/kvm_probe.h"

#define VMX ((uint32_t)1 << 5) /* leaf 1, ecx */
#define SVM ((uint32_t)1 << 2) /* leaf 0x80000001, ecx */

/* Three instructions take microseconds, making the machine some milliseconds. */
static const int probe_ms = 2000;

static bool has_virtualization(void)
{
	uint32_t a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & VMX) != 0)
		return true;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & SVM) != 0;
}

void accelerator_choose(struct accelerator *ret)
{
	*ret = (struct accelerator){ .hardware = false };
	if (!has_virtualization())
		(void)error_set(&ret->why_not, ENODEV, "the processor has neither vmx nor svm");
	else
		ret->hardware = kvm_probe(probe_ms, &ret->why_not) == 0;
}

/* An emulated guest was told how fast the host counts cycles, which may be another host by the next
 * boot. */
static void add_boot(struct template_key *key)
{
	auto_text struct text boot = { 0 };
	struct error ignored = { 0 };

	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot, &ignored) == 0)
		template_key_add_text(key, text_string(&boot));
}

void accelerator_add_to_key(const struct accelerator *accelerator, struct template_key *key)
{
	static const uint32_t leaves[] = { 0, 1, 7, 0xd, 0x80000001, 0x80000008 };
	struct utsname kernel;

	if (!accelerator->hardware) {
		add_boot(key);
		return;
	}
	if (uname(&kernel) == 0) {
		template_key_add_text(key, kernel.release);
		template_key_add_text(key, kernel.version);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(leaves); i++) {
		uint32_t words[4] = { 0 };

		(void)__get_cpuid_count(leaves[i], 0, &words[0], &words[1], &words[2], &words[3]);
		words[1] &= leaves[i] == 1 ? 0xffff : ~0U; /* not which of the processors it is */
		template_key_add(key, words, sizeof(words));
	}
}
