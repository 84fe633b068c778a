/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_chain.h - the plugins of one network, called one after the other.
 *
 * Errors: err names the network, its file, the plugin and what it said.
 */
#pragma once

#include "common/cni/cni_result.h"
#include "common/supervisor/network_plugin.h"
#include "common/supervisor/network_record.h"

struct network_chain {
	const struct network_plugins *plugins;
	const struct network_record *record;
	const struct network_definition *network;
	const char *netns; /* path of the pod's network namespace; "": it is gone */
	bool netns_ends;   /* DEL, see CNI_NETNS_ENDS */
	bool only_own;     /* DEL: once more, for those who know CNI_NETNS_ENDS */
};

/* STATUS, since 1.1.0: is each plugin ready to add somebody to the network? */
int network_chain_status(struct arena *arena, const struct network_chain *chain,
			 struct error *err) MUST_CHECK;

/*
 * GC, since 1.1.0: each plugin frees what is of none of these attachments, a JSON array as
 * network_attachments_write() makes it.  chain->record may be NULL.
 */
int network_chain_gc(struct arena *arena, const struct network_chain *chain, const char *valid,
		     struct error *err) MUST_CHECK;

/* CHECK, since 0.4.0, first to last: is all as ADD has made it?  answer is what that came to. */
int network_chain_check(struct arena *arena, const struct network_chain *chain, const char *answer,
			struct error *err) MUST_CHECK;

/* ADD, first to last: each gets the result of the one before.  *ret_answer: the last one's. */
int network_chain_add(struct arena *arena, const struct network_chain *chain,
		      struct cni_result *ret, const char **ret_answer,
		      struct error *err) MUST_CHECK;

/*
 * DEL, last to first, all of them, whatever goes wrong; the first error is returned.  answer is
 * what ADD came to; NULL: that is not known.
 */
int network_chain_del(struct arena *arena, const struct network_chain *chain, const char *answer,
		      struct error *err) MUST_CHECK;

/* An answer of network_chain_add(), read again. */
int network_chain_read(struct arena *arena, const char *answer, const char *place,
		       struct cni_result *ret, struct error *err) MUST_CHECK;
