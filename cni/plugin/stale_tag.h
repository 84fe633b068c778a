/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stale_tag.h - which elements of our tables GC removes.
 */
#pragma once

#include <stdbool.h>

/*
 * A firewall_chooser: context is a struct plugin_call.  True for tags of its network whose
 * attachment is not valid any more.  A tag that is a hash says nothing of its network: it stays.
 */
bool plugin_tag_is_stale(const char *tag, const void *context);
