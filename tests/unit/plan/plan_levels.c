/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan/plan_levels.h"

const struct plan_traits fixture_coreos = {
	.name = "coreos",
	.own_pid = true,
	.own_ipc = true,
	.own_uts = true,
	.own_network = true,
	.network_plugins = true,
	.host_network = true,
	.own_user = true,
	.own_api_file_systems = true,
	.supervised = true,
	.volumes_recursive = true,
};

const struct plan_traits fixture_fly = {
	.name = "fly",
	.host_network = true,
};

const struct plan_traits fixture_kvm = {
	.name = "kvm",
	.own_pid = true,
	.own_ipc = true,
	.own_uts = true,
	.own_network = true,
	.network_plugins = true,
	.own_api_file_systems = true,
	.supervised = true,
	.volumes_recursive = true,
};

const struct plan_traits *const fixture_levels[FIXTURE_N_LEVELS] = {
	&fixture_coreos,
	&fixture_fly,
	&fixture_kvm,
};
