/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_collect.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/kernel/tree_remove.h"
#include "common/manifest/name.h"
#include "stage0/pods/stage1_program.h"
#include "stage0/pods/user_range.h"
#include "stage0/store/store.h"

/* The interface version whose gc knows --local-config. */
static const unsigned gc_local_config_since = 5;

int pod_mark(const struct pods *pods, struct pod_dir *pod, struct error *err)
{
	enum pod_home to = pod->home == POD_HOME_RUN ? POD_HOME_EXITED_GARBAGE : POD_HOME_GARBAGE;
	int r = pod_lock(pod, err);

	if (r < 0)
		return r;
	r = pod_move(pods, pod, to, err);
	pod_unlock(pod);
	return r;
}

/*
 * Whether asking the stage1 again may help.  Not when it cannot be called, its image being damaged
 * or gone (r), nor after a status of its own, which is its last word as it is for the original
 * rkt; but when it was killed, or says that it could not do its work (254).
 */
static bool may_succeed_later(int r, int status)
{
	if (r == 0)
		return status >= 128;
	return r != -ENOENT && r != -ENOTDIR && r != -EACCES && r != -ENOEXEC && r != -EINVAL;
}

/*
 * What the stage1 has made outside of the pod's directory, only that directory tells of: as
 * long as it may be cleaned up another time, this fails.
 */
int pod_clean_up(const struct pod_removal *removal, const struct pod_dir *pod, struct error *err)
{
	struct error mine = { 0 };
	auto_arena struct arena arena = { 0 };
	char *arguments[6] = { NULL };
	struct stage1_call call = {
		.pod = pod,
		.data_path = removal->data_path,
		.arguments = arguments,
		.environment = removal->environment,
		.view = STAGE1_WHOLE,
		.quiet = true,
	};
	size_t n = 1;
	int status = 0, r = stage1_program_path(pod, &arena, STAGE1_GC, &call.program, &mine);

	if (removal->debug)
		arguments[n++] = (char *)(uintptr_t) "--debug";
	if (stage1_program_version(pod, &arena) >= gc_local_config_since) {
		arguments[n++] = (char *)(uintptr_t) "--local-config";
		arguments[n++] = (char *)(uintptr_t)removal->local_config;
	}
	arguments[n] = (char *)(uintptr_t)pod->uuid.text;
	if (r == 0)
		r = stage1_program_run(&call, &status, &mine);
	if (r == 0 && status == 0)
		return 0;
	if (r == 0)
		(void)error_set(&mine, EIO, "the stage1's gc ended with status %d", status);
	if (may_succeed_later(r, status))
		return error_set(err, mine.code, "cleaning up after pod \"%s\": %.400s",
				 pod->uuid.text, mine.text);
	removal->warn(removal->context, pod->uuid.text, &mine);
	return 0;
}

static int remove_directory(const struct pods *pods, const struct pod_dir *pod, struct error *err)
{
	auto_close int garbage = openat(pods->fd, pod_home_name(POD_HOME_GARBAGE),
					O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (garbage < 0)
		return error_from_errno(err, "opening the directory of garbage");
	user_range_release(pods, pod);
	return tree_remove(garbage, pod->uuid.text, err);
}

void pod_discard(const struct pods *pods, struct pod_dir *pod)
{
	char mounted[sizeof("/proc/self/fd//stage1/rootfs") + 12];
	struct error ignored = { 0 };

	(void)snprintf(mounted, sizeof(mounted), "/proc/self/fd/%d/stage1/rootfs", pod->fd);
	(void)umount2(mounted, MNT_DETACH | UMOUNT_NOFOLLOW);
	if (pod_move(pods, pod, POD_HOME_GARBAGE, &ignored) == 0)
		(void)!remove_directory(pods, pod, &ignored);
}

int pod_remove(const struct pod_removal *removal, struct pod_dir *pod, struct error *err)
{
	int r = pod_lock(pod, err);

	if (r == 0 && pod->home == POD_HOME_EXITED_GARBAGE) {
		r = pod_clean_up(removal, pod, err);
		/* From here on there may be too little of it for another run of the stage1. */
		if (r == 0)
			r = pod_move(removal->pods, pod, POD_HOME_GARBAGE, err);
	}
	if (r < 0)
		return r;
	return remove_directory(removal->pods, pod, err);
}

struct tree_search {
	const struct pods *pods;
	const char *tree_id;
	bool found;
};

static bool names_tree(int at, const char *path, const char *tree_id)
{
	auto_text struct text content = { 0 };
	struct error ignored = { 0 };

	return file_read_at(at, path, STORE_TREE_ID_SIZE, &content, &ignored) == 0 &&
	       strcmp(text_string(&content), tree_id) == 0;
}

static bool app_uses_tree(int pod, const char *tree_id)
{
	int fd = openat(pod, "appsinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char path[NAME_MAX + sizeof("/treeStoreID")];
	struct dirent *entry;
	bool found = false;

	if (dir == NULL) {
		cleanup_close(&fd);
		return false;
	}
	while (!found && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/treeStoreID", entry->d_name);
		found = name_is_ac_name(entry->d_name) && names_tree(fd, path, tree_id);
	}
	(void)closedir(dir);
	return found;
}

static int look_into(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct tree_search *search = context;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error ignored = { 0 };

	(void)err;
	if (search->found || pod_open(search->pods, home, uuid, &pod, &ignored) < 0)
		return 0;
	search->found = names_tree(pod.fd, "stage1TreeStoreID", search->tree_id) ||
			app_uses_tree(pod.fd, search->tree_id);
	return 0;
}

int pod_uses_tree(void *pods, const char *tree_id, struct error *err)
{
	struct tree_search search = { .pods = pods, .tree_id = tree_id };

	/* garbage is left out: nobody runs or collects with it any more. */
	for (int home = 0; home < POD_HOME_GARBAGE && !search.found; home++) {
		int r = pods_visit(pods, (enum pod_home)home, look_into, &search, err);

		if (r < 0)
			return r;
	}
	return search.found;
}
