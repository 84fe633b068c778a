/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_remote_files.h"

#include <fcntl.h>

#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "stage0/store/store_place.h"

#define FILE_MAX      ((size_t)64 << 10)
#define UNKNOWN_TOTAL UINT64_MAX

/* Both files. */
struct contents {
	const char *url, *id, *etag, *last_modified, *boot;
	uint64_t max_age_s, fetched_s, total;
	bool verified;
};

static const struct json_field fields[] = {
	{ .name = "url",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct contents, url) },
	{ .name = "id", .kind = JSON_FIELD_STRING, .offset = offsetof(struct contents, id) },
	{ .name = "etag", .kind = JSON_FIELD_STRING, .offset = offsetof(struct contents, etag) },
	{ .name = "lastModified",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct contents, last_modified) },
	{ .name = "boot", .kind = JSON_FIELD_STRING, .offset = offsetof(struct contents, boot) },
	{ .name = "maxAge",
	  .kind = JSON_FIELD_U64,
	  .offset = offsetof(struct contents, max_age_s) },
	{ .name = "fetched",
	  .kind = JSON_FIELD_U64,
	  .offset = offsetof(struct contents, fetched_s) },
	{ .name = "total", .kind = JSON_FIELD_U64, .offset = offsetof(struct contents, total) },
	{ .name = "verified",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct contents, verified) },
};

static const struct json_table table = JSON_TABLE(struct contents, fields);

/* FNV-1a */
void store_remote_key(const char *url, char ret[static 17])
{
	uint64_t sum = 0xcbf29ce484222325U;

	for (; *url != '\0'; url++)
		sum = (sum ^ (unsigned char)*url) * 0x100000001b3U;
	(void)snprintf(ret, 17, "%016llx", (unsigned long long)sum);
}

void store_remote_name(const char *key, const char *suffix, char ret[static STORE_REMOTE_NAME_SIZE])
{
	(void)snprintf(ret, STORE_REMOTE_NAME_SIZE, "%.16s%s", key, suffix);
}

bool store_remote_is_lock(const char *name)
{
	return strspn(name, "0123456789abcdef") == 16 && strcmp(name + 16, STORE_REMOTE_LOCK) == 0;
}

static int read_contents(struct arena *arena, int dir, const char *name, const char *url,
			 struct contents *ret)
{
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };
	struct json_decoder decoder = { .arena = arena, .place = name, .err = &ignored };
	struct contents contents = { .total = UNKNOWN_TOTAL };
	struct json_source source = { .place = name };
	struct json_value value;

	if (file_read_at(dir, name, FILE_MAX, &text, &ignored) < 0)
		return -ENOENT;
	source.text = text_string(&text);
	source.length = text.length;
	if (json_read(arena, &source, &value, &ignored) < 0 ||
	    json_decode(&decoder, &value, &table, &contents) < 0)
		return -ENOENT;
	if (url != NULL && strcmp(contents.url, url) != 0)
		return -ENOENT;
	*ret = contents;
	return 0;
}

static void copy(char *ret, size_t size, const char *text)
{
	(void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

int store_remote_read_record(int dir, const char *name, const char *url,
			     struct store_remote_record *ret)
{
	auto_arena struct arena arena = { 0 };
	struct store_remote_record record;
	struct contents contents;

	if (read_contents(&arena, dir, name, url, &contents) < 0 || contents.id == NULL ||
	    !store_id_is_whole(contents.id))
		return -ENOENT;
	record = (struct store_remote_record){ .max_age_s = contents.max_age_s,
					       .fetched_s = contents.fetched_s,
					       .verified = contents.verified };
	copy(record.id, sizeof(record.id), contents.id);
	copy(record.etag, sizeof(record.etag), contents.etag);
	*ret = record;
	return 0;
}

void store_remote_boot(char ret[static STORE_REMOTE_BOOT_SIZE])
{
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };

	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", STORE_REMOTE_BOOT_SIZE, &text,
			 &ignored) < 0)
		text_reset(&text);
	(void)snprintf(ret, STORE_REMOTE_BOOT_SIZE, "%.*s", (int)strcspn(text_string(&text), "\n"),
		       text_string(&text));
}

int store_remote_read_head(int dir, const char *name, const char *url,
			   struct store_remote_head *ret)
{
	auto_arena struct arena arena = { 0 };
	struct store_remote_head head;
	struct contents contents;
	char boot[STORE_REMOTE_BOOT_SIZE];

	store_remote_boot(boot);
	if (read_contents(&arena, dir, name, url, &contents) < 0 || contents.boot == NULL ||
	    strcmp(contents.boot, boot) != 0)
		return -ENOENT;
	head = (struct store_remote_head){ .has_total = contents.total != UNKNOWN_TOTAL };
	head.total = head.has_total ? contents.total : 0;
	copy(head.etag, sizeof(head.etag), contents.etag);
	copy(head.last_modified, sizeof(head.last_modified), contents.last_modified);
	*ret = head;
	return 0;
}
