/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/file.h"
#include "stage0/store/store_disk.h"

bool pod_disks_are_wanted(const struct image_manifest *stage1)
{
	const char *format = manifest_pairs_get(&stage1->annotations, POD_DISK_ANNOTATION);

	return format != NULL && strcmp(format, STORE_DISK_FORMAT) == 0;
}

static int put_app(int apps, const char *app, const struct store *store, struct error *err)
{
	auto_text struct text tree_id = { 0 };
	auto_close int dir = openat(apps, app, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct error mine = { 0 };
	int r;

	if (dir < 0)
		return error_from_errno(err, "opening appsinfo/%s", app);
	r = file_read_at(dir, "treeStoreID", STORE_TREE_ID_SIZE, &tree_id, &mine);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, mine.code, "%s", mine.text);
	if (!store_tree_id_is_valid(text_string(&tree_id)))
		return error_set(err, EINVAL, "treeStoreID is not the id of a tree");
	return store_disk_link(store, text_string(&tree_id), dir, POD_DISK, err);
}

int pod_disks_put(const struct pod_dir *pod, const struct store *store, struct error *err)
{
	int fd = openat(pod->fd, "appsinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = error_from_errno(err, "opening appsinfo");
		cleanup_close(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		r = put_app(fd, entry->d_name, store, err);
		if (r < 0)
			(void)error_prefix(err, "app %s", entry->d_name);
	}
	(void)closedir(dir);
	return r;
}
