/* SPDX-License-Identifier: Apache-2.0 */
#include "image/extract_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "image/extract_data.h"
#include "image/extract_metadata.h"

struct extract_directory {
	char *name;
	size_t sequence; /* of two entries for one directory, the later counts */
	uint32_t mode, uid, gid;
	struct tar_time mtime;
};

static int need_empty(int target_fd, struct error *err)
{
	int fd = openat(target_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *found;
	int r = 0;

	if (directory == NULL) {
		r = error_from_errno(err, "opening the directory to extract into");
		cleanup_close(&fd);
		return r;
	}
	do
		found = readdir(directory);
	while (found != NULL &&
	       (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0));
	if (found != NULL)
		r = error_set(err, ENOTEMPTY, "the directory to extract into is not empty");
	(void)closedir(directory);
	return r;
}

int extract_tree_begin(struct extract_tree *tree, int target_fd, bool drop_owner, struct error *err)
{
	unsigned char *buffer;
	int r = need_empty(target_fd, err);

	if (r < 0)
		return r;
	buffer = malloc(EXTRACT_BUFFER_BYTES);
	if (buffer == NULL)
		return error_set(err, ENOMEM, "preparing to extract: out of memory");
	*tree = (struct extract_tree){ .target_fd = target_fd,
				       .drop_owner = drop_owner,
				       .parent_fd = FD_NONE,
				       .buffer = buffer };
	return 0;
}

void extract_tree_release(struct extract_tree *tree)
{
	for (size_t i = 0; i < tree->n_directories; i++)
		free(tree->directories[i].name);
	cleanup_free(&tree->directories);
	tree->n_directories = 0;
	cleanup_free(&tree->buffer);
	cleanup_close(&tree->parent_fd);
}

/* Opens a directory of the tree by its plain name ("" is the target), through no link. */
static int open_directory(const struct extract_tree *tree, const char *name, int flags)
{
	struct error ignored = { 0 };
	int fd = FD_NONE;
	int r = path_open_no_symlinks(tree->target_fd, name[0] == '\0' ? "." : name,
				      flags | O_DIRECTORY | O_NOFOLLOW, &fd, &ignored);

	return r < 0 ? r : fd;
}

static int way_failed(const char *name, int code, struct error *err)
{
	struct entry_name_shown shown;

	(void)entry_name_show(name, &shown);
	if (code == ELOOP || code == ENOTDIR)
		return error_set(err, EINVAL, "leads through %s, which is no directory",
				 shown.text);
	return error_set(err, code, "opening %s: %s", shown.text, strerror(code));
}

/* Makes the missing directories of a path, one component at a time; gives the last one. */
static int make_parents(const struct extract_tree *tree, const char *path, struct error *err)
{
	auto_free char *copy = strdup(path);
	auto_close int fd = open_directory(tree, "", O_PATH);
	char *rest = copy;

	if (copy == NULL)
		return error_set(err, ENOMEM, "out of memory");
	while (fd >= 0 && rest != NULL) {
		char *component = strsep(&rest, "/");
		int next;

		if (mkdirat(fd, component, 0755) == 0) {
			/* Whatever the umask is. */
			if (fchmodat(fd, component, 0755, 0) < 0)
				return error_from_errno(err, "making %s", component);
		} else if (errno != EEXIST) {
			return error_from_errno(err, "making %s", component);
		}
		next = openat(fd, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return way_failed(path, errno, err);
		cleanup_close(&fd);
		fd = next;
	}
	return fd < 0 ? way_failed(path, -fd, err) : take_fd(&fd);
}

/* The directory that holds an entry, kept open for the entry's siblings. */
static int open_parent(struct extract_tree *tree, const char *name, struct error *err)
{
	const char *last = entry_name_last(name);
	size_t length = last == name ? 0 : (size_t)(last - name) - 1;
	char parent[ENTRY_NAME_SIZE];
	int fd;

	memcpy(parent, name, length);
	parent[length] = '\0';
	if (tree->parent_fd >= 0 && strcmp(tree->parent, parent) == 0)
		return 0;
	fd = open_directory(tree, parent, O_PATH);
	if (fd == -ENOENT)
		fd = make_parents(tree, parent, err);
	else if (fd < 0)
		return way_failed(parent, -fd, err);
	if (fd < 0)
		return fd;
	cleanup_close(&tree->parent_fd);
	tree->parent_fd = fd;
	memcpy(tree->parent, parent, length + 1);
	return 0;
}

/* Takes away what an earlier entry has put there: a later one wins. */
static int remove_earlier(const struct extract_tree *tree, const char *last, struct error *err)
{
	if (unlinkat(tree->parent_fd, last, 0) == 0)
		return 0;
	if (errno == EISDIR || errno == EPERM)
		return error_set(err, EINVAL, "would replace a directory");
	return error_from_errno(err, "removing an earlier entry of this name");
}

static struct extract_metadata metadata_of(struct extract_tree *tree, const struct tar_entry *entry)
{
	return (struct extract_metadata){
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = entry->mtime,
		.xattrs = entry->xattrs,
		.n_xattrs = entry->n_xattrs,
		.drop_owner = tree->drop_owner,
		.n_dropped_xattrs = &tree->n_dropped_xattrs,
	};
}

/* What makes one thing of a name, and says EEXIST when there is one. */
typedef int (*make_fn)(int dir_fd, const char *last, const struct tar_entry *entry);

static int make_file(int dir_fd, const char *last, const struct tar_entry *entry)
{
	(void)entry;
	return openat(dir_fd, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int make_symlink(int dir_fd, const char *last, const struct tar_entry *entry)
{
	return symlinkat(entry->link_name, dir_fd, last);
}

static int make_node(int dir_fd, const char *last, const struct tar_entry *entry)
{
	mode_t type = entry->type == TAR_FIFO               ? S_IFIFO
		      : entry->type == TAR_CHARACTER_DEVICE ? S_IFCHR
							    : S_IFBLK;

	return mknodat(dir_fd, last, type | 0600, makedev(entry->major, entry->minor));
}

/* Calls make, once more when an earlier entry was in the way; gives what it gave. */
static int make_fresh(struct extract_tree *tree, const char *last, const struct tar_entry *entry,
		      make_fn make, struct error *err)
{
	int made = make(tree->parent_fd, last, entry);
	int r;

	if (made < 0 && errno == EEXIST) {
		r = remove_earlier(tree, last, err);
		if (r < 0)
			return r;
		made = make(tree->parent_fd, last, entry);
	}
	return made < 0 ? error_from_errno(err, "creating it") : made;
}

static int add_special(struct extract_tree *tree, const char *last, const struct tar_entry *entry,
		       struct error *err)
{
	bool is_symlink = entry->type == TAR_SYMLINK;
	struct extract_metadata metadata = metadata_of(tree, entry);
	int r = make_fresh(tree, last, entry, is_symlink ? make_symlink : make_node, err);

	if (r < 0)
		return r;
	return extract_metadata_apply_at(tree->parent_fd, last, is_symlink, &metadata, err);
}

static int note_directory(struct extract_tree *tree, const char *name,
			  const struct tar_entry *entry, struct error *err)
{
	struct extract_directory *directory;

	if (tree->n_directories == tree->capacity) {
		size_t capacity = tree->capacity > 0 ? 2 * tree->capacity : 64;
		void *grown = reallocarray(tree->directories, capacity, sizeof(*directory));

		if (grown == NULL)
			return error_set(err, ENOMEM, "out of memory");
		tree->directories = grown;
		tree->capacity = capacity;
	}
	directory = &tree->directories[tree->n_directories];
	*directory = (struct extract_directory){
		.name = strdup(name),
		.sequence = tree->n_directories,
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = entry->mtime,
	};
	if (directory->name == NULL)
		return error_set(err, ENOMEM, "out of memory");
	tree->n_directories++;
	return 0;
}

static int make_directory(int dir_fd, const char *last, const struct tar_entry *entry)
{
	struct stat found;

	(void)entry;
	if (mkdirat(dir_fd, last, 0700) == 0)
		return 0;
	if (errno == EEXIST && fstatat(dir_fd, last, &found, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISDIR(found.st_mode))
			return 0;
		errno = EEXIST;
	}
	return -1;
}

/* Only xattrs at once; the rest waits until the directory is full. */
static int add_directory(struct extract_tree *tree, const char *name, const struct tar_entry *entry,
			 struct error *err)
{
	const char *last = entry_name_last(name);
	struct extract_metadata metadata = metadata_of(tree, entry);
	int r = make_fresh(tree, last, entry, make_directory, err);

	if (r < 0)
		return r;
	if (entry->n_xattrs > 0) {
		auto_close int fd = open_directory(tree, name, O_RDONLY);

		if (fd < 0)
			return way_failed(name, -fd, err);
		metadata.mode = 0700;
		r = extract_metadata_apply(fd, &metadata, err);
		if (r < 0)
			return r;
	}
	return note_directory(tree, name, entry, err);
}

static int add_file(struct extract_tree *tree, const char *last, const struct tar_entry *entry,
		    struct tar_reader *data, struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	auto_close int fd = make_fresh(tree, last, entry, make_file, err);
	int r;

	if (fd < 0)
		return fd;
	r = extract_data(fd, data, tree->buffer, err);
	return r < 0 ? r : extract_metadata_apply(fd, &metadata, err);
}

int extract_tree_add(struct extract_tree *tree, const char *name, const struct tar_entry *entry,
		     struct tar_reader *data, struct error *err)
{
	const char *last = entry_name_last(name);
	int r = open_parent(tree, name, err);

	if (r < 0)
		return r;
	if (entry->type == TAR_DIRECTORY)
		return add_directory(tree, name, entry, err);
	if (entry->type == TAR_FILE)
		return add_file(tree, last, entry, data, err);
	return add_special(tree, last, entry, err);
}

int extract_tree_add_manifest(struct extract_tree *tree, const struct tar_entry *entry,
			      const char *content, size_t length, struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	auto_close int fd = FD_NONE;
	int r = open_parent(tree, "manifest", err);

	if (r < 0)
		return r;
	fd = make_fresh(tree, "manifest", entry, make_file, err);
	if (fd < 0)
		return fd;
	/* Not as data with holes: a manifest is small, and shall have its length. */
	r = extract_data_write(fd, (const unsigned char *)content, length, 0, err);
	if (r == 0 && ftruncate(fd, (off_t)length) < 0)
		r = error_from_errno(err, "writing it");
	return r < 0 ? r : extract_metadata_apply(fd, &metadata, err);
}

/* Opens the directory of a link's target, which must hold a regular file of that name. */
static int open_link_target(const struct extract_tree *tree, const char *existing,
			    struct error *err)
{
	const char *last = entry_name_last(existing);
	auto_free char *parent = strndup(existing, (size_t)(last - existing));
	auto_close int fd = parent == NULL ? -ENOMEM : open_directory(tree, parent, O_PATH);
	struct entry_name_shown shown;
	struct stat found;

	(void)entry_name_show(existing, &shown);
	/* The target was empty: what is there, this extraction has made. */
	if (fd < 0 || fstatat(fd, last, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, EINVAL,
				 "is a hard link to %s, which is not in the image "
				 "before it",
				 shown.text);
	if (!S_ISREG(found.st_mode))
		return error_set(err, EINVAL, "is a hard link to %s, which is no regular file",
				 shown.text);
	return take_fd(&fd);
}

int extract_tree_link(struct extract_tree *tree, const char *name, const char *existing,
		      struct error *err)
{
	const char *last = entry_name_last(name);
	auto_close int from = open_link_target(tree, existing, err);
	int r;

	if (from < 0)
		return from;
	r = open_parent(tree, name, err);
	if (r < 0)
		return r;
	if (linkat(from, entry_name_last(existing), tree->parent_fd, last, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		r = remove_earlier(tree, last, err);
		if (r < 0)
			return r;
		if (linkat(from, entry_name_last(existing), tree->parent_fd, last, 0) == 0)
			return 0;
	}
	return error_from_errno(err, "linking it");
}

/* Children after parents, later entries after earlier ones. */
static int compare_directories(const void *a, const void *b)
{
	const struct extract_directory *x = a;
	const struct extract_directory *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int finish_directory(struct extract_tree *tree, const struct extract_directory *directory,
			    struct error *err)
{
	const struct extract_metadata metadata = {
		.mode = directory->mode,
		.uid = directory->uid,
		.gid = directory->gid,
		.mtime = directory->mtime,
		.drop_owner = tree->drop_owner,
		.n_dropped_xattrs = &tree->n_dropped_xattrs,
	};
	auto_close int fd = open_directory(tree, directory->name, O_RDONLY);
	struct entry_name_shown shown;

	if (fd < 0)
		return way_failed(directory->name, -fd, err);
	if (extract_metadata_apply(fd, &metadata, err) < 0)
		return error_prefix(err, "%s", entry_name_show(directory->name, &shown));
	return 0;
}

int extract_tree_finish(struct extract_tree *tree, struct error *err)
{
	struct extract_directory *all = tree->directories;

	if (tree->n_directories > 0)
		qsort(all, tree->n_directories, sizeof(*all), compare_directories);
	/* From the end: without root, a parent of mode 0 hides its children. */
	for (size_t i = tree->n_directories; i-- > 0;) {
		int r;

		if (i + 1 < tree->n_directories && strcmp(all[i].name, all[i + 1].name) == 0)
			continue;
		r = finish_directory(tree, &all[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}
