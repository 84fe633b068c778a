/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/file_descriptors.h"

#include <linux/close_range.h>
#include <unistd.h>

#include "common/kernel/kernel_floor.h"

int file_descriptors_close_at_exec(unsigned first, struct error *err)
{
	if (close_range(first, ~0U, (int)CLOSE_RANGE_CLOEXEC) < 0)
		return kernel_floor_error(err, "close_range", "hiding the file descriptors from %u",
					  first);
	return 0;
}

int file_descriptors_close(unsigned first, unsigned last, struct error *err)
{
	if (close_range(first, last, 0) < 0)
		return kernel_floor_error(err, "close_range",
					  "closing the file descriptors %u to %u", first, last);
	return 0;
}
