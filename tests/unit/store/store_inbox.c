/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_inbox.h"

#include <errno.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "tests/unit/store/store_fixture.h"

#define MANIFEST                                                                                   \
	"{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/app\"}"

/* What a visit has found: the last entry. */
struct found {
	size_t n;
	char name[STORE_INBOX_NAME_SIZE], id[STORE_ID_SIZE], image[64], origin[64], problem[256];
	uint64_t image_bytes;
};

static int keep(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	struct found *found = context;

	(void)err;
	found->n++;
	found->image_bytes = entry->image_bytes;
	(void)snprintf(found->name, sizeof(found->name), "%s", entry->name);
	(void)snprintf(found->id, sizeof(found->id), "%s", entry->id);
	(void)snprintf(found->problem, sizeof(found->problem), "%s",
		       entry->problem != NULL ? entry->problem : "");
	if (entry->problem == NULL) {
		(void)snprintf(found->image, sizeof(found->image), "%s", entry->manifest.name);
		(void)snprintf(found->origin, sizeof(found->origin), "%s", entry->origin);
	}
	return 0;
}

static struct found look(const struct store_fixture *fixture)
{
	struct found found = { .n = 0 };
	struct error err = { 0 };

	check_ok(store_inbox_visit(&fixture->store, keep, &found, &err), &err);
	return found;
}

/* A store of a group: that of this process, which may be root's, does not count as one. */
static void begin(struct store_fixture *fixture)
{
	store_fixture_begin(fixture);
	check_int(mkdirat(fixture->store.cas, "inbox", 0700), 0);
}

static void check_content(int fd, const char *expected)
{
	auto_text struct text text = { 0 };

	check_ok(file_read_fd(fd, 100, &text), &(struct error){ .text = "reading" });
	check_text(text_string(&text), expected);
}

TEST(what_is_added_comes_back)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int file = FD_NONE, image = FD_NONE, signature = memfd_create("signature", 0);
	char id[STORE_ID_SIZE];
	struct store_inbox_content content = { .id = make_id(id, "0a"),
					       .signature = signature,
					       .manifest = MANIFEST,
					       .manifest_length = strlen(MANIFEST),
					       .origin = "https://example.com/a.aci" };
	struct error err = { 0 };
	struct found found;

	begin(&fixture);
	check_int(write(signature, "signed", 6), 6);
	check_ok(store_inbox_file(&fixture.store, &file, &err), &err);
	check_int(write(file, "the image", 9), 9);
	check_uint(look(&fixture).n, 0);
	check_ok(store_inbox_add(&fixture.store, file, &content, &err), &err);
	found = look(&fixture);
	check_uint(found.n, 1);
	check_text(found.problem, "");
	check_text(found.id, id);
	check_text(found.image, "example.com/app");
	check_text(found.origin, "https://example.com/a.aci");
	check_uint(found.image_bytes, 9);
	cleanup_close(&signature);
	check_ok(store_inbox_copy(&fixture.store, found.name, &image, &signature, &err), &err);
	check_content(image, "the image");
	check_content(signature, "signed");
	store_inbox_remove(&fixture.store, found.name);
	check_uint(look(&fixture).n, 0);
	check_int(store_inbox_copy(&fixture.store, found.name, &image, &signature, &err), -ENOENT);
}

/* An entry of this content with that footer, filled up as it should be. */
static void put(const struct store_fixture *fixture, const char *content, const char *footer)
{
	auto_text struct text text = { 0 };
	char id[STORE_ID_SIZE], name[STORE_INBOX_NAME_SIZE + 16];

	(void)snprintf(name, sizeof(name), "inbox/%s.0123456789abcdef", make_id(id, "0a"));
	(void)unlinkat(fixture->store.cas, name, 0);
	check_int(text_printf(&text, "%s%-128s", content, footer), 0);
	put_file(fixture->store.cas, name, text_string(&text));
}

TEST(a_footer_that_does_not_fit_is_refused)
{
	static const char *const footers[] = {
		"",
		"rkt-inbox 1",
		"rkt-inbox 1 1 1 1",
		"rkt-inbox 1 1 1 1 0 1",
		"rkt-inbox 1 1 1 1 1",
		"rkt-inbox 2 1 1 1 0",
		"rkt-inbox 1 -1 1 3 0",
		"rkt-inbox 1 0x3 0 0 0",
		"rkt-inbox 1 18446744073709551615 4 0 0",
		"rkt-inbox 1 18446744073709551616 3 0 0",
		"rkt-inbox 1 0 0 0 5000",
		"rkt-inbox 1 1  1 1 0",
	};
	auto_store_fixture struct store_fixture fixture;
	auto_close int image = FD_NONE, signature = FD_NONE;
	struct error err = { 0 };

	begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(footers); i++) {
		struct found found;

		put(&fixture, "abc", footers[i]);
		found = look(&fixture);
		check_uint(found.n, 1);
		check_text(found.problem, "is no image that rkt fetch has put there");
		check_int(store_inbox_copy(&fixture.store, found.name, &image, &signature, &err),
			  -EINVAL);
	}
	/* One that fits has a manifest that is none. */
	put(&fixture, "abc", "rkt-inbox 1 1 1 1 0");
	check_contains(look(&fixture).problem, "manifest");
}

TEST(other_names_are_no_entries)
{
	auto_store_fixture struct store_fixture fixture;

	begin(&fixture);
	put_file(fixture.store.cas, "inbox/sha512-0a.0123456789abcdef", "x");
	put_file(fixture.store.cas, "inbox/.hidden", "x");
	check_uint(look(&fixture).n, 0);
}

TEST(a_store_without_an_inbox_has_no_entries)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };
	int file = FD_NONE;

	store_fixture_begin(&fixture);
	check_uint(look(&fixture).n, 0);
	check_int(store_inbox_file(&fixture.store, &file, &err), -ENOENT);
	check_contains(err.text, "has no inbox");
	check_ok(store_inbox_collect(&fixture.store, UINT64_MAX, &err), &err);
}
