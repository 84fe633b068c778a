/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"

#define SEPARATOR "\r\n"
#define TEMPORARY ".lease" /* one is enough: only who holds the lock writes */

static int open_directory(const char *directory, const char *network, bool make, int *ret,
			  struct error *err)
{
	auto_text struct text path = { 0 };
	int fd, r;

	if (text_printf(&path, "%s/%s", directory, network) < 0)
		return error_set(err, ENOMEM, "opening %s: out of memory", directory);
	fd = open(text_string(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		r = file_make_directories(AT_FDCWD, text_string(&path), 0755, err);
		if (r < 0)
			return r;
		fd = open(text_string(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_from_errno(err, "opening %s", text_string(&path));
	*ret = fd;
	return 0;
}

int lease_store_open(const char *directory, const char *network, bool make, struct lease_store *ret,
		     struct error *err)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	int r = open_directory(directory, network, make, &store.directory, err);

	if (r < 0)
		return r;
	store.lock =
	    openat(store.directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store.lock < 0)
		return error_from_errno(err, "opening %s/%s/lock", directory, network);
	do
		r = flock(store.lock, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_from_errno(err, "locking %s/%s", directory, network);
	(void)unlinkat(store.directory, TEMPORARY, 0); /* of somebody who was killed */
	ret->directory = take_fd(&store.directory);
	ret->lock = take_fd(&store.lock);
	return 0;
}

void lease_store_close(struct lease_store *store)
{
	cleanup_close(&store->lock);
	cleanup_close(&store->directory);
}

static int write_temporary(const struct lease_store *store, const struct lease_owner *owner,
			   struct error *err)
{
	auto_close int fd = FD_NONE;
	auto_text struct text text = { 0 };
	int r;

	fd = openat(store->directory, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_from_errno(err, "making a lease");
	r = text_printf(&text, "%s" SEPARATOR "%s", owner->container, owner->interface);
	if (r == 0)
		r = file_write_fd(fd, text_string(&text), text.length);
	if (r < 0) {
		(void)unlinkat(store->directory, TEMPORARY, 0);
		return error_set(err, -r, "writing a lease: %s", strerror(-r));
	}
	return 0;
}

static bool is_empty(const struct lease_store *store, const char *name)
{
	struct stat status;

	return fstatat(store->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size == 0;
}

/* 1: done; 0: somebody has it. */
static int put_in_place(const struct lease_store *store, const char *name, struct error *err)
{
	if (linkat(store->directory, TEMPORARY, store->directory, name, 0) == 0)
		return 1;
	if (errno != EEXIST)
		return error_from_errno(err, "making the lease %s", name);
	if (!is_empty(store, name))
		return 0;
	if (renameat(store->directory, TEMPORARY, store->directory, name) < 0)
		return error_from_errno(err, "making the lease %s", name);
	return 1;
}

/* A hint only, so that a lost one does no harm. */
static void remember_last(const struct lease_store *store, const char *address, size_t set)
{
	char name[64];
	auto_close int fd = FD_NONE;

	(void)snprintf(name, sizeof(name), "last_reserved_ip.%zu", set);
	fd = openat(store->directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0644);
	if (fd >= 0)
		result_ignored(file_write_fd(fd, address, strlen(address)));
}

int lease_store_take(const struct lease_store *store, const struct lease_owner *owner,
		     const struct ip_address *address, size_t set, struct error *err)
{
	char name[IP_PREFIX_TEXT_SIZE];
	int r;

	(void)ip_address_text(address, name);
	/* Most candidates of a full range are taken: look before writing. */
	if (faccessat(store->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !is_empty(store, name))
		return 0;
	r = write_temporary(store, owner, err);
	if (r < 0)
		return r;
	r = put_in_place(store, name, err);
	(void)unlinkat(store->directory, TEMPORARY, 0);
	if (r > 0)
		remember_last(store, name, set);
	return r;
}

/* The content of a small file; false: none, or none that could be a lease. */
static bool read_small(const struct lease_store *store, const char *name, char *buffer, size_t size)
{
	auto_close int fd =
	    openat(store->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, buffer, size) : -1;

	if (n <= 0 || (size_t)n >= size)
		return false;
	while (n > 0 && strchr(" \t\r\n", buffer[n - 1]) != NULL)
		n--;
	buffer[n] = '\0';
	return true;
}

struct ip_address lease_store_last(const struct lease_store *store, size_t set)
{
	char name[64], text[IP_PREFIX_TEXT_SIZE];
	struct ip_address address = { 0 };

	(void)snprintf(name, sizeof(name), "last_reserved_ip.%zu", set);
	if (read_small(store, name, text, sizeof(text)))
		result_ignored(ip_address_parse(text, &address));
	return address;
}

int lease_store_free(const struct lease_store *store, const struct ip_address *address,
		     struct error *err)
{
	char name[IP_PREFIX_TEXT_SIZE];

	if (unlinkat(store->directory, ip_address_text(address, name), 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "giving the lease %s back", name);
	return 0;
}

static int visit_file(const struct lease_store *store, const char *name, lease_visitor *visitor,
		      void *context)
{
	char content[LEASE_OWNER_MAX + 64];
	struct lease_owner owner = { .container = content, .interface = "" };
	struct ip_address address;
	char *separator;

	if (ip_address_parse(name, &address) < 0 ||
	    !read_small(store, name, content, sizeof(content)))
		return 0;
	separator = strstr(content, SEPARATOR);
	if (separator != NULL) {
		*separator = '\0';
		owner.interface = separator + strlen(SEPARATOR);
	}
	return visitor(store, &address, &owner, context);
}

int lease_store_visit(const struct lease_store *store, lease_visitor *visitor, void *context,
		      struct error *err)
{
	auto_close int fd = openat(store->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	int r = 0;

	if (directory == NULL)
		return error_from_errno(err, "listing leases");
	(void)take_fd(&fd); /* the stream's now */
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(directory);
		if (entry == NULL)
			return errno == 0 ? 0 : error_from_errno(err, "listing leases");
		r = visit_file(store, entry->d_name, visitor, context);
	}
	return r;
}

bool lease_owner_equal(const struct lease_owner *a, const struct lease_owner *b)
{
	return strcmp(a->container, b->container) == 0 &&
	       (a->interface[0] == '\0' || b->interface[0] == '\0' ||
		strcmp(a->interface, b->interface) == 0);
}
