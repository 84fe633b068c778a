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

/* Appends "/component" to out, which has room for the whole path. */
static size_t append(char *out, size_t length, const char *component, size_t n)
{
	out[length] = '/';
	memcpy(out + length + 1, component, n);
	return length + 1 + n;
}

int plan_target(const struct plan_scope *scope, const char *what, const char *path,
		const char **ret)
{
	size_t length = 0;
	char *clean;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return plan_refuse(scope, EINVAL, "%s: \"%.64s\" is not an absolute path", what,
				   path);
	clean = arena_alloc(scope->arena, strlen(path) + 1, 1);
	if (clean == NULL)
		return plan_no_memory(scope);
	for (const char *p = path; *p != '\0';) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return plan_refuse(scope, EINVAL, "%s: %s: \"..\" in a target", what, path);
		if (n > 0 && !(n == 1 && p[0] == '.'))
			length = append(clean, length, p, n);
		p += n;
	}
	if (length == 0 || is_reserved(clean))
		return plan_refuse(scope, EINVAL, "%s: %s: that place is the isolator's own", what,
				   length == 0 ? "/" : clean);
	*ret = clean;
	return 0;
}

bool plan_target_covers(const char *outer, const char *inner)
{
	size_t length = strlen(outer);

	return strncmp(outer, inner, length) == 0 &&
	       (inner[length] == '\0' || inner[length] == '/');
}
