/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/host_end.h"

#include <stdint.h>
#include <stdio.h>

#include "common/base/cleanup.h"

#define NAME_BITS 44 /* what is left behind "veth", in digits of 16 */

void cni_host_end_name(const char *network, const char *container, const char *interface,
		       char ret[CNI_HOST_END_SIZE])
{
	const char *parts[] = { network, container, interface };
	uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a, the end of each part included */

	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		for (const char *c = parts[i];; c++) {
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3U;
			if (*c == '\0')
				break;
		}
	hash = (hash ^ hash >> NAME_BITS) & ((1ULL << NAME_BITS) - 1);
	(void)snprintf(ret, CNI_HOST_END_SIZE, "veth%011llx", (unsigned long long)hash);
}
