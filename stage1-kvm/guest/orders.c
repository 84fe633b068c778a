/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "stage1-kvm/guest/boot.h"
#include "stage1-kvm/guest/layer.h"
#include "stage1-kvm/guest/network_orders.h"

#define MAX_WORDS 7
#define MAX_ORDER 2048

/* Relative, and nowhere upwards. */
static bool is_below(const char *path)
{
	return path[0] != '/' && path[0] != '\0' && strstr(path, "..") == NULL;
}

static int open_base(const char *base, int *ret_fd, struct error *err)
{
	int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening %s", base);
	*ret_fd = fd;
	return 0;
}

static int make_parents(int base, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	if (slash == NULL)
		return 0;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	return file_make_directories(base, parent, 0755, err);
}

int orders_take_file(const struct frame *frame, struct error *err)
{
	auto_close int base = FD_NONE;
	auto_close int file = FD_NONE;
	size_t at = 0;
	const char *path = frame_next_string(frame, &at);
	int r;

	if (path == NULL || !is_below(path))
		return error_set(err, EPROTO, "a file of the pod without a path");
	r = open_base(GUEST_POD, &base, err);
	if (r == 0)
		r = make_parents(base, path, err);
	if (r < 0)
		return r;
	file = openat(base, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return error_from_errno(err, "creating %s", path);
	r = file_write_fd(file, (const char *)frame->payload + at, frame->length - at);
	return r < 0 ? error_set(err, -r, "writing %s: %s", path, strerror(-r)) : 0;
}

static int make_target(const char *target, char path[PATH_MAX], struct error *err)
{
	auto_close int base = FD_NONE;
	int r;

	if (!is_below(target) || snprintf(path, PATH_MAX, GUEST_RUN "/%s", target) >= PATH_MAX)
		return error_set(err, EPROTO, "mounting: \"%s\" is not a place for it", target);
	r = open_base(GUEST_RUN, &base, err);
	return r < 0 ? r : file_make_directories(base, target, 0755, err);
}

static int order_mount(char *const words[], size_t n, struct error *err)
{
	char target[PATH_MAX];
	unsigned long flags = MS_NODEV;
	int r;

	if (n < 5 || n > 6)
		return error_set(err, EPROTO, "mount: TYPE SOURCE TARGET ro|rw [OPTIONS]");
	if (strcmp(words[4], "ro") == 0)
		flags |= MS_RDONLY;
	r = make_target(words[3], target, err);
	if (r == 0 && mount(words[2], target, words[1], flags, n > 5 ? words[5] : NULL) < 0)
		return error_from_errno(err, "mounting %s of %s", words[1], words[2]);
	return r;
}

static int order_overlay(char *const words[], size_t n, struct error *err)
{
	char lower[PATH_MAX], target[PATH_MAX], options[2 * PATH_MAX];
	struct layer layer;
	uint32_t number;
	int r;

	if (n != 4 || parse_u32(words[2], UINT32_MAX, &number) < 0)
		return error_set(err, EPROTO, "overlay: LOWER LAYER TARGET");
	r = make_target(words[1], lower, err);
	if (r == 0)
		r = make_target(words[3], target, err);
	if (r == 0)
		r = layer_take(number, &layer, err);
	if (r == 0)
		r = layer_dress(&layer, lower, err);
	if (r < 0)
		return r;
	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work",
		       lower, layer.place, layer.place);
	if (mount("overlay", target, "overlay", 0, options) < 0)
		return error_from_errno(err, "mounting the overlay of %s", words[1]);
	return 0;
}

/* What is more than that is kept free, even from root. */
static int order_room(char *const words[], size_t n, struct error *err)
{
	auto_close int disk = FD_NONE;
	struct statvfs written;
	uint64_t room, blocks;
	char reserved[24];
	int r;

	if (n != 2 || parse_u64(words[1], UINT64_MAX, &room) < 0)
		return error_set(err, EPROTO, "room: BYTES");
	if (statvfs(GUEST_WRITTEN, &written) < 0)
		return error_from_errno(err, "looking at the disk for what apps write");
	blocks = room / written.f_frsize;
	if (blocks >= written.f_bfree)
		return 0;
	(void)snprintf(reserved, sizeof(reserved), "%llu",
		       (unsigned long long)(written.f_bfree - blocks));
	r = open_base("/sys/fs/ext4/" GUEST_WRITTEN_DISK, &disk, err);
	return r < 0 ? r : file_write_at(disk, "reserved_clusters", reserved, err);
}

static int make_file(const char *target, char path[PATH_MAX], struct error *err)
{
	auto_close int base = FD_NONE;
	auto_close int file = FD_NONE;
	int r;

	if (!is_below(target) || snprintf(path, PATH_MAX, GUEST_RUN "/%s", target) >= PATH_MAX)
		return error_set(err, EPROTO, "showing \"%s\": not a place for a file", target);
	r = open_base(GUEST_RUN, &base, err);
	if (r == 0)
		r = make_parents(base, target, err);
	if (r < 0)
		return r;
	file = openat(base, target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return file < 0 ? error_from_errno(err, "creating %s", target) : 0;
}

static int order_show(char *const words[], size_t n, struct error *err)
{
	char from[PATH_MAX], target[PATH_MAX];
	int r;

	if (n != 3 || !is_below(words[1]) ||
	    snprintf(from, sizeof(from), GUEST_RUN "/%s", words[1]) >= PATH_MAX)
		return error_set(err, EPROTO, "show: FILE TARGET");
	r = make_file(words[2], target, err);
	if (r == 0 && mount(from, target, NULL, MS_BIND, NULL) < 0)
		return error_from_errno(err, "showing %s", words[1]);
	return r;
}

static const struct {
	const char *name;
	int (*obey)(char *const words[], size_t n, struct error *err);
} orders[] = {
	{ "mount", order_mount }, { "overlay", order_overlay }, { "show", order_show },
	{ "link", order_link },   { "address", order_address }, { "route", order_route },
	{ "room", order_room },
};

int orders_take(const struct frame *frame, struct error *err)
{
	char order[MAX_ORDER];
	char *words[MAX_WORDS];
	char *rest = order;
	size_t n = 0;

	if (frame->length >= sizeof(order))
		return error_set(err, EPROTO, "an order of %zu bytes", frame->length);
	memcpy(order, frame->payload, frame->length);
	order[frame->length] = '\0';
	while (n < MAX_WORDS && rest != NULL)
		words[n++] = strsep(&rest, " ");
	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++)
		if (strcmp(words[0], orders[i].name) == 0)
			return orders[i].obey(words, n, err);
	return error_set(err, EPROTO, "an order that this guest does not know: %.40s", order);
}
