/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_check.h"

#include <errno.h>

#include "common/base/file.h"
#include "common/supervisor/network_chain.h"
#include "common/supervisor/network_handle.h"
#include "common/supervisor/network_record.h"
#include "common/supervisor/network_report.h"
#include "common/supervisor/pod_network.h"

static const char *why_not(struct arena *arena, const struct cni_network *network,
			   const char **ret_mend)
{
	if (network->version < CNI_0_4_0) {
		*ret_mend = "give its definition the cniVersion 0.4.0 or a later one";
		return arena_printf(arena, "CNI %s has no CHECK",
				    cni_version_text(network->version));
	}
	*ret_mend = "take disableCheck out of its definition";
	return "its definition says disableCheck";
}

static int check(struct arena *arena, int pod_fd, const struct network_chain *chain,
		 struct network_check *ret)
{
	const struct network_definition *network = chain->network;
	const char *answer = network_record_load_result(arena, pod_fd, network->interface);
	struct network_check checked = { .network = network->cni.name,
					 .interface = network->interface };
	struct error problem = { 0 };

	if (network->cni.version < CNI_0_4_0 || network->cni.disable_check) {
		checked.state = NETWORK_CHECK_IMPOSSIBLE;
		checked.found = why_not(arena, &network->cni, &checked.mend);
	} else if (answer == NULL) {
		checked.state = NETWORK_CHECK_FAILED;
		checked.found = "it has not been joined";
	} else if (network_chain_check(arena, chain, answer, &problem) < 0) {
		checked.state = NETWORK_CHECK_FAILED;
		checked.found = arena_string(arena, problem.text);
	}
	if (checked.state != NETWORK_CHECK_PASSED && checked.found == NULL)
		return -ENOMEM;
	*ret = checked;
	return 0;
}

static int check_all(struct arena *arena, int pod_fd, const struct network_record *record,
		     struct network_check *checks, struct error *err)
{
	struct network_chain chain = { .record = record };
	const struct network_places places = pod_network_places(record->local_config);
	auto_text struct text netns = { 0 };
	struct network_plugins plugins;
	int r = network_plugins_open(arena, &places, &plugins, err);

	if (r == 0)
		r = file_read_at(pod_fd, NETWORK_REPORT_NETNS, NETWORK_HANDLE_PATH_SIZE, &netns,
				 err);
	if (r < 0)
		return r;
	chain.plugins = &plugins;
	chain.netns = text_string(&netns);
	for (size_t i = 0; i < record->n_networks; i++) {
		chain.network = &record->networks[i];
		if (check(arena, pod_fd, &chain, &checks[i]) < 0)
			return error_set(err, ENOMEM, "checking networks: out of memory");
	}
	return 0;
}

int network_check_pod(struct arena *arena, int pod_fd, const struct network_check **ret,
		      size_t *ret_n, struct error *err)
{
	struct network_record record = { 0 };
	struct network_check *checks;
	int r = network_record_load(arena, pod_fd, &record, err);

	*ret_n = 0;
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	checks = arena_array(arena, record.n_networks + 1, struct network_check);
	if (checks == NULL)
		return error_set(err, ENOMEM, "checking networks: out of memory");
	r = check_all(arena, pod_fd, &record, checks, err);
	if (r < 0)
		return r;
	*ret = checks;
	*ret_n = record.n_networks;
	return 0;
}
