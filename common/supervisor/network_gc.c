/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_gc.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "common/supervisor/network_attachments.h"
#include "common/supervisor/network_chain.h"
#include "common/supervisor/network_lock.h"

static bool is_collected(const struct network_definition *network)
{
	return network->cni.version >= CNI_1_1_0 && !network->cni.disable_gc;
}

static int collect(struct arena *arena, const struct network_plugins *plugins,
		   const struct network_definition *network,
		   const struct network_attachments *attachments, struct error *err)
{
	const struct network_chain chain = { .plugins = plugins, .network = network };
	auto_text struct text valid = { 0 };

	if (network_attachments_write(attachments, network->cni.name, &valid) < 0)
		return error_set(err, ENOMEM, "network %s: out of memory", network->cni.name);
	return network_chain_gc(arena, &chain, text_string(&valid), err);
}

static int collect_all(struct arena *arena, const struct network_places *places,
		       const struct network_definitions *found, struct error *err)
{
	struct network_attachments attachments = { 0 };
	struct network_plugins plugins = { 0 };
	auto_close int lock = FD_NONE;
	int status = 0;
	int r = network_plugins_open(arena, places, &plugins, err);

	if (r == 0)
		r = network_lock_exclusive(&lock, err);
	if (r == 0)
		r = network_attachments_list(arena, &attachments, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < found->n; i++) {
		struct error mine = { 0 };

		if (is_collected(&found->items[i]) &&
		    collect(arena, &plugins, &found->items[i], &attachments, &mine) < 0 &&
		    status == 0)
			status = error_set(err, mine.code, "%s", mine.text);
	}
	return status;
}

int network_gc(struct arena *arena, const struct network_places *places, struct error *err)
{
	struct network_definitions found = { 0 };
	int r = network_definitions_read(arena, places, &found, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < found.n; i++)
		if (is_collected(&found.items[i]))
			return collect_all(arena, places, &found, err);
	return 0;
}
