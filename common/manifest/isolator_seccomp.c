/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/manifest/isolator_value.h"

/* Form only: which calls and errors exist is known where filters are built. */
static int check_call(struct json_decoder *decoder, const char *name)
{
	const char *rest = name[0] == '@' ? name + 1 : name;
	const char *allowed = name[0] == '@' ? "abcdefghijklmnopqrstuvwxyz0123456789_./-"
					     : "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (rest[0] == '\0' || rest[strspn(rest, allowed)] != '\0')
		return json_refuse_string(decoder, name,
					  "neither a system call nor a set (@scope/name)");
	return 0;
}

static int check_errno(struct json_decoder *decoder, const char *name)
{
	if (name[0] == '\0') /* as absent */
		return 0;
	if (name[0] != 'E' || name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] != '\0')
		return json_refuse_string(decoder, name, "not the name of an error (EPERM …)");
	return 0;
}

static const struct json_field seccomp_fields[] = {
	{ .name = "set",
	  .kind = JSON_FIELD_STRINGS,
	  .flags = JSON_REQUIRED | JSON_NOT_EMPTY,
	  .offset = offsetof(struct isolator_seccomp, names),
	  .n_offset = offsetof(struct isolator_seccomp, n_names),
	  .check = check_call },
	{ .name = "errno",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct isolator_seccomp, errno_name),
	  .check = check_errno },
};

static const struct json_table seccomp_table = JSON_TABLE(struct isolator_seccomp, seccomp_fields);

int isolator_decode_seccomp(struct json_decoder *decoder, const struct json_value *value,
			    struct isolator *ret)
{
	struct isolator_seccomp seccomp = { .n_names = 0 };
	int r = json_decode(decoder, value, &seccomp_table, &seccomp);

	if (r < 0)
		return r;
	if (seccomp.errno_name != NULL && seccomp.errno_name[0] == '\0')
		seccomp.errno_name = NULL;
	ret->seccomp = seccomp;
	return 0;
}
