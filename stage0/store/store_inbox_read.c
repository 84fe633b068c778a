/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the inbox: claims of others, read with limits.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/kernel/file_clone.h"
#include "common/kernel/tree_remove.h"
#include "stage0/store/store_inbox_parts.h"
#include "stage0/store/store_place.h"

static int refuse(struct error *err, const char *why)
{
	return error_set(err, EINVAL, "%s", why);
}

static uint64_t added_ns(const struct stat *st)
{
	return (uint64_t)st->st_ctim.tv_sec * 1000000000U + (uint64_t)st->st_ctim.tv_nsec;
}

/* "rkt-inbox 1 IMAGE SIGNATURE MANIFEST ORIGIN", blanks to the end. */
static int parse_footer(char *footer, struct store_inbox_entry *entry)
{
	const struct {
		uint64_t *value;
		uint64_t max;
	} numbers[] = {
		{ &entry->image_bytes, STORE_INBOX_IMAGE_MAX },
		{ &entry->signature_bytes, STORE_INBOX_SIGNATURE_MAX },
		{ &entry->manifest_bytes, MANIFEST_MAX_BYTES },
		{ &entry->origin_bytes, STORE_INBOX_ORIGIN_MAX },
	};
	const size_t start = strlen("rkt-inbox 1 ");
	char *rest = footer + start;

	if (strncmp(footer, STORE_INBOX_FOOTER, start) != 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		char *word = strsep(&rest, " ");

		if (word == NULL || parse_u64(word, numbers[i].max, numbers[i].value) < 0)
			return -EINVAL;
	}
	return rest == NULL || rest[strspn(rest, " ")] == '\0' ? 0 : -EINVAL;
}

static int read_footer(int fd, const struct stat *st, struct store_inbox_entry *entry,
		       struct error *err)
{
	char footer[STORE_INBOX_FOOTER_SIZE + 1] = "";
	const off_t start = st->st_size - STORE_INBOX_FOOTER_SIZE;

	if (start < 0 ||
	    pread(fd, footer, STORE_INBOX_FOOTER_SIZE, start) != STORE_INBOX_FOOTER_SIZE ||
	    parse_footer(footer, entry) < 0 ||
	    (uint64_t)start != entry->image_bytes + entry->signature_bytes + entry->manifest_bytes +
				   entry->origin_bytes)
		return refuse(err, "is no image that rkt fetch has put there");
	return 0;
}

int store_inbox_open_entry(int inbox, const char *name, struct store_inbox_entry *ret, int *ret_fd,
			   struct error *err)
{
	/* Neither a link, nor a pipe or a lease that would keep us waiting. */
	auto_close int fd =
	    openat(inbox, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 && errno == ELOOP)
		return refuse(err, "is a symbolic link");
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_from_errno(err, "opening it");
	if (!S_ISREG(st.st_mode))
		return refuse(err, "is not a regular file");
	if (st.st_nlink != 1)
		return refuse(err, "has other names as well");
	ret->owner = st.st_uid;
	ret->added_ns = added_ns(&st);
	r = read_footer(fd, &st, ret, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* Where in the file. */
struct part {
	uint64_t offset, length;
};

static int read_part(struct arena *arena, int fd, struct part part, const char **ret,
		     struct error *err)
{
	char *bytes = arena_alloc(arena, (size_t)part.length + 1, 1);

	if (bytes == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (pread(fd, bytes, (size_t)part.length, (off_t)part.offset) != (ssize_t)part.length)
		return refuse(err, "changes while it is read");
	*ret = bytes;
	return 0;
}

static int read_claims(struct arena *arena, int inbox, struct store_inbox_entry *entry,
		       struct error *err)
{
	auto_close int fd = FD_NONE;
	struct json_source source = { .place = "manifest" };
	struct part manifest, origin;
	int r = store_inbox_open_entry(inbox, entry->name, entry, &fd, err);

	if (r < 0)
		return r;
	manifest =
	    (struct part){ entry->image_bytes + entry->signature_bytes, entry->manifest_bytes };
	origin = (struct part){ manifest.offset + manifest.length, entry->origin_bytes };
	r = read_part(arena, fd, manifest, &entry->manifest_text, err);
	if (r == 0)
		r = read_part(arena, fd, origin, &entry->origin, err);
	if (r < 0)
		return r;
	source.text = entry->manifest_text;
	source.length = (size_t)entry->manifest_bytes;
	return image_manifest_parse(arena, &source, &entry->manifest, err);
}

static int visit_one(int inbox, const char *name, store_inbox_visitor *visitor, void *context,
		     struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct store_inbox_entry entry = { .owner = (uid_t)-1 };
	struct error problem = { 0 };
	struct stat st;
	int r;

	if (fstatat(inbox, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* taken away meanwhile */
	entry.owner = st.st_uid;
	entry.added_ns = added_ns(&st);
	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	(void)snprintf(entry.id, sizeof(entry.id), "%.*s", (int)STORE_ID_SIZE - 1, name);
	r = read_claims(&arena, inbox, &entry, &problem);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		entry.problem = problem.text;
	return visitor(context, &entry, err);
}

int store_inbox_visit(const struct store *store, store_inbox_visitor *visitor, void *context,
		      struct error *err)
{
	auto_dir DIR *dir = NULL;
	auto_close int inbox = FD_NONE;
	struct dirent *entry;
	size_t n = 0;
	int r = store_inbox_open(store, &inbox, err);

	if (r == -ENOENT || r == -EACCES) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	dir = fdopendir(inbox);
	if (dir == NULL)
		return error_from_errno(err, "reading the inbox");
	(void)take_fd(&inbox);
	while (r == 0 && n < STORE_INBOX_ENTRIES_MAX && (entry = readdir(dir)) != NULL) {
		if (!store_inbox_name_is_valid(entry->d_name))
			continue;
		n++;
		r = visit_one(dirfd(dir), entry->d_name, visitor, context, err);
	}
	return r;
}

bool store_inbox_matches(const struct store_inbox_entry *entry,
			 const struct store_reference *reference)
{
	if (entry->problem != NULL)
		return false;
	if (reference->id != NULL)
		return strncmp(entry->id, reference->id, strlen(reference->id)) == 0;
	return strcmp(entry->manifest.name, reference->name) == 0 &&
	       store_reference_matches(reference, &entry->manifest.labels);
}

static int copy_image(const struct store *store, int from, uint64_t length, int *ret,
		      struct error *err)
{
	auto_close int to =
	    openat(store->cas, STORE_TEMPORARY, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	struct stat st;
	int r;

	if (to < 0)
		return error_from_errno(err, "making a copy of the image");
	r = file_clone_content(from, to, (off_t)length);
	if (r < 0)
		return error_set(err, -r, "making a copy of the image: %s", strerror(-r));
	/* Shared extents are those of the whole file. */
	if (fstat(to, &st) < 0 || (uint64_t)st.st_size < length)
		return refuse(err, "changes while it is read");
	if (ftruncate(to, (off_t)length) < 0 || lseek(to, 0, SEEK_SET) < 0)
		return error_from_errno(err, "making a copy of the image");
	*ret = take_fd(&to);
	return 0;
}

static int copy_signature(int from, const struct store_inbox_entry *entry, int *ret,
			  struct error *err)
{
	const struct part signature = { entry->image_bytes, entry->signature_bytes };
	auto_arena struct arena arena = { 0 };
	auto_close int to = FD_NONE;
	const char *bytes = NULL;
	int r;

	if (signature.length == 0)
		return 0;
	r = read_part(&arena, from, signature, &bytes, err);
	if (r < 0)
		return r;
	to = memfd_create("signature", MFD_CLOEXEC);
	if (to < 0 || file_write_fd(to, bytes, (size_t)entry->signature_bytes) < 0 ||
	    lseek(to, 0, SEEK_SET) < 0)
		return error_from_errno(err, "copying the signature");
	*ret = take_fd(&to);
	return 0;
}

int store_inbox_copy(const struct store *store, const char *name, int *ret_image,
		     int *ret_signature, struct error *err)
{
	auto_close int inbox = FD_NONE, from = FD_NONE, image = FD_NONE, signature = FD_NONE;
	struct store_inbox_entry entry = { .owner = (uid_t)-1 };
	int r = store_inbox_open(store, &inbox, err);

	if (r == 0)
		r = store_inbox_open_entry(inbox, name, &entry, &from, err);
	if (r == 0)
		r = copy_image(store, from, entry.image_bytes, &image, err);
	if (r == 0)
		r = copy_signature(from, &entry, &signature, err);
	if (r < 0)
		return r;
	*ret_image = take_fd(&image);
	*ret_signature = take_fd(&signature);
	return 0;
}

void store_inbox_remove(const struct store *store, const char *name)
{
	auto_close int inbox = FD_NONE;
	struct error ignored = { 0 };

	if (store_inbox_open(store, &inbox, &ignored) == 0)
		(void)unlinkat(inbox, name, 0);
}

static bool is_special(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Directories and files of other names as well: nobody has a use for them. */
int store_inbox_collect(const struct store *store, uint64_t since_ns, struct error *err)
{
	auto_dir DIR *dir = NULL;
	auto_close int inbox = FD_NONE;
	struct error first = { 0 };
	struct dirent *entry;
	struct stat st;
	int r = store_inbox_open(store, &inbox, err);

	if (r < 0) {
		if (r == -ENOENT)
			error_clear(err);
		return r == -ENOENT ? 0 : r;
	}
	dir = fdopendir(inbox);
	if (dir == NULL)
		return error_from_errno(err, "reading the inbox");
	(void)take_fd(&inbox);
	while ((entry = readdir(dir)) != NULL) {
		struct error mine = { 0 };

		if (is_special(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    added_ns(&st) >= since_ns)
			continue;
		if (tree_remove(dirfd(dir), entry->d_name, &mine) < 0 && first.code == 0)
			first = mine;
	}
	return first.code == 0 ? 0 : error_set(err, first.code, "the inbox: %s", first.text);
}
