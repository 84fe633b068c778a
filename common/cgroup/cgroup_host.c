/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_leaf.h"

#define MAX_MOUNTINFO_BYTES   ((size_t)8 << 20)
#define MAX_MEMBERSHIPS_BYTES ((size_t)256 << 10)
#define MAX_CONTROLLERS_BYTES 4096

static struct cgroup_hierarchy *find_v2(struct cgroup_host *host)
{
	for (size_t i = 0; i < host->n; i++) {
		if (host->items[i].version == 2)
			return &host->items[i];
	}
	return NULL;
}

static const char *or_dot(const char *path)
{
	return path[0] == '\0' ? "." : path;
}

/* systemd marks what it gave away: the first name for all to read, the second of old releases. */
static bool is_marked(int root_fd, const char *path)
{
	auto_close int fd = openat(root_fd, or_dot(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char value[2];

	return fd >= 0 &&
	       ((fgetxattr(fd, "user.delegate", value, sizeof(value)) == 1 && value[0] == '1') ||
		(fgetxattr(fd, "trusted.delegate", value, sizeof(value)) == 1 && value[0] == '1'));
}

/* The cgroup that path is the leaf of, if it is a leaf of ours; else path itself. */
static const char *without_leaf(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(slash == NULL ? path : slash + 1, CGROUP_LEAF_NAME) != 0)
		return path;
	return slash == NULL ? "" : arena_bytes(arena, path, (size_t)(slash - path));
}

/* "cpuset cpu io memory pids\n" */
static uint32_t parse_controllers(const char *list)
{
	uint32_t bits = 0;

	while (*list != '\0') {
		size_t length = strcspn(list, " \n");

		bits |= cgroup_controller_bit(list, length);
		list += length;
		list += strspn(list, " \n");
	}
	return bits;
}

static int read_controllers(int root_fd, const char *path, uint32_t *ret, struct error *err)
{
	auto_close int fd = openat(root_fd, or_dot(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_text struct text list = { 0 };
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening the cgroup %s", or_dot(path));
	r = file_read_at(fd, "cgroup.controllers", MAX_CONTROLLERS_BYTES, &list, err);
	if (r < 0)
		return r;
	*ret = parse_controllers(text_string(&list));
	return 0;
}

int cgroup_host_look(struct arena *arena, int root_fd, struct cgroup_host *host, struct error *err)
{
	struct cgroup_hierarchy *tree = find_v2(host);
	const char *base, *shown;

	if (tree == NULL)
		return 0;
	base = without_leaf(arena, tree->own_path);
	if (base == NULL)
		return error_set(err, ENOMEM, "looking for cgroups: out of memory");
	host->delegated = !host->systemd || base[0] == '\0' || is_marked(root_fd, base);
	if (!host->delegated && base != tree->own_path) {
		base = tree->own_path;
		host->delegated = is_marked(root_fd, base);
	}
	tree->base_path = host->delegated ? base : CGROUP_MACHINE_SLICE;
	/* What the root has can be enabled all the way down to a slice at the top. */
	shown = host->delegated ? base : "";
	return read_controllers(root_fd, shown, &tree->controllers, err);
}

static int look_at_tree(struct arena *arena, struct cgroup_host *host, struct error *err)
{
	const struct cgroup_hierarchy *tree = find_v2(host);
	auto_close int fd = FD_NONE;

	if (tree == NULL)
		return 0;
	host->systemd = access("/run/systemd/system", F_OK) == 0;
	fd = open(tree->mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening %s", tree->mount_point);
	return cgroup_host_look(arena, fd, host, err);
}

int cgroup_host_detect(struct arena *arena, struct cgroup_host *ret, struct error *err)
{
	auto_text struct text mountinfo = { 0 };
	auto_text struct text cgroup = { 0 };
	struct cgroup_host host;
	int r =
	    file_read_at(AT_FDCWD, "/proc/self/mountinfo", MAX_MOUNTINFO_BYTES, &mountinfo, err);

	if (r < 0)
		return r;
	r = file_read_at(AT_FDCWD, "/proc/self/cgroup", MAX_MEMBERSHIPS_BYTES, &cgroup, err);
	if (r < 0)
		return r;
	r = cgroup_host_parse(arena, text_string(&mountinfo), text_string(&cgroup), &host, err);
	if (r < 0)
		return r;
	r = look_at_tree(arena, &host, err);
	if (r < 0)
		return r;
	*ret = host;
	return 0;
}

uint32_t cgroup_host_controllers(const struct cgroup_host *host)
{
	uint32_t controllers = 0;

	for (size_t i = 0; i < host->n; i++) {
		controllers |= host->items[i].controllers;
		if (host->items[i].version == 2)
			controllers |= CGROUP_V2_BUILT_IN;
	}
	return controllers & ~CGROUP_SYSTEMD;
}
