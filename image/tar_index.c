/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_index.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"
#include "image/entry_name.h"
#include "image/tar_header.h"
#include "image/tar_pax.h"

#define MAX_LINKS 16

struct index_pass {
	struct arena *arena;
	int fd;
	uint64_t at, size; /* of the file */
	struct tar_member *items;
	size_t n, capacity;
	char *long_name, *long_link; /* for the next member; NULL: none */
	bool has_size;
	uint64_t long_size;
};

static int read_at(const struct index_pass *pass, void *buffer, size_t size, uint64_t at,
		   struct error *err)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t n =
		    pread(pass->fd, (char *)buffer + filled, size - filled, (off_t)(at + filled));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(err, "reading the archive");
		if (n == 0)
			return error_set(err, EINVAL, "the archive ends early, after %llu bytes",
					 (unsigned long long)pass->size);
		filled += (size_t)n;
	}
	return 0;
}

static int out_of_memory(struct error *err)
{
	return error_set(err, EFBIG,
			 "the archive has too many members, or names that are too long");
}

/* The data of a header that only describes the next one, with a NUL. */
static int read_extra(const struct index_pass *pass, const struct tar_header *header, char **ret,
		      struct error *err)
{
	size_t length = (size_t)header->size_bytes;
	char *data;
	int r;

	if (header->size_bytes > TAR_PAX_MAX_BYTES)
		return error_set(err, EFBIG, "the archive has a header of type '%c' of %llu bytes",
				 header->type, (unsigned long long)header->size_bytes);
	data = arena_alloc(pass->arena, length + 1, 1);
	if (data == NULL)
		return out_of_memory(err);
	r = read_at(pass, data, length, pass->at, err);
	if (r == 0)
		*ret = data;
	return r;
}

static int take_pax(struct index_pass *pass, const struct tar_header *header, struct error *err)
{
	struct tar_pax pax;
	char *records = NULL;
	int r = read_extra(pass, header, &records, err);

	r = r < 0 ? r : tar_pax_decode(records, (size_t)header->size_bytes, &pax, err);
	if (r < 0)
		return r;
	/* They lie in the records, which the arena keeps. */
	pass->long_name = (char *)(uintptr_t)pax.path;
	pass->long_link = (char *)(uintptr_t)pax.link_path;
	pass->has_size = pax.has_size;
	pass->long_size = pax.size_bytes;
	return 0;
}

/* What a link's text means from where the link lies: "../b/layer.tar" in "a/" is "b/layer.tar". */
static const char *resolve_link(struct arena *arena, const char *name, const char *text)
{
	const char *slash = strrchr(name, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - name);
	char *base = arena_bytes(arena, name, length);
	char clean[ENTRY_NAME_SIZE];
	struct error ignored = { 0 };
	char *joined;

	if (base == NULL)
		return NULL;
	while (strncmp(text, "../", 3) == 0 && base[0] != '\0') {
		char *last = strrchr(base, '/');

		*(last == NULL ? base : last) = '\0';
		text += 3;
	}
	joined = arena_printf(arena, "%s%s%s", base, base[0] != '\0' ? "/" : "", text);
	if (joined == NULL || entry_name_clean(joined, clean, sizeof(clean), &ignored) < 0)
		return NULL;
	return arena_string(arena, clean);
}

static int grow(struct index_pass *pass, struct error *err)
{
	size_t capacity = pass->capacity > 0 ? 2 * pass->capacity : 64;
	struct tar_member *grown;

	if (pass->n == TAR_INDEX_MAX_MEMBERS)
		return out_of_memory(err);
	if (pass->items != NULL && pass->n < pass->capacity)
		return 0;
	grown = arena_array(pass->arena, capacity, struct tar_member);
	if (grown == NULL)
		return out_of_memory(err);
	if (pass->items != NULL)
		memcpy(grown, pass->items, pass->n * sizeof(*grown));
	pass->items = grown;
	pass->capacity = capacity;
	return 0;
}

/* Files and links; what has another type or a strange name cannot be asked for. */
static int take_member(struct index_pass *pass, const struct tar_header *header,
		       const struct tar_member *place, struct error *err)
{
	const char *link = pass->long_link != NULL ? pass->long_link : header->link_name;
	struct tar_member member = *place;
	char clean[ENTRY_NAME_SIZE];
	struct error ignored = { 0 };
	int r;

	if (strchr("0712", header->type) == NULL ||
	    entry_name_clean(pass->long_name != NULL ? pass->long_name : header->name, clean,
			     sizeof(clean), &ignored) < 0)
		return 0;
	r = grow(pass, err);
	if (r < 0 || pass->items == NULL)
		return r;
	member.name = arena_string(pass->arena, clean);
	if (member.name == NULL)
		return out_of_memory(err);
	/* A hard link's text is from the archive's root. */
	if (header->type == '1' || header->type == '2')
		member.link =
		    resolve_link(pass->arena, header->type == '2' ? member.name : "", link);
	if (member.link == NULL && header->type != '0' && header->type != '7')
		return 0;
	pass->items[pass->n++] = member;
	return 0;
}

static int step(struct index_pass *pass, const struct tar_header *header, struct error *err)
{
	struct tar_member place = { .offset = pass->at, .size_bytes = header->size_bytes };
	int r = 0;

	switch (header->type) {
	case 'x':
		r = take_pax(pass, header, err);
		break;
	case 'L':
		r = read_extra(pass, header, &pass->long_name, err);
		break;
	case 'K':
		r = read_extra(pass, header, &pass->long_link, err);
		break;
	case 'g':
		break;
	default:
		if (pass->has_size)
			place.size_bytes = pass->long_size;
		r = take_member(pass, header, &place, err);
		pass->long_name = NULL;
		pass->long_link = NULL;
		pass->has_size = false;
	}
	if (r < 0)
		return r;
	if (place.size_bytes > pass->size - pass->at)
		return error_set(err, EINVAL,
				 "the archive ends early: it has %llu bytes, and %s lies beyond",
				 (unsigned long long)pass->size, header->name);
	pass->at += (place.size_bytes + TAR_BLOCK_SIZE - 1) / TAR_BLOCK_SIZE * TAR_BLOCK_SIZE;
	return 0;
}

static int read_all(struct index_pass *pass, struct error *err)
{
	for (;;) {
		unsigned char block[TAR_BLOCK_SIZE];
		struct tar_header header;
		uint64_t start = pass->at;
		int r = read_at(pass, block, sizeof(block), pass->at, err);

		if (r < 0)
			return r;
		if (tar_block_is_zero(block))
			return 0;
		pass->at += TAR_BLOCK_SIZE;
		r = tar_header_decode(block, &header, err);
		if (r < 0)
			return error_prefix(err, "the archive is damaged at byte %llu",
					    (unsigned long long)start);
		r = step(pass, &header, err);
		if (r < 0)
			return r;
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct tar_member *)a)->name, ((const struct tar_member *)b)->name);
}

/* Of two files with one name, which is meant is anybody's guess. */
static int refuse_twins(const struct index_pass *pass, struct error *err)
{
	struct entry_name_shown shown;

	for (size_t i = 1; i < pass->n; i++)
		if (strcmp(pass->items[i - 1].name, pass->items[i].name) == 0)
			return error_set(err, EINVAL, "the archive has %s twice",
					 entry_name_show(pass->items[i].name, &shown));
	return 0;
}

int tar_index_read(struct arena *arena, int fd, struct tar_index *ret, struct error *err)
{
	struct index_pass pass = { .arena = arena, .fd = fd };
	struct stat found;
	int r;

	if (fstat(fd, &found) < 0)
		return error_from_errno(err, "reading the archive");
	pass.size = (uint64_t)found.st_size;
	r = read_all(&pass, err);
	if (r < 0)
		return r;
	if (pass.n > 1)
		qsort(pass.items, pass.n, sizeof(*pass.items), compare);
	r = refuse_twins(&pass, err);
	if (r < 0)
		return r;
	ret->items = pass.items;
	ret->n = pass.n;
	return 0;
}

const struct tar_member *tar_index_find(const struct tar_index *index, const char *name)
{
	for (int i = 0; i < MAX_LINKS && index->n > 0; i++) {
		const struct tar_member key = { .name = name };
		const struct tar_member *found =
		    bsearch(&key, index->items, index->n, sizeof(key), compare);

		if (found == NULL || found->link == NULL)
			return found;
		name = found->link;
	}
	return NULL;
}
