/* SPDX-License-Identifier: Apache-2.0 */
#include "image/entry_check.h"

#include <errno.h>
#include <string.h>

#include "image/entry_name.h"
#include "image/xattr_kept.h"

void entry_check_release(struct entry_check *check)
{
	name_table_release(&check->names);
}

/* Every directory on the way must be one, or be missing, in which case extraction makes it. */
static int check_parents(struct entry_check *check, const char *name, struct error *err)
{
	for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t length = (size_t)(slash - name);
		enum name_kind kind = name_table_get(&check->names, name, length);
		struct entry_name_shown shown;

		if (kind == NAME_ABSENT &&
		    name_table_set(&check->names, name, length, NAME_DIRECTORY) < 0)
			return error_set(err, ENOMEM, "out of memory");
		if (kind == NAME_FILE || kind == NAME_OTHER) {
			(void)entry_name_show(name, &shown);
			return error_set(err, EINVAL, "leads through %.*s, which is no directory",
					 length < strlen(shown.text) ? (int)length
								     : (int)strlen(shown.text),
					 shown.text);
		}
	}
	return 0;
}

static int check_hard_link(const struct entry_check *check, const char *target, struct error *err)
{
	enum name_kind kind = name_table_get(&check->names, target, strlen(target));
	struct entry_name_shown shown;

	(void)entry_name_show(target, &shown);
	if (kind == NAME_ABSENT)
		return error_set(err, EINVAL,
				 "is a hard link to %s, which is not in the image before it",
				 shown.text);
	if (kind != NAME_FILE)
		return error_set(err, EINVAL, "is a hard link to %s, which is no regular file",
				 shown.text);
	return 0;
}

static void count_xattrs(struct entry_check *check, const struct tar_entry *entry)
{
	bool can_have = entry->type == TAR_FILE || entry->type == TAR_DIRECTORY;

	for (size_t i = 0; i < entry->n_xattrs; i++)
		if (!can_have || !image_xattr_is_kept(entry->xattrs[i].name))
			check->n_dropped_xattrs++;
}

static enum name_kind kind_of(enum tar_type type)
{
	if (type == TAR_DIRECTORY)
		return NAME_DIRECTORY;
	return type == TAR_FILE || type == TAR_HARD_LINK ? NAME_FILE : NAME_OTHER;
}

int entry_check_take(struct entry_check *check, const struct image_entry *entry, struct error *err)
{
	enum name_kind kind = kind_of(entry->tar->type);
	size_t length = strlen(entry->name);
	int r = check_parents(check, entry->name, err);

	if (r == 0 && entry->hard_link != NULL)
		r = check_hard_link(check, entry->hard_link, err);
	if (r < 0)
		return r;
	if (kind != NAME_DIRECTORY &&
	    name_table_get(&check->names, entry->name, length) == NAME_DIRECTORY)
		return error_set(err, EINVAL, "would replace a directory");
	if (entry->hard_link == NULL)
		count_xattrs(check, entry->tar);
	if (name_table_set(&check->names, entry->name, length, kind) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}
