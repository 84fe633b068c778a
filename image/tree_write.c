/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tree_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "image/entry_name.h"
#include "image/link_table.h"
#include "image/source_file.h"
#include "image/tar_writer.h"

#define BUFFER_BYTES    ((size_t)256 << 10)
#define NAMES_CAP_BYTES ((size_t)1 << 30)

struct write_pass {
	const struct image_write_options *options;
	struct tar_writer tar;
	struct link_table links;
	struct image_facts facts;
	unsigned char *buffer;
	char name[ENTRY_NAME_SIZE + NAME_MAX + 2]; /* of the current entry in the archive */
};

static void release_pass(struct write_pass *pass)
{
	link_table_release(&pass->links);
	tar_writer_release(&pass->tar);
	cleanup_free(&pass->buffer);
}

static int begin_entry(struct write_pass *pass, struct tar_entry *entry, struct error *err)
{
	const struct image_write_options *options = pass->options;

	if (pass->facts.n_entries++ == IMAGE_MAX_ENTRIES)
		return error_set(err, EFBIG, "the image would have more than %u entries",
				 IMAGE_MAX_ENTRIES);
	if (options->owned_by_root) {
		entry->uid = 0;
		entry->gid = 0;
	}
	entry->uid = tree_write_id(entry->uid, options->first_id, options->n_ids);
	entry->gid = tree_write_id(entry->gid, options->first_id, options->n_ids);
	if (entry->link_name == NULL)
		entry->link_name = "";
	return tar_writer_begin(&pass->tar, entry, err);
}

/* Before 1970 is 1970: what ustar can say. */
static struct tar_time time_of(const struct image_write_options *options, const struct stat *found)
{
	const int64_t seconds = found->st_mtim.tv_sec < 0 ? 0 : found->st_mtim.tv_sec;

	return (struct tar_time){ .seconds = options->keep_times ? seconds : options->mtime };
}

static struct tar_entry entry_of(struct write_pass *pass, const struct stat *found,
				 enum tar_type type)
{
	return (struct tar_entry){
		.name = pass->name,
		.type = type,
		.mtime = time_of(pass->options, found),
		.mode = found->st_mode & 07777,
		.uid = found->st_uid,
		.gid = found->st_gid,
	};
}

static int changed(struct error *err)
{
	return error_set(err, EAGAIN, "it changed while it was read");
}

static int write_data(struct write_pass *pass, int fd, uint64_t size, struct error *err)
{
	const struct image_write_options *options = pass->options;

	while (size > 0) {
		ssize_t n = read(fd, pass->buffer, size < BUFFER_BYTES ? size : BUFFER_BYTES);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(err, "reading it");
		if (n == 0)
			return changed(err);
		r = tar_writer_data(&pass->tar, pass->buffer, (size_t)n, err);
		if (r < 0)
			return r;
		size -= (uint64_t)n;
		pass->facts.content_bytes += (uint64_t)n;
		if (options->progress != NULL)
			options->progress(pass->facts.content_bytes, options->progress_context);
	}
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int write_file(struct write_pass *pass, int dir_fd, const char *last,
		      const struct stat *found, struct error *err)
{
	struct tar_entry entry = entry_of(pass, found, TAR_FILE);
	auto_close int fd = openat(dir_fd, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_arena struct arena arena = { 0 };
	struct stat now;
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening it");
	r = source_xattrs(fd, &arena, &entry, err);
	if (r < 0)
		return r;
	entry.size_bytes = (uint64_t)found->st_size;
	r = begin_entry(pass, &entry, err);
	r = r < 0 ? r : write_data(pass, fd, entry.size_bytes, err);
	r = r < 0 ? r : tar_writer_end(&pass->tar, err);
	if (r < 0)
		return r;
	if (fstat(fd, &now) < 0 || !is_same(&now, found))
		return changed(err);
	return 0;
}

/* A further name of an inode already written: 1, 0 when it is the first. */
static int write_link(struct write_pass *pass, const struct stat *found, struct error *err)
{
	struct tar_entry entry = entry_of(pass, found, TAR_HARD_LINK);
	auto_free char *first = NULL;
	int r;

	if (found->st_nlink < 2 || S_ISDIR(found->st_mode))
		return 0;
	/* Only regular files are linked on extraction; other kinds are simply made again. */
	if (!S_ISREG(found->st_mode))
		return 0;
	r = link_table_meet(&pass->links, found, pass->name, &first);
	if (r < 0)
		return error_set(err, -r, "remembering its links: %s", strerror(-r));
	if (r == 0)
		return 0;
	entry.link_name = first;
	r = begin_entry(pass, &entry, err);
	return r < 0 ? r : 1;
}

static int write_symlink(struct write_pass *pass, int dir_fd, const char *last,
			 const struct stat *found, struct error *err)
{
	struct tar_entry entry = entry_of(pass, found, TAR_SYMLINK);
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, last, target, sizeof(target));

	if (n < 0)
		return error_from_errno(err, "reading the link");
	if ((size_t)n == sizeof(target))
		return error_set(err, ENAMETOOLONG, "reading the link: it is too long");
	target[n] = '\0';
	entry.link_name = target;
	return begin_entry(pass, &entry, err);
}

static int write_node(struct write_pass *pass, const struct stat *found, enum tar_type type,
		      struct error *err)
{
	struct tar_entry entry = entry_of(pass, found, type);

	if (type != TAR_FIFO) {
		entry.major = major(found->st_rdev);
		entry.minor = minor(found->st_rdev);
	}
	return begin_entry(pass, &entry, err);
}

static int write_other(struct write_pass *pass, int dir_fd, const char *last,
		       const struct stat *found, struct error *err)
{
	int r = write_link(pass, found, err);

	if (r != 0)
		return r < 0 ? r : 0;
	switch (found->st_mode & S_IFMT) {
	case S_IFREG:
		return write_file(pass, dir_fd, last, found, err);
	case S_IFLNK:
		return write_symlink(pass, dir_fd, last, found, err);
	case S_IFCHR:
		return write_node(pass, found, TAR_CHARACTER_DEVICE, err);
	case S_IFBLK:
		return write_node(pass, found, TAR_BLOCK_DEVICE, err);
	case S_IFIFO:
		return write_node(pass, found, TAR_FIFO, err);
	default:
		if (pass->options->skip_sockets) {
			pass->facts.n_sockets++;
			return 0;
		}
		return error_set(err, EINVAL, "it is a socket, which an image cannot hold");
	}
}

/* The directory's own entry: its name has a slash at the end. */
static int write_directory_entry(struct write_pass *pass, int fd, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	size_t length = strlen(pass->name);
	struct tar_entry entry;
	struct stat found;
	int r;

	if (fstat(fd, &found) < 0)
		return error_from_errno(err, "reading its metadata");
	entry = entry_of(pass, &found, TAR_DIRECTORY);
	r = source_xattrs(fd, &arena, &entry, err);
	if (r < 0)
		return r;
	pass->name[length] = '/';
	pass->name[length + 1] = '\0';
	r = begin_entry(pass, &entry, err);
	pass->name[length] = '\0';
	return r;
}

static int enter_name(struct write_pass *pass, size_t length, const char *last, struct error *err)
{
	char clean[ENTRY_NAME_SIZE];
	size_t n = strlen(last);

	if (n > NAME_MAX || length + 1 + n > ENTRY_NAME_MAX_BYTES)
		return error_set(err, ENAMETOOLONG, "the name below it is too long");
	pass->name[length] = '/';
	memcpy(pass->name + length + 1, last, n + 1);
	/* What extraction would refuse must not be written. */
	return entry_name_clean(pass->name, clean, sizeof(clean), err);
}

static int write_child(struct write_pass *pass, int dir_fd, const char *last, struct error *err);

/* Recursion is as deep as entry_name_clean() allows. */
static int write_directory(struct write_pass *pass, int fd, struct error *err)
{
	auto_arena struct arena arena = { .cap_bytes = NAMES_CAP_BYTES };
	size_t length = strlen(pass->name);
	const char **names;
	int r = write_directory_entry(pass, fd, err);

	r = r < 0 ? r : source_names(fd, &arena, &names, err);
	for (size_t i = 0; r == 0 && names[i] != NULL; i++) {
		r = enter_name(pass, length, names[i], err);
		r = r < 0 ? r : write_child(pass, fd, names[i], err);
		/* On failure the name stays, for the message. */
		if (r == 0)
			pass->name[length] = '\0';
	}
	return r;
}

static int write_child(struct write_pass *pass, int dir_fd, const char *last, struct error *err)
{
	auto_close int fd = FD_NONE;
	struct stat found;

	if (fstatat(dir_fd, last, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "reading its metadata");
	if (!S_ISDIR(found.st_mode))
		return write_other(pass, dir_fd, last, &found, err);
	fd = openat(dir_fd, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening it");
	return write_directory(pass, fd, err);
}

static int write_manifest(struct write_pass *pass, const struct image_source *source,
			  struct error *err)
{
	struct tar_entry entry = {
		.name = "manifest",
		.type = TAR_FILE,
		.mode = 0644,
		.size_bytes = source->manifest_length,
		.mtime = { .seconds = pass->options->mtime },
	};
	int r = begin_entry(pass, &entry, err);

	r = r < 0 ? r : tar_writer_data(&pass->tar, source->manifest, source->manifest_length, err);
	return r < 0 ? r : tar_writer_end(&pass->tar, err);
}

static int write_all(struct write_pass *pass, const struct image_source *source, struct error *err)
{
	struct entry_name_shown shown;
	int r = write_manifest(pass, source, err);

	if (r < 0)
		return error_prefix(err, "manifest");
	memcpy(pass->name, "rootfs", sizeof("rootfs"));
	r = write_directory(pass, source->rootfs_fd, err);
	if (r < 0)
		return error_prefix(err, "%s", entry_name_show(pass->name, &shown));
	return tar_writer_finish(&pass->tar, err);
}

int tree_write(const struct tar_output *output, const struct image_source *source,
	       const struct image_write_options *options, struct image_facts *counts,
	       struct error *err)
{
	CLEANUP(release_pass) struct write_pass pass = { .options = options };
	int r;

	if (source->manifest_length > IMAGE_MANIFEST_MAX_BYTES)
		return error_set(err, EFBIG, "the manifest has more than %zu bytes",
				 IMAGE_MANIFEST_MAX_BYTES);
	pass.buffer = malloc(BUFFER_BYTES);
	if (pass.buffer == NULL)
		return error_set(err, ENOMEM, "preparing to write an image: out of memory");
	pass.tar.output = *output;
	r = write_all(&pass, source, err);
	if (r < 0)
		return r;
	counts->n_entries = pass.facts.n_entries;
	counts->n_sockets = pass.facts.n_sockets;
	counts->content_bytes = pass.facts.content_bytes;
	return 0;
}
