/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_root.h - an app's root file system, from its image to "/".
 *
 * Order (app_root_enter() has it on one screen): the image's tree as the top of a
 * mount of its own, /proc /sys /dev, masks, files of /etc, volumes, read-only,
 * then the switch, after which nothing of the host is left in the namespace.
 *
 * Processes:  the caller is alone in a fresh mount namespace, and is in the pod's other
 *             namespaces; between clone() and exec().
 */
#pragma once

#include "common/base/error.h"
#include "common/supervisor/app_process.h"

int app_root_enter(const struct app_surroundings *surroundings,
		   const struct app_resources *resources, struct error *err) MUST_CHECK;
