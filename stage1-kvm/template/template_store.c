/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/template/template_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/kernel/tree_remove.h"

#define STORE      TEMPLATE_STORE
#define NEW        "new"
#define RECORD_MAX 512

/* …/pods/run/UUID: only below such a place is "../../.." the data directory. */
static bool is_pod_place(int pod_fd)
{
	char link[64], path[4096];
	const char *end;
	ssize_t n;

	if (snprintf(link, sizeof(link), "/proc/self/fd/%d", pod_fd) < 0)
		return false;
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	end = strrchr(path, '/');
	return end != NULL && end - path >= 9 && strncmp(end - 9, "/pods/run", 9) == 0;
}

static int check_store(int store, struct error *err)
{
	struct stat status;

	if (fstat(store, &status) < 0)
		return error_from_errno(err, "looking at " STORE);
	if (status.st_uid != geteuid() || (status.st_mode & 077) != 0)
		return error_set(err, EACCES, STORE ": not root's alone");
	if (faccessat(store, "off", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, EPERM, "switched off by " STORE "/off");
	return 0;
}

int template_store_open(int pod_fd, int *ret_store, struct error *err)
{
	auto_close int data = FD_NONE;
	auto_close int store = FD_NONE;
	int r;

	if (!is_pod_place(pod_fd))
		return error_set(err, EPERM, "the pod is not below pods/run");
	data = openat(pod_fd, "../../..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (data < 0 || (mkdirat(data, STORE, 0700) < 0 && errno != EEXIST))
		return error_from_errno(err, "making " STORE);
	store = openat(data, STORE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (store < 0)
		return error_from_errno(err, "opening " STORE);
	r = check_store(store, err);
	if (r == 0)
		*ret_store = take_fd(&store);
	return r;
}

bool template_store_accepts_emulation(int pod_fd)
{
	return is_pod_place(pod_fd) &&
	       faccessat(pod_fd, "../../../" STORE "/emulated", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void template_files_close(struct template_files *files)
{
	cleanup_close(&files->memory);
	cleanup_close(&files->state);
	cleanup_close(&files->disk);
}

static int describe_file(const char *name, int fd, const char *known_sum, struct text *out,
			 struct error *err)
{
	char sum[TEMPLATE_KEY_SIZE];
	struct stat status;
	int r = known_sum != NULL ? 0 : template_key_of_sparse(fd, sum, err);

	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return error_from_errno(err, "looking at a template");
	r = text_printf(out, "%s %lld %s\n", name, (long long)status.st_size,
			known_sum != NULL ? known_sum : sum);
	return r < 0 ? error_set(err, -r, "describing a template: %s", strerror(-r)) : 0;
}

/* What belongs into a record: sizes and checksums. */
static int describe(const struct template_files *files, const char *memory_sum, struct text *out,
		    struct error *err)
{
	int r = describe_file("memory", files->memory, memory_sum, out, err);

	if (r == 0)
		r = describe_file("state", files->state, NULL, out, err);
	return r < 0 ? r : describe_file("disk", files->disk, NULL, out, err);
}

/* The memory's file as it is on this boot of the machine. */
static int describe_checked(int memory, struct text *out, struct error *err)
{
	auto_text struct text boot = { 0 };
	struct stat status;
	int r = file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot, err);

	if (r < 0)
		return r;
	if (fstat(memory, &status) < 0)
		return error_from_errno(err, "looking at a template");
	r = text_printf(
	    out, "%llu %lld %lld.%09ld %lld.%09ld %s", (unsigned long long)status.st_ino,
	    (long long)status.st_size, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
	    (long long)status.st_ctim.tv_sec, status.st_ctim.tv_nsec, text_string(&boot));
	return r < 0 ? error_set(err, -r, "describing a template: %s", strerror(-r)) : 0;
}

/* Copies the memory's checksum of a record. */
static bool recorded_sum(const char *record, char ret[TEMPLATE_KEY_SIZE])
{
	const char *end = strchr(record, '\n');
	size_t length = TEMPLATE_KEY_SIZE - 1;

	if (end == NULL || (size_t)(end - record) < length)
		return false;
	memcpy(ret, end - length, length);
	ret[length] = '\0';
	return true;
}

static int check_memory(int directory, int memory, const char *wanted, struct error *err)
{
	auto_text struct text now = { 0 };
	auto_text struct text before = { 0 };
	struct error missing = { 0 };
	char sum[TEMPLATE_KEY_SIZE];
	int r = describe_checked(memory, &now, err);

	if (r < 0)
		return r;
	if (file_read_at(directory, "checked", RECORD_MAX, &before, &missing) == 0 &&
	    strcmp(text_string(&before), text_string(&now)) == 0)
		return 0;
	r = template_key_of_sparse(memory, sum, err);
	if (r < 0)
		return r;
	if (strcmp(sum, wanted) != 0)
		return error_set(err, EBADMSG, "the memory is not what was saved");
	return file_replace_at(directory, "checked", text_string(&now), 0600, err);
}

static int check_template(int directory, const struct template_files *files, struct error *err)
{
	auto_text struct text record = { 0 };
	auto_text struct text found = { 0 };
	char memory_sum[TEMPLATE_KEY_SIZE];
	int r = file_read_at(directory, "record", RECORD_MAX, &record, err);

	if (r < 0)
		return r;
	if (!recorded_sum(text_string(&record), memory_sum))
		return error_set(err, EBADMSG, "its record is damaged");
	r = describe(files, memory_sum, &found, err);
	if (r < 0)
		return r;
	if (strcmp(text_string(&record), text_string(&found)) != 0)
		return error_set(err, EBADMSG, "its state or disk is not what was saved");
	return check_memory(directory, files->memory, memory_sum, err);
}

static int open_files(int directory, struct template_files *ret, struct error *err)
{
	ret->memory = openat(directory, "memory", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ret->state = openat(directory, "state", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ret->disk = openat(directory, "disk", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->memory < 0 || ret->state < 0 || ret->disk < 0)
		return error_from_errno(err, "opening a template");
	return check_template(directory, ret, err);
}

int template_store_find(int store, const char *key, struct template_files *ret, struct error *err)
{
	auto_close int directory =
	    openat(store, key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct template_files files = TEMPLATE_FILES_NONE;
	struct error ignored = { 0 }, problem;
	int r;

	if (directory < 0)
		return error_from_errno(err, "opening a template");
	r = open_files(directory, &files, err);
	if (r == 0) {
		/* When it was used last. */
		(void)futimens(directory, NULL);
		*ret = files;
		return 0;
	}
	problem = *err;
	template_files_close(&files);
	result_ignored(template_store_remove(store, key, &ignored));
	return error_set(err, EBADMSG, "a damaged template was removed: %.300s", problem.text);
}

int template_store_remove(int store, const char *key, struct error *err)
{
	return tree_remove(store, key, err);
}

static int make_files(struct template_draft *draft, uint64_t memory_bytes, struct error *err)
{
	static const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	draft->directory =
	    openat(draft->store, NEW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (draft->directory < 0)
		return error_from_errno(err, "opening a new template");
	draft->files.memory = openat(draft->directory, "memory", flags, 0600);
	draft->files.state = openat(draft->directory, "state", flags, 0600);
	draft->files.disk = openat(draft->directory, "disk", flags, 0600);
	/* The hypervisor opens its descriptor again, as a user of its own; no other gets here. */
	if (draft->files.memory < 0 || draft->files.state < 0 || draft->files.disk < 0 ||
	    fchmod(draft->files.memory, 0666) < 0 ||
	    ftruncate(draft->files.memory, (off_t)memory_bytes) < 0)
		return error_from_errno(err, "making a new template");
	return 0;
}

int template_draft_open(int store, uint64_t memory_bytes, struct template_draft *ret,
			struct error *err)
{
	struct template_draft draft = TEMPLATE_DRAFT_NONE;
	int r;

	draft.store = store;
	draft.lock = openat(store, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (draft.lock < 0)
		return error_from_errno(err, "opening the lock of the templates");
	if (flock(draft.lock, LOCK_EX | LOCK_NB) < 0) {
		cleanup_close(&draft.lock);
		return error_set(err, EBUSY, "a template is being made");
	}
	r = tree_remove(store, NEW, err);
	if (r == 0 && mkdirat(store, NEW, 0700) < 0)
		r = error_from_errno(err, "making a new template");
	if (r == 0)
		r = make_files(&draft, memory_bytes, err);
	if (r < 0) {
		template_draft_release(&draft);
		return r;
	}
	*ret = draft;
	return 0;
}

static int finish_files(struct template_draft *draft, struct error *err)
{
	auto_text struct text record = { 0 };
	auto_text struct text checked = { 0 };
	char sum[TEMPLATE_KEY_SIZE];
	int r;

	if (fchmod(draft->files.memory, 0444) < 0 || fsync(draft->files.memory) < 0 ||
	    fchmod(draft->files.state, 0400) < 0 || fsync(draft->files.state) < 0 ||
	    fchmod(draft->files.disk, 0400) < 0 || fsync(draft->files.disk) < 0)
		return error_from_errno(err, "saving a template");
	r = template_key_of_sparse(draft->files.memory, sum, err);
	if (r == 0)
		r = describe(&draft->files, sum, &record, err);
	if (r == 0)
		r = describe_checked(draft->files.memory, &checked, err);
	if (r == 0)
		r = file_replace_at(draft->directory, "record", text_string(&record), 0400, err);
	if (r == 0)
		r = file_replace_at(draft->directory, "checked", text_string(&checked), 0600, err);
	/* Without its record, after a crash, it counts as damaged. */
	if (r == 0 && fsync(draft->directory) < 0)
		return error_from_errno(err, "saving a template");
	return r;
}

/* The template used longest ago, of more than are kept. */
static int find_oldest(DIR *store, char ret[TEMPLATE_KEY_SIZE])
{
	const struct dirent *entry;
	struct timespec oldest = { 0 };
	int n = 0;

	rewinddir(store);
	while ((entry = readdir(store)) != NULL) {
		struct stat status;

		if (strlen(entry->d_name) != TEMPLATE_KEY_SIZE - 1 ||
		    fstatat(dirfd(store), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n++ > 0 && (status.st_mtim.tv_sec > oldest.tv_sec ||
				(status.st_mtim.tv_sec == oldest.tv_sec &&
				 status.st_mtim.tv_nsec >= oldest.tv_nsec)))
			continue;
		oldest = status.st_mtim;
		memcpy(ret, entry->d_name, TEMPLATE_KEY_SIZE);
	}
	return n;
}

/* Running guests keep the files of a removed one open. */
static void remove_surplus(int store)
{
	int fd = openat(store, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	char key[TEMPLATE_KEY_SIZE];
	struct error ignored = { 0 };

	if (directory == NULL) {
		cleanup_close(&fd);
		return;
	}
	while (find_oldest(directory, key) > TEMPLATE_STORE_MAX) {
		if (template_store_remove(store, key, &ignored) < 0)
			break;
	}
	(void)closedir(directory);
}

int template_draft_keep(struct template_draft *draft, const char *key, struct error *err)
{
	int r = finish_files(draft, err);

	if (r < 0)
		return r;
	if (renameat(draft->store, NEW, draft->store, key) < 0)
		return error_from_errno(err, "naming a new template");
	cleanup_close(&draft->directory);
	(void)fsync(draft->store);
	remove_surplus(draft->store);
	return 0;
}

void template_draft_release(struct template_draft *draft)
{
	struct error ignored = { 0 };

	template_files_close(&draft->files);
	if (draft->directory >= 0)
		result_ignored(tree_remove(draft->store, NEW, &ignored));
	cleanup_close(&draft->directory);
	cleanup_close(&draft->lock);
}
