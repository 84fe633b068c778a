/* SPDX-License-Identifier: Apache-2.0 */
#include "image/xattr_kept.h"

#include <string.h>

bool image_xattr_is_kept(const char *name)
{
	return strcmp(name, "security.capability") == 0 ||
	       (strncmp(name, "user.", 5) == 0 && name[5] != '\0');
}
