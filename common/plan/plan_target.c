/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in an app's root that volumes are mounted on. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/plan/plan_parts.h"

/* Places that the isolator fills; the second half of them with all that is below. */
static bool is_reserved(const char *path)
{
	return strcmp(path, "/proc") == 0 || strncmp(path, "/proc/", 6) == 0 ||
	       strcmp(path, "/sys") == 0 || strcmp(path, "/dev") == 0;
}

/* Appends "/component" to out, which has room for the whole path; ".." shortens it instead. */
static size_t append(char *out, size_t length, const char *component, size_t n)
{
	if (n == 0 || (n == 1 && component[0] == '.'))
		return length;
	if (n == 2 && component[0] == '.' && component[1] == '.') {
		while (length > 0 && out[--length] != '/')
			;
		return length;
	}
	out[length] = '/';
	memcpy(out + length + 1, component, n);
	return length + 1 + n;
}

const char *plan_clean_path(struct arena *arena, const char *path)
{
	char *clean = arena_alloc(arena, strlen(path) + 2, 1);
	size_t length = 0;

	if (clean == NULL)
		return NULL;
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		length = append(clean, length, path, n);
		path += n + strspn(path + n, "/");
	}
	if (length == 0)
		clean[length++] = '/';
	clean[length] = '\0';
	return clean;
}

int plan_target_check(const struct plan_scope *scope, const char *what, const char *path)
{
	if (strlen(path) >= PATH_MAX)
		return plan_refuse(scope, EINVAL, "%s: \"%.64s…\" is longer than a path can be",
				   what, path);
	if (path[1] == '\0' || is_reserved(path))
		return plan_refuse(scope, EINVAL, "%s: %s: that place is the isolator's own", what,
				   path);
	return 0;
}

bool plan_target_covers(const char *outer, const char *inner)
{
	size_t length = strlen(outer);

	return strncmp(outer, inner, length) == 0 &&
	       (inner[length] == '\0' || inner[length] == '/');
}
