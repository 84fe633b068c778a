/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/vm_templates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/tree_remove.h"

#define TEMPLATES  "vm-templates"
#define NEW        "new"
#define KEY_DIGITS 32

static bool is_key(const char *name)
{
	return strspn(name, "0123456789abcdef") == KEY_DIGITS && name[KEY_DIGITS] == '\0';
}

static bool was_used(int templates, const char *key, uint64_t since_ns)
{
	struct stat st;

	if (fstatat(templates, key, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec >= since_ns;
}

/* 1: held; 0: somebody makes a template. */
static int take_lock(int templates, int *ret_fd, struct error *err)
{
	auto_close int fd =
	    openat(templates, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_from_errno(err, "opening the lock of " TEMPLATES);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : error_from_errno(err, "locking " TEMPLATES);
	*ret_fd = take_fd(&fd);
	return 1;
}

int vm_templates_collect(int data_dir, uint64_t unused_since_ns,
			 void (*removed)(void *context, const char *key), void *context,
			 struct error *err)
{
	int fd = openat(data_dir, TEMPLATES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	auto_close int lock = FD_NONE;
	struct dirent *entry;
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (dir == NULL) {
		(void)error_from_errno(err, "reading " TEMPLATES);
		cleanup_close(&fd);
		return -err->code;
	}
	r = take_lock(fd, &lock, err);
	if (r <= 0)
		return r;
	r = tree_remove(fd, NEW, err);
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (!is_key(entry->d_name) || was_used(fd, entry->d_name, unused_since_ns))
			continue;
		r = tree_remove(fd, entry->d_name, err);
		if (r == 0 && removed != NULL)
			removed(context, entry->d_name);
	}
	return r < 0 ? error_prefix(err, "removing unused templates of virtual machines") : 0;
}
