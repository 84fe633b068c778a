/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm_disks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct search {
	struct vm_disks disks;
	struct stat found[VM_DISKS_MAX];
};

static size_t find_same(const struct search *search, const struct stat *image)
{
	size_t i = 0;

	while (i < search->disks.n && (search->found[i].st_dev != image->st_dev ||
				       search->found[i].st_ino != image->st_ino))
		i++;
	return i;
}

static int find_app(struct search *search, int pod_fd, const char *path, size_t *ret_number,
		    struct error *err)
{
	struct vm_disks *disks = &search->disks;
	struct stat image;

	if (fstatat(pod_fd, path, &image, AT_SYMLINK_NOFOLLOW) < 0) {
		*ret_number = VM_DISK_NONE;
		disks->is_whole = false;
		return errno == ENOENT ? 0 : error_from_errno(err, "looking at %s", path);
	}
	*ret_number = find_same(search, &image);
	if (*ret_number < disks->n)
		return 0;
	if (disks->n == VM_DISKS_MAX)
		return error_set(err, E2BIG,
				 "apps of more than %d images: a virtual machine has no room for "
				 "them",
				 VM_DISKS_MAX);
	search->found[disks->n] = image;
	disks->paths[disks->n++] = path;
	return 0;
}

int vm_disks_find(struct arena *arena, int pod_fd, const struct plan *plan, struct vm_disks *ret,
		  struct error *err)
{
	struct search search = { .disks = { .is_whole = true } };
	int r = 0;

	search.disks.of_app = arena_array(arena, plan->n_apps + 1, size_t);
	if (search.disks.of_app == NULL)
		return error_set(err, ENOMEM, "finding the apps' disks: out of memory");
	for (size_t i = 0; r == 0 && i < plan->n_apps; i++) {
		const char *path =
		    arena_printf(arena, "appsinfo/%s/image.erofs", plan->apps[i].name);

		if (path == NULL)
			return error_set(err, ENOMEM, "finding the apps' disks: out of memory");
		r = find_app(&search, pod_fd, path, &search.disks.of_app[i], err);
	}
	if (r == 0)
		*ret = search.disks;
	return r;
}
