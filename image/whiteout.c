/* SPDX-License-Identifier: Apache-2.0 */
#include "image/whiteout.h"

#include <errno.h>
#include <string.h>

#include "image/entry_name.h"

static const char prefix[] = ".wh.";
static const char own_prefix[] = ".wh..wh.";
static const char opaque[] = ".wh..wh..opq";

int whiteout_of(const char *name, enum whiteout *ret, const char **ret_last, struct error *err)
{
	const char *last = entry_name_last(name);
	enum whiteout found = WHITEOUT_NAME;

	if (strncmp(last, prefix, sizeof(prefix) - 1) != 0)
		found = WHITEOUT_NONE;
	else if (strcmp(last, opaque) == 0)
		found = WHITEOUT_OPAQUE;
	else if (strncmp(last, own_prefix, sizeof(own_prefix) - 1) == 0)
		found = WHITEOUT_IGNORE;
	if (found == WHITEOUT_NAME) {
		last += sizeof(prefix) - 1;
		if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
			return error_set(err, EINVAL, "is a whiteout of nothing");
		*ret_last = last;
	}
	*ret = found;
	return 0;
}
