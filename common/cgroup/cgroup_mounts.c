/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_host.h"

/* A piece of a text that is not ours to write to. */
struct piece {
	const char *start;
	size_t length;
};

/* One line of /proc/self/cgroup. */
struct membership {
	unsigned version;
	uint32_t controllers;
	struct piece path;
};

#define MAX_MEMBERSHIPS 32 /* v1 has at most 14 controllers; names come on top */

/* Takes the text up to a separator (or all of it) away from rest; false: nothing is left. */
static bool take_piece(struct piece *rest, char separator, struct piece *ret)
{
	const char *end;

	if (rest->start == NULL)
		return false;
	end = memchr(rest->start, separator, rest->length);
	ret->start = rest->start;
	ret->length = end == NULL ? rest->length : (size_t)(end - rest->start);
	rest->start = end == NULL ? NULL : end + 1;
	rest->length -= end == NULL ? rest->length : ret->length + 1;
	return true;
}

static bool is(struct piece piece, const char *text)
{
	return piece.length == strlen(text) && memcmp(piece.start, text, piece.length) == 0;
}

/* The bits of a list; names that we have no use for are passed over. */
static uint32_t known_controllers(struct piece list)
{
	uint32_t bits = 0;
	struct piece name;

	while (take_piece(&list, ',', &name))
		bits |= cgroup_controller_bit(name.start, name.length);
	return bits;
}

/* "5:cpu,cpuacct:/path", "0::/path" */
static bool parse_membership(struct piece line, struct membership *ret)
{
	struct piece id, list;

	if (!take_piece(&line, ':', &id) || !take_piece(&line, ':', &list) || line.start == NULL)
		return false;
	ret->version = is(id, "0") && list.length == 0 ? 2 : 1;
	ret->controllers = known_controllers(list);
	ret->path = line;
	return line.length > 0 && line.start[0] == '/';
}

static int parse_memberships(const char *cgroup, struct membership *items, size_t *ret_n,
			     struct error *err)
{
	struct piece rest = { cgroup, strlen(cgroup) };
	struct piece line;
	size_t n = 0;

	while (take_piece(&rest, '\n', &line)) {
		if (line.length == 0)
			continue;
		if (n == MAX_MEMBERSHIPS || !parse_membership(line, &items[n]))
			return error_set(err, EPROTO, "reading /proc/self/cgroup: unreadable: %.*s",
					 (int)line.length, line.start);
		n++;
	}
	*ret_n = n;
	return 0;
}

/* One line of mountinfo that mounts a hierarchy. */
struct cgroup_mount {
	unsigned version;
	uint32_t controllers;
	struct piece root, target;
};

/* "31 23 0:28 ROOT TARGET rw,relatime shared:9 - TYPE SOURCE rw,cpu,cpuacct" */
static bool parse_mount(struct piece line, struct cgroup_mount *ret)
{
	struct piece word, type = { NULL, 0 }, source, options = { NULL, 0 };

	for (int field = 1; field <= 5; field++) {
		if (!take_piece(&line, ' ', &word))
			return false;
		if (field == 4)
			ret->root = word;
		ret->target = word;
	}
	while (take_piece(&line, ' ', &word) && !is(word, "-"))
		;
	if (!take_piece(&line, ' ', &type) || !take_piece(&line, ' ', &source) ||
	    !take_piece(&line, ' ', &options))
		return false;
	if (is(type, "cgroup2"))
		ret->version = 2;
	else if (is(type, "cgroup"))
		ret->version = 1;
	else
		return false;
	ret->controllers = ret->version == 1 ? known_controllers(options) : 0;
	return true;
}

/* A path of mountinfo: the kernel writes blanks, newlines and backslashes as \ooo. */
static char *unescape(struct arena *arena, struct piece text)
{
	char *copy = arena_bytes(arena, text.start, text.length);
	char *to = copy;

	for (const char *from = copy; copy != NULL && *from != '\0'; from++, to++) {
		*to = *from;
		if (from[0] != '\\' || from[1] < '0' || from[1] > '3' || from[2] < '0' ||
		    from[2] > '7' || from[3] < '0' || from[3] > '7')
			continue;
		*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
		from += 3;
	}
	if (copy != NULL)
		*to = '\0';
	return copy;
}

/* Where path is below the root that is mounted; NULL: it is not below it. */
static const char *below_root(const char *root, const char *path)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	path += length;
	while (*path == '/')
		path++;
	if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
		return NULL; /* outside our cgroup namespace */
	return path;
}

static bool is_known(const struct cgroup_host *host, const struct cgroup_mount *mount)
{
	for (size_t i = 0; i < host->n; i++) {
		if (host->items[i].version == mount->version &&
		    host->items[i].controllers == mount->controllers)
			return true;
	}
	return false;
}

static const struct membership *find_membership(const struct membership *items, size_t n,
						const struct cgroup_mount *mount)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].version != mount->version)
			continue;
		if (mount->version == 2 || (items[i].controllers & mount->controllers) != 0)
			return &items[i];
	}
	return NULL;
}

static int add_hierarchy(struct arena *arena, const struct cgroup_mount *mount,
			 const struct membership *membership, struct cgroup_host *host,
			 struct error *err)
{
	struct cgroup_hierarchy *item = &host->items[host->n];
	const char *target = unescape(arena, mount->target);
	const char *root = unescape(arena, mount->root);
	const char *path = arena_bytes(arena, membership->path.start, membership->path.length);

	if (target == NULL || root == NULL || path == NULL)
		return error_set(err, ENOMEM, "looking for cgroups: out of memory");
	path = below_root(root, path);
	if (path == NULL)
		return 0; /* this mount does not show where we are */
	*item = (struct cgroup_hierarchy){
		.version = mount->version,
		.controllers = mount->controllers,
		.mount_point = target,
		.own_path = path,
		.base_path = path,
	};
	host->n++;
	return 0;
}

int cgroup_host_parse(struct arena *arena, const char *mountinfo, const char *cgroup,
		      struct cgroup_host *ret, struct error *err)
{
	struct cgroup_host host = { .n = 0 };
	struct membership memberships[MAX_MEMBERSHIPS];
	struct piece rest = { mountinfo, strlen(mountinfo) };
	struct piece line;
	size_t n = 0;
	int r = parse_memberships(cgroup, memberships, &n, err);

	while (r == 0 && host.n < CGROUP_MAX_HIERARCHIES && take_piece(&rest, '\n', &line)) {
		struct cgroup_mount mount = { .version = 0 };
		const struct membership *membership;

		if (!parse_mount(line, &mount) || is_known(&host, &mount))
			continue;
		membership = find_membership(memberships, n, &mount);
		if (membership != NULL)
			r = add_hierarchy(arena, &mount, membership, &host, err);
	}
	if (r < 0)
		return r;
	if (host.n == 0)
		return error_set(err, ENOENT, "looking for cgroups: none are mounted");
	*ret = host;
	return 0;
}
