/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_place.h - a pod directory of a test's own, removed with the scope.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

struct pod_place {
	char path[64];
	int fd;
};

static inline int pod_place_remove_entry(const char *path, const struct stat *st, int type,
					 struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static inline void pod_place_release(struct pod_place *place)
{
	cleanup_close(&place->fd);
	(void)nftw(place->path, pod_place_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#define auto_place CLEANUP(pod_place_release)

static inline struct pod_place pod_place_new(void)
{
	struct pod_place place = { .path = "/tmp/rkt-test-pod-XXXXXX" };
	struct error err = { 0 };

	check_true(mkdtemp(place.path) != NULL);
	place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(place.fd >= 0);
	check_ok(file_make_directories(place.fd, "stage1/rootfs", 0755, &err), &err);
	return place;
}

/* Writes a file with all its parent directories. */
static inline void pod_place_write(const struct pod_place *place, const char *name,
				   const char *content)
{
	auto_free char *parents = strdup(name);
	struct error err = { 0 };
	char *slash = strrchr(parents, '/');
	int fd;

	if (slash != NULL) {
		*slash = '\0';
		check_ok(file_make_directories(place->fd, parents, 0755, &err), &err);
	}
	fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	check_true(fd >= 0);
	check_int(file_write_fd(fd, content, strlen(content)), 0);
	(void)close(fd);
}

/* The content of a file; the caller frees it. */
static inline char *pod_place_read(const struct pod_place *place, const char *name)
{
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(place->fd, name, 4096, &text, &err), &err);
	return text_take(&text);
}
