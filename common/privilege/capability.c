/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/cleanup.h"

#define MAX_CAPABILITY 63

/* The kernel's form of three sets of 64 bits. */
struct kernel_sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int read_sets(struct kernel_sets *sets)
{
	sets->header = (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
	return (int)syscall(SYS_capget, &sets->header, sets->data);
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

/* Collects what a prctl() with a capability's number says, up to the last one known to the kernel.
 */
static uint64_t ask_each(int operation, unsigned long first)
{
	uint64_t set = 0;

	for (unsigned long number = 0; number <= MAX_CAPABILITY; number++) {
		int r = operation == PR_CAP_AMBIENT ? prctl(operation, first, number, 0UL, 0UL)
						    : prctl(operation, number, 0UL, 0UL, 0UL);

		if (r < 0)
			break;
		if (r > 0)
			set |= CAPABILITY_BIT(number);
	}
	return set;
}

int capability_get_bounds(uint64_t *ret_bounding, uint64_t *ret_effective, struct error *err)
{
	struct kernel_sets sets;

	if (read_sets(&sets) < 0)
		return error_from_errno(err, "reading the capabilities");
	*ret_effective = join(sets.data[0].effective, sets.data[1].effective);
	*ret_bounding = ask_each(PR_CAPBSET_READ, 0);
	return 0;
}

int capability_get(struct capability_sets *ret, struct error *err)
{
	struct kernel_sets sets;

	if (read_sets(&sets) < 0)
		return error_from_errno(err, "reading the capabilities");
	ret->permitted = join(sets.data[0].permitted, sets.data[1].permitted);
	ret->effective = join(sets.data[0].effective, sets.data[1].effective);
	ret->inheritable = join(sets.data[0].inheritable, sets.data[1].inheritable);
	ret->bounding = ask_each(PR_CAPBSET_READ, 0);
	ret->ambient = ask_each(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET);
	return 0;
}

int capability_bound(uint64_t kept, struct error *err)
{
	for (unsigned long number = 0; number <= MAX_CAPABILITY; number++) {
		if (kept & CAPABILITY_BIT(number))
			continue;
		if (prctl(PR_CAPBSET_DROP, number, 0UL, 0UL, 0UL) == 0)
			continue;
		if (errno == EINVAL) /* past the last one that the kernel knows */
			return 0;
		return error_from_errno(err, "dropping capability %lu from the bounding set",
					number);
	}
	return 0;
}

int capability_hold(uint64_t held, struct error *err)
{
	struct kernel_sets sets = {
		.header = { .version = _LINUX_CAPABILITY_VERSION_3 },
		.data = { { .permitted = (uint32_t)held, .effective = (uint32_t)held },
			  { .permitted = (uint32_t)(held >> 32),
			    .effective = (uint32_t)(held >> 32) } },
	};

	/* The kernel lowers the ambient set with the other two. */
	if (syscall(SYS_capset, &sets.header, sets.data) < 0)
		return error_from_errno(err, "setting the capabilities to %#llx",
					(unsigned long long)held);
	return 0;
}
