/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_names.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "common/base/file.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_place.h"

/* Longer names share files by their beginning and a checksum; records tell them apart. */
#define LONGEST_PLAIN 200

struct place {
	char name[NAME_MAX + 1];
};

static uint64_t checksum(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325U; /* FNV-1a */

	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3U;
	return sum;
}

/* The file of a name; '/' becomes '%', which no AC identifier has. */
static void find_place(const char *name, struct place *ret)
{
	if (strlen(name) <= LONGEST_PLAIN)
		(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	else
		(void)snprintf(ret->name, sizeof(ret->name), "%.*s%%%%%016llx", LONGEST_PLAIN, name,
			       (unsigned long long)checksum(name));
	for (char *p = ret->name; *p != '\0'; p++)
		if (*p == '/')
			*p = '%';
}

static int open_names(const struct store *store, int *ret_fd, struct error *err)
{
	int fd = openat(store->cas, STORE_NAMES, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening the names of the image store");
	*ret_fd = fd;
	return 0;
}

int store_names_load(const struct store *store, struct arena *arena, const char *name,
		     struct store_records *ret, struct error *err)
{
	struct error mine = { 0 };
	struct place place;
	char path[sizeof(STORE_NAMES "/") + NAME_MAX + 1];
	int r;

	find_place(name, &place);
	(void)snprintf(path, sizeof(path), STORE_NAMES "/%s", place.name);
	r = store_records_load(arena, store->cas, path, ret, &mine);
	if (r == -ENOENT) {
		*ret = (struct store_records){ 0 };
		return 0;
	}
	return r < 0 ? error_set(err, -r, "looking up \"%s\": %s", name, mine.text) : 0;
}

/* All records but those of the id. */
static int write_others(const struct store_records *records, const char *id, struct text *out)
{
	for (size_t i = 0; i < records->n; i++)
		if (strcmp(records->items[i].id, id) != 0)
			(void)store_record_write(&records->items[i], out);
	return text_status(out);
}

static int replace(const struct store *store, const char *name, const struct text *content,
		   struct error *err)
{
	auto_close int names = FD_NONE;
	struct place place;
	int r = open_names(store, &names, err);

	if (r < 0)
		return r;
	find_place(name, &place);
	if (content->length > 0)
		return file_replace_at(names, place.name, content->data, 0640, err);
	if (unlinkat(names, place.name, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "removing the name \"%s\"", name);
	return 0;
}

int store_names_add(const struct store *store, const struct store_record *record, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text content = { .cap = STORE_RECORD_FILE_MAX };
	struct store_records records;
	int r = store_names_load(store, &arena, record->name, &records, err);

	if (r < 0)
		return r;
	(void)store_record_write(record, &content);
	r = write_others(&records, record->id, &content);
	if (r < 0)
		return error_set(err, -r, "noting the name \"%s\": too many images", record->name);
	return replace(store, record->name, &content, err);
}

int store_names_remove(const struct store *store, const char *name, const char *id,
		       struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text content = { .cap = STORE_RECORD_FILE_MAX };
	struct store_records records;
	int r = store_names_load(store, &arena, name, &records, err);

	if (r < 0)
		return r;
	r = write_others(&records, id, &content);
	if (r < 0)
		return error_set(err, -r, "removing the name \"%s\"", name);
	return replace(store, name, &content, err);
}

static int newest_first(const void *a, const void *b)
{
	const struct store_entry *first = a, *second = b;

	return (first->record.imported_ns < second->record.imported_ns) -
	       (first->record.imported_ns > second->record.imported_ns);
}

int store_names_rebuild(const struct store *store, const char *name, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text content = { .cap = STORE_RECORD_FILE_MAX };
	struct store_entries entries;
	struct place wanted, place;
	int r = store_list(store, &arena, &entries, err);

	if (r < 0)
		return r;
	if (entries.n > 0)
		qsort(entries.items, entries.n, sizeof(*entries.items), newest_first);
	find_place(name, &wanted);
	for (size_t i = 0; i < entries.n; i++) {
		find_place(entries.items[i].record.name, &place);
		if (strcmp(place.name, wanted.name) == 0)
			(void)store_record_write(&entries.items[i].record, &content);
	}
	r = text_status(&content);
	if (r < 0)
		return error_set(err, -r, "rebuilding the name \"%s\"", name);
	return replace(store, name, &content, err);
}
