/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inbox itself, and how a member adds to it.
 */
#include "stage0/store/store_inbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "stage0/store/store_inbox_parts.h"
#include "stage0/store/store_place.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

int store_inbox_make(const struct store *store, struct error *err)
{
	auto_close int inbox = FD_NONE;
	struct stat cas, st;

	if (fstat(store->cas, &cas) < 0)
		return error_from_errno(err, "looking at the image store");
	if (cas.st_gid == 0)
		return 0;
	if (mkdirat(store->cas, STORE_INBOX, 0700) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s in the image store", STORE_INBOX);
	inbox = openat(store->cas, STORE_INBOX, DIRECTORY);
	if (inbox < 0 || fstat(inbox, &st) < 0)
		return error_from_errno(err, "opening %s of the image store", STORE_INBOX);
	if (st.st_gid == cas.st_gid && (st.st_mode & 07777) == STORE_INBOX_MODE)
		return 0;
	if (fchown(inbox, (uid_t)-1, cas.st_gid) < 0 || fchmod(inbox, STORE_INBOX_MODE) < 0)
		return error_from_errno(err, "opening %s of the image store to its group",
					STORE_INBOX);
	return 0;
}

int store_inbox_open(const struct store *store, int *ret, struct error *err)
{
	int fd = openat(store->cas, STORE_INBOX, DIRECTORY);

	if (fd < 0)
		return error_from_errno(err, "opening %s of the image store", STORE_INBOX);
	*ret = fd;
	return 0;
}

int store_inbox_file(const struct store *store, int *ret_file, struct error *err)
{
	int fd = openat(store->cas, STORE_INBOX, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 && errno == ENOENT)
		return error_set(
		    err, ENOENT,
		    "this image store has no inbox for members of a group; root makes "
		    "it with rkt image gc, if the directory of its data belongs to one");
	if (fd < 0)
		return error_from_errno(err, "making a file in %s of the image store", STORE_INBOX);
	*ret_file = fd;
	return 0;
}

bool store_inbox_name_is_valid(const char *name)
{
	const size_t id = STORE_ID_SIZE - 1;
	char whole[STORE_ID_SIZE];

	if (strlen(name) != STORE_INBOX_NAME_SIZE - 1 || name[id] != '.' ||
	    strspn(name + id + 1, "0123456789abcdef") != 16)
		return false;
	(void)snprintf(whole, sizeof(whole), "%.*s", (int)id, name);
	return store_id_is_whole(whole);
}

static int append_signature(int signature, struct text *out, struct error *err)
{
	int r = 0;

	if (signature < 0)
		return 0;
	if (lseek(signature, 0, SEEK_SET) < 0)
		return error_from_errno(err, "reading the signature");
	r = file_read_fd(signature, STORE_INBOX_SIGNATURE_MAX, out);
	return r < 0 ? error_set(err, -r, "reading the signature: %s", strerror(-r)) : 0;
}

/* What follows the image. */
static int write_rest(int file, const struct store_inbox_content *content, struct error *err)
{
	size_t origin = strnlen(content->origin, STORE_INBOX_ORIGIN_MAX);
	off_t image = lseek(file, 0, SEEK_END);
	auto_text struct text rest = { 0 };
	char footer[STORE_INBOX_FOOTER_SIZE + 1];
	size_t signature;
	int r;

	if (image < 0)
		return error_from_errno(err, "measuring the image");
	r = append_signature(content->signature, &rest, err);
	if (r < 0)
		return r;
	signature = rest.length;
	(void)text_append_bytes(&rest, content->manifest, content->manifest_length);
	(void)text_append_bytes(&rest, content->origin, origin);
	(void)snprintf(footer, sizeof(footer), STORE_INBOX_FOOTER, (unsigned long long)image,
		       (unsigned long long)signature, (unsigned long long)content->manifest_length,
		       (unsigned long long)origin);
	(void)text_printf(&rest, "%-*s", STORE_INBOX_FOOTER_SIZE, footer);
	r = text_status(&rest);
	r = r < 0 ? r : file_write_fd(file, text_string(&rest), rest.length);
	return r < 0 ? error_set(err, -r, "writing what belongs to the image: %s", strerror(-r))
		     : 0;
}

static int give_name(int inbox, int file, const char *id, struct error *err)
{
	char name[STORE_INBOX_NAME_SIZE], path[32];
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_from_errno(err, "naming an entry of the inbox");
	(void)snprintf(name, sizeof(name), "%.*s.%016llx", (int)STORE_ID_SIZE - 1, id,
		       (unsigned long long)number);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (linkat(AT_FDCWD, path, inbox, name, AT_SYMLINK_FOLLOW) < 0)
		return error_from_errno(err, "entering %s into the inbox", name);
	return fsync(inbox) < 0 ? error_from_errno(err, "writing the inbox to disk") : 0;
}

int store_inbox_add(const struct store *store, int file, const struct store_inbox_content *content,
		    struct error *err)
{
	auto_close int inbox = FD_NONE;
	int r = store_inbox_open(store, &inbox, err);

	if (r == 0)
		r = write_rest(file, content, err);
	if (r < 0)
		return r;
	/* The group may read it; whole on disk before it has a name. */
	if (fchmod(file, 0640) < 0 || fsync(file) < 0)
		return error_from_errno(err, "writing the image to disk");
	return give_name(inbox, file, content->id, err);
}
