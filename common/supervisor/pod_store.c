/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/mount/api_file_systems.h"
#include "common/mount/mount_tree.h"

/* Files of /etc are bounded (app_resources.c); so are apps. */
#define STORE_BYTES ((uint64_t)64 << 20)

static bool is_needed(const struct pod_run *run)
{
	if (run->plan->n_apps > 1)
		return true;
	for (size_t i = 0; i < run->plan->n_apps; i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(run->resources[i].etc_files); j++) {
			if (run->resources[i].etc_files[j].content != NULL)
				return true;
		}
	}
	return false;
}

static int open_place(const char *stage1_root, const char *name, int *ret_fd, struct error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", stage1_root, name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, ENAMETOOLONG, "opening %s of the stage1", name);
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	*ret_fd = fd;
	return 0;
}

int pod_store_mount(const struct pod_run *run, const char *stage1_root, struct error *err)
{
	const struct mount_tree_tmpfs wanted = {
		.size_bytes = STORE_BYTES,
		.mode = 0755,
		.attr = { .no_suid = true, .no_dev = true, .no_exec = true },
	};
	auto_close int place = FD_NONE;
	auto_close int tree = FD_NONE;
	int r;

	if (!is_needed(run))
		return 0;
	r = open_place(stage1_root, "store", &place, err);
	if (r == 0)
		r = mount_tree_tmpfs(&wanted, &tree, err);
	return r < 0 ? r : mount_tree_attach(tree, place, "", err);
}

int pod_store_mount_shm(const char *stage1_root, struct error *err)
{
	auto_close int store = FD_NONE;
	auto_close int tree = FD_NONE;
	int r;

	r = open_place(stage1_root, "store", &store, err);
	if (r < 0)
		return r;
	if (mkdirat(store, "shm", 0755) < 0)
		return error_from_errno(err, "making the place of the shared memory");
	r = api_file_systems_new_shm(&tree, err);
	return r < 0 ? r : mount_tree_attach(tree, store, "shm", err);
}
