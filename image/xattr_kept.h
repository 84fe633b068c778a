/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xattr_kept.h - which extended attributes an image may carry; for this folder only.
 */
#pragma once

#include <stdbool.h>

/* True for security.capability and user.*. */
bool image_xattr_is_kept(const char *name);
