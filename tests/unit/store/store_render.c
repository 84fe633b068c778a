/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images with dependencies and whitelists, laid into one tree.
 */
#include "stage0/store/store_render.h"

#include <sys/xattr.h>

#include "common/base/file.h"
#include "tests/unit/store/store_fixture.h"

/* An image of a name and version; more: further members of its manifest. */
static void begin_image(const struct store_fixture *fixture, struct store_quarantine *quarantine,
			const char *name, const char *version, const char *more)
{
	char manifest[1024];
	struct error err = { 0 };

	check_ok(store_quarantine_open(&fixture->store, quarantine, &err), &err);
	check_int(mkdirat(quarantine->tree, "rootfs", 0755), 0);
	(void)snprintf(manifest, sizeof(manifest),
		       "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"%s\","
		       "\"labels\":[{\"name\":\"version\",\"value\":\"%s\"}]%s}",
		       name, version, more);
	put_file(quarantine->tree, "manifest", manifest);
}

static void end_image(const struct store_fixture *fixture, struct store_quarantine *quarantine,
		      const char *digits, const char *name, const char *version)
{
	const struct manifest_pair label = { "version", version };
	char id[STORE_ID_SIZE];
	static uint64_t now = 1;
	const struct store_record record = { .id = make_id(id, digits),
					     .name = name,
					     .labels = { &label, 1 },
					     .imported_ns = now++ };
	struct error err = { 0 };

	check_ok(store_quarantine_publish(&fixture->store, quarantine, &record, &err), &err);
	check_ok(store_quarantine_drop(&fixture->store, quarantine, &err), &err);
}

/* paths: ended by NULL; "x/" is a directory, a file holds the image's name. */
static void put(const struct store_fixture *fixture, const char *digits, const char *name,
		const char *version, const char *more, const char *const *paths)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	char place[128];

	begin_image(fixture, &quarantine, name, version, more);
	for (; *paths != NULL; paths++) {
		(void)snprintf(place, sizeof(place), "rootfs/%s", *paths);
		if (place[strlen(place) - 1] == '/')
			check_int(mkdirat(quarantine.tree, place, 0755), 0);
		else
			put_file(quarantine.tree, place, name);
	}
	end_image(fixture, &quarantine, digits, name, version);
}

static int render(const struct store_fixture *fixture, const char *reference,
		  struct store_image *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct image_manifest manifest = { 0 };
	int r = store_find(&fixture->store, reference, ret, err);

	if (r == 0)
		r = store_read_manifest(ret, &text, err);
	if (r == 0)
		r = image_manifest_parse(&arena,
					 &(const struct json_source){ .text = text_string(&text),
								      .length = text.length,
								      .place = "manifest" },
					 &manifest, err);
	return r < 0 ? r : store_render(&fixture->store, &manifest, NULL, ret, err);
}

/* "": it is not there. */
static const char *content(const struct store_image *image, const char *path)
{
	static char result[64];
	auto_text struct text text = { 0 };
	char place[128];
	struct error err = { 0 };

	(void)snprintf(place, sizeof(place), "rootfs/%s", path);
	if (file_read_at(image->tree, place, sizeof(result) - 1, &text, &err) < 0)
		return "";
	(void)snprintf(result, sizeof(result), "%s", text_string(&text));
	return result;
}

#define FILES(...)     ((const char *const[]){ __VA_ARGS__, NULL })
#define DEPENDS(names) ",\"dependencies\":[" names "]"
#define ON(name)       "{\"imageName\":\"" name "\"}"

TEST(later_dependencies_and_the_image_itself_lie_on_top)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "",
	    FILES("all", "low", "dir/", "dir/base", "turn/", "turn/x"));
	put(&fixture, "2", "left", "1", DEPENDS(ON("base")),
	    FILES("all", "both", "dir/", "dir/left"));
	put(&fixture, "3", "right", "1", "", FILES("all", "both", "turn"));
	put(&fixture, "4", "top", "1", DEPENDS(ON("left") "," ON("right")), FILES("all"));
	check_ok(render(&fixture, "top", &image, &err), &err);
	check_text(content(&image, "all"), "top");
	check_text(content(&image, "both"), "right");
	check_text(content(&image, "low"), "base");
	check_text(content(&image, "dir/base"), "base");
	check_text(content(&image, "dir/left"), "left");
	check_text(content(&image, "turn"), "right");
	check_true(strcmp(image.tree_id + strlen(STORE_TREE_PREFIX), image.id) != 0);
}

TEST(a_whitelist_holds_for_the_image_and_all_below_it)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };
	struct stat st;

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "", FILES("keep", "drop", "dir/", "dir/in"));
	put(&fixture, "2", "middle", "1",
	    DEPENDS(ON("base")) ",\"pathWhitelist\":[\"/keep\",\"/dir/\",\"/own\"]",
	    FILES("own", "hidden"));
	put(&fixture, "3", "other", "1", "", FILES("drop"));
	put(&fixture, "4", "top", "1", DEPENDS(ON("other") "," ON("middle")), FILES("hidden"));
	check_ok(render(&fixture, "top", &image, &err), &err);
	check_text(content(&image, "keep"), "base");
	check_text(content(&image, "own"), "middle");
	check_text(content(&image, "drop"), "other");
	check_text(content(&image, "hidden"), "top");
	check_text(content(&image, "dir/in"), "");
	check_int(fstatat(image.tree, "rootfs/dir", &st, 0), 0);
	store_image_release(&image);
	/* An image without dependencies has one, too. */
	put(&fixture, "5", "alone", "1", ",\"pathWhitelist\":[\"/a//b/./x\",\"/deep/er/file\"]",
	    FILES("file", "deep/", "deep/er/", "deep/er/file", "deep/no"));
	check_ok(render(&fixture, "alone", &image, &err), &err);
	check_text(content(&image, "file"), "");
	check_text(content(&image, "deep/er/file"), "alone");
	check_text(content(&image, "deep/no"), "");
}

TEST(a_rendered_tree_is_made_once_and_anew_for_another_chain)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image first = STORE_IMAGE_NONE, again = STORE_IMAGE_NONE;
	struct error err = { 0 };
	struct stat before, after;

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "", FILES("base"));
	put(&fixture, "4", "top", "1", DEPENDS(ON("base")), FILES("top"));
	check_ok(render(&fixture, "top", &first, &err), &err);
	check_ok(render(&fixture, "top", &again, &err), &err);
	check_text(first.tree_id, again.tree_id);
	check_int(fstat(first.tree, &before) | fstat(again.tree, &after), 0);
	check_uint(before.st_ino, after.st_ino);
	store_image_release(&again);
	put(&fixture, "2", "base", "2", "", FILES("newer"));
	check_ok(render(&fixture, "top", &again, &err), &err);
	check_true(strcmp(first.tree_id, again.tree_id) != 0);
	check_text(content(&again, "newer"), "base");
	check_text(content(&again, "base"), "");
}

TEST(directories_keep_the_metadata_of_the_topmost_image)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	const struct timespec then[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct error err = { 0 };
	struct stat st;

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "", FILES("dir/", "dir/base"));
	begin_image(&fixture, &quarantine, "top", "1", DEPENDS(ON("base")));
	check_int(mkdirat(quarantine.tree, "rootfs/dir", 0700), 0);
	check_int(fchownat(quarantine.tree, "rootfs/dir", 7, 8, 0), 0);
	check_int(fchmodat(quarantine.tree, "rootfs/dir", 01711, 0), 0);
	check_int(symlinkat("/etc", quarantine.tree, "rootfs/link"), 0);
	check_int(utimensat(quarantine.tree, "rootfs/dir", then, 0), 0);
	end_image(&fixture, &quarantine, "4", "top", "1");
	check_ok(render(&fixture, "top", &image, &err), &err);
	check_int(fstatat(image.tree, "rootfs/dir", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_int(st.st_mode, S_IFDIR | 01711);
	check_uint(st.st_uid, 7);
	check_uint(st.st_gid, 8);
	check_int(st.st_mtim.tv_sec, 2000);
	check_text(content(&image, "dir/base"), "base");
	check_int(fstatat(image.tree, "rootfs/link", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_true(S_ISLNK(st.st_mode));
}

TEST(a_link_of_an_image_does_not_lead_another_one_outside)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	char outside[64];
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	(void)snprintf(outside, sizeof(outside), "%s/outside", fixture.path);
	check_int(mkdir(outside, 0755), 0);
	begin_image(&fixture, &quarantine, "base", "1", "");
	check_int(symlinkat(outside, quarantine.tree, "rootfs/dir"), 0);
	end_image(&fixture, &quarantine, "1", "base", "1");
	put(&fixture, "4", "top", "1", DEPENDS(ON("base")), FILES("dir/", "dir/file"));
	check_ok(render(&fixture, "top", &image, &err), &err);
	check_text(content(&image, "dir/file"), "top");
	check_true(!is_there(&fixture, "outside/file"));
}

TEST(rings_are_refused_by_name)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "one", "1", DEPENDS(ON("two")), FILES("x"));
	put(&fixture, "2", "two", "1", DEPENDS(ON("three")), FILES("x"));
	put(&fixture, "3", "three", "1", DEPENDS(ON("two")), FILES("x"));
	check_int(render(&fixture, "one", &image, &err), -ELOOP);
	check_contains(err.text, "two (sha512-200000000000) → three (sha512-300000000000) → two");
	store_image_release(&image);
	put(&fixture, "5", "self", "1", DEPENDS(ON("self")), FILES("x"));
	check_int(render(&fixture, "self", &image, &err), -ELOOP);
	check_contains(err.text, "self (sha512-500000000000) → self");
}

TEST(a_dependency_must_be_the_image_it_is_said_to_be)
{
	static const struct {
		const char *dependency, *says;
	} cases[] = {
		{ "{\"imageName\":\"absent\"}", "no image \"absent\" in the store" },
		{ "{\"imageName\":\"base\",\"labels\":[{\"name\":\"version\",\"value\":\"2\"}]}",
		  "no image \"base:2\" in the store" },
		{ "{\"imageName\":\"else\",\"imageID\":\"%s\"}", "is \"base\", not \"else\"" },
		{ "{\"imageName\":\"base\",\"imageID\":\"%s\",\"labels\":[{\"name\":\"version\","
		  "\"value\":\"7\"}]}",
		  "has the label version \"1\", not \"7\"" },
	};
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "", FILES("x"));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char id[STORE_ID_SIZE], digits[4], member[512], more[600];
		struct error err = { 0 };

		(void)snprintf(digits, sizeof(digits), "a%zu", i);
		(void)make_id(id, "1");
		(void)snprintf(member, sizeof(member), "%s", cases[i].dependency);
		if (strstr(member, "%s") != NULL) {
			char *at = strstr(member, "%s");
			char rest[256];

			(void)snprintf(rest, sizeof(rest), "%s", at + 2);
			(void)snprintf(at, sizeof(member) - (size_t)(at - member), "%s%s", id,
				       rest);
		}
		(void)snprintf(more, sizeof(more), DEPENDS("%s"), member);
		put(&fixture, digits, "top", "1", more, FILES("x"));
		check_true(render(&fixture, "top", &image, &err) < 0);
		check_contains(err.text, cases[i].says);
		store_image_release(&image);
	}
}

TEST(too_many_layers_are_refused_however_they_are_arranged)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };
	char name[32], digits[8], more[128];

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "f", "w0", "1", "", FILES("x"));
	for (int i = 1; i < 40; i++) { /* each twice: 2^40 layers if they were counted late */
		(void)snprintf(name, sizeof(name), "w%d", i);
		(void)snprintf(digits, sizeof(digits), "e%02x", i);
		(void)snprintf(more, sizeof(more), DEPENDS(ON("w%d") "," ON("w%d")), i - 1, i - 1);
		put(&fixture, digits, name, "1", more, FILES("x"));
	}
	check_int(render(&fixture, "w39", &image, &err), -E2BIG);
	store_image_release(&image);
	check_ok(render(&fixture, "w4", &image, &err), &err);
}

static int nobody(void *context, const char *tree_id, struct error *err)
{
	(void)context;
	(void)tree_id;
	(void)err;
	return 0;
}

TEST(a_rendered_tree_goes_with_the_first_of_its_images)
{
	static const struct store_users users = { .uses = nobody };
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	char id[STORE_ID_SIZE], place[128];
	struct error err = { 0 };
	bool kept;
	size_t n;

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "1", "", FILES("x"));
	put(&fixture, "4", "top", "1", DEPENDS(ON("base")), FILES("y"));
	check_ok(render(&fixture, "top", &image, &err), &err);
	(void)snprintf(place, sizeof(place), "cas/tree/%s", image.tree_id);
	store_image_release(&image);
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(n, 0);
	check_true(is_there(&fixture, place));
	check_ok(store_remove(&fixture.store, make_id(id, "1"), &users, &kept, &err), &err);
	check_true(!is_there(&fixture, place));
	check_ok(store_find(&fixture.store, "top", &image, &err), &err);
}
