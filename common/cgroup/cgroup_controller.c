/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_controller.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"

struct controller {
	uint32_t bit;
	const char *name;
};

/* The last two are further names of bits that have one above: read, never written. */
static const struct controller controllers[] = {
	{ CGROUP_CPU, "cpu" },         { CGROUP_CPUACCT, "cpuacct" },
	{ CGROUP_MEMORY, "memory" },   { CGROUP_PIDS, "pids" },
	{ CGROUP_BLKIO, "blkio" },     { CGROUP_DEVICES, "devices" },
	{ CGROUP_FREEZER, "freezer" }, { CGROUP_SYSTEMD, "systemd" },
	{ CGROUP_BLKIO, "io" },        { CGROUP_SYSTEMD, "name=systemd" },
};

#define N_WRITTEN (ARRAY_LENGTH(controllers) - 2)

uint32_t cgroup_controller_bit(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_LENGTH(controllers); i++) {
		if (strlen(controllers[i].name) == length &&
		    memcmp(controllers[i].name, name, length) == 0)
			return controllers[i].bit;
	}
	return 0;
}

int cgroup_controllers_write(uint32_t bits, struct text *out)
{
	const char *separator = "";

	for (size_t i = 0; i < N_WRITTEN; i++) {
		if ((bits & controllers[i].bit) == 0)
			continue;
		(void)text_printf(out, "%s%s", separator, controllers[i].name);
		separator = ",";
	}
	return text_status(out);
}

int cgroup_controllers_read(const char *list, size_t length, uint32_t *ret)
{
	const char *end = list + length;
	uint32_t bits = 0;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *stop = comma != NULL ? comma : end;
		uint32_t bit = cgroup_controller_bit(list, (size_t)(stop - list));

		if (bit == 0 || stop + 1 == end)
			return -EINVAL;
		bits |= bit;
		list = stop == end ? end : stop + 1;
	}
	*ret = bits;
	return 0;
}
