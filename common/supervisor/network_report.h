/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_report.h - what others read of a pod's networks: net-info.json and netns in the pod
 * directory, as the original writes them.
 */
#pragma once

#include "common/supervisor/pod_network.h"

#define NETWORK_REPORT_NETNS "netns" /* the path of the network namespace */

int network_report_save(const struct pod_network *network, struct error *err) MUST_CHECK;
