/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/stale_tag.h"

#include <string.h>

#include "cni/firewall/firewall_element.h"
#include "cni/plugin/plugin_call.h"

bool plugin_tag_is_stale(const char *tag, const void *context)
{
	const struct plugin_call *call = context;
	size_t length = strlen(call->network);

	if (strncmp(tag, call->network, length) != 0 || tag[length] != '/')
		return false;
	for (size_t i = 0; i < call->n_valid; i++) {
		struct firewall_tag valid = firewall_tag_of(call->network, call->valid[i].container,
							    call->valid[i].interface);

		if (strcmp(valid.text, tag) == 0)
			return false;
	}
	return true;
}
