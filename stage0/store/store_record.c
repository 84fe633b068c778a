/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_record.h"

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/manifest/name.h"

static bool is_plain(unsigned char c)
{
	return c > ' ' && c != 0x7f && c != '%';
}

static void append_escaped(struct text *out, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (is_plain(c))
			(void)text_append_char(out, (char)c);
		else
			(void)text_printf(out, "%%%02x", c);
	}
}

int store_record_write(const struct store_record *record, struct text *out)
{
	(void)text_printf(out, "%llu %llu %s %s", (unsigned long long)record->imported_ns,
			  (unsigned long long)record->size_bytes, record->id, record->name);
	for (size_t i = 0; i < record->labels.n; i++) {
		(void)text_printf(out, " %s=", record->labels.items[i].name);
		append_escaped(out, record->labels.items[i].value);
	}
	(void)text_append_char(out, '\n');
	return text_status(out);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Undoes append_escaped() in place; false: not what it writes. */
static bool unescape(char *value)
{
	char *to = value;

	for (const char *from = value; *from != '\0'; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || (high | low) == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return true;
}

static size_t count_blanks(const char *line)
{
	size_t n = 0;

	for (; *line != '\0'; line++)
		n += *line == ' ';
	return n;
}

static int read_labels(struct arena *arena, char *rest, struct manifest_pairs *ret)
{
	struct manifest_pair *items;
	char *label, *save = rest;
	size_t n = 0;

	items =
	    arena_array(arena, count_blanks(rest == NULL ? "" : rest) + 1, struct manifest_pair);
	if (items == NULL)
		return -ENOMEM;
	while ((label = strsep(&save, " ")) != NULL) {
		char *value = strchr(label, '=');

		if (value == NULL)
			return -EINVAL;
		*value++ = '\0';
		if (!unescape(value))
			return -EINVAL;
		items[n++] = (struct manifest_pair){ .name = label, .value = value };
	}
	*ret = (struct manifest_pairs){ .items = items, .n = n };
	return 0;
}

static int read_fields(struct arena *arena, char *line, struct store_record *ret)
{
	struct store_record record = { 0 };
	const char *imported = strsep(&line, " ");
	const char *size = strsep(&line, " ");
	int r;

	record.id = strsep(&line, " ");
	record.name = strsep(&line, " ");
	if (record.name == NULL || !name_is_image_id(record.id) ||
	    !name_is_ac_identifier(record.name))
		return -EINVAL;
	r = parse_u64(imported, UINT64_MAX, &record.imported_ns);
	if (r == 0)
		r = parse_u64(size, UINT64_MAX, &record.size_bytes);
	if (r == 0)
		r = read_labels(arena, line, &record.labels);
	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	*ret = record;
	return 0;
}

int store_record_read(struct arena *arena, const char **cursor, struct store_record *ret)
{
	size_t length = strcspn(*cursor, "\n");
	char *line;
	int r;

	if (length == 0 && **cursor == '\0')
		return 0;
	line = arena_bytes(arena, *cursor, length);
	if (line == NULL)
		return -ENOMEM;
	*cursor += length + ((*cursor)[length] == '\n');
	r = read_fields(arena, line, ret);
	return r < 0 ? r : 1;
}

static size_t count_lines(const char *data)
{
	size_t n = 1;

	for (; *data != '\0'; data++)
		n += *data == '\n';
	return n;
}

int store_records_load(struct arena *arena, int dir, const char *name, struct store_records *ret,
		       struct error *err)
{
	auto_text struct text file = { .cap = STORE_RECORD_FILE_MAX };
	struct store_records records = { 0 };
	const char *cursor;
	int r;

	r = file_read_at(dir, name, STORE_RECORD_FILE_MAX, &file, err);
	if (r < 0)
		return r;
	cursor = text_string(&file);
	records.items = arena_array(arena, count_lines(cursor), struct store_record);
	if (records.items == NULL)
		return error_set(err, ENOMEM, "reading the image records in %s", name);
	while ((r = store_record_read(arena, &cursor, &records.items[records.n])) != 0) {
		if (r == -ENOMEM)
			return error_set(err, ENOMEM, "reading the image records in %s", name);
		records.n += r == 1;
	}
	*ret = records;
	return 0;
}
