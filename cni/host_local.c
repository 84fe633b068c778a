/* SPDX-License-Identifier: Apache-2.0 */
/* host-local as a program of its own, for main plugins of others. */
#include "cni/lease/host_local.h"

#include "cni/plugin/plugin.h"

const struct plugin plugin_host_local = { .name = "host-local",
					  .add = host_local_add,
					  .del = host_local_del,
					  .check = host_local_check,
					  .gc = host_local_gc,
					  .status = host_local_status };
