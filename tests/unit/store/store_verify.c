/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed in the tree of an image is found and named.
 */
#include "stage0/store/store_verify.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "stage0/store/store_disk.h"
#include "stage0/store/store_render.h"
#include "tests/unit/store/store_fixture.h"

/* The last difference told, and how many. */
struct told {
	int n;
	char text[512];
};

static void note(void *context, const char *path, const char *how)
{
	struct told *told = context;

	told->n++;
	(void)snprintf(told->text, sizeof(told->text), "%s %s", path, how);
}

static void put(const struct store_fixture *fixture, const char *digits, const char *name,
		const char *more)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	char manifest[512], id[STORE_ID_SIZE];
	const struct store_record record = { .id = make_id(id, digits), .name = name };
	struct error err = { 0 };

	check_ok(store_quarantine_open(&fixture->store, &quarantine, &err), &err);
	(void)snprintf(manifest, sizeof(manifest),
		       "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"%s\"%s}",
		       name, more);
	check_int(mkdirat(quarantine.tree, "rootfs", 0755), 0);
	check_int(mkdirat(quarantine.tree, "rootfs/dir", 0755), 0);
	put_file(quarantine.tree, "manifest", manifest);
	put_file(quarantine.tree, "rootfs/file", name);
	put_file(quarantine.tree, "rootfs/dir/b%d na\nme", "odd");
	check_int(symlinkat("target", quarantine.tree, "rootfs/link"), 0);
	check_int(mknodat(quarantine.tree, "rootfs/node", S_IFCHR | 0600, makedev(1, 3)), 0);
	check_ok(store_quarantine_publish(&fixture->store, &quarantine, &record, &err), &err);
	check_ok(store_quarantine_drop(&fixture->store, &quarantine, &err), &err);
}

/* How many differences; -errno. */
static int verify(const struct store_fixture *fixture, const char *name, struct told *told,
		  struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct image_manifest manifest = { 0 };
	const struct tree_sums_reader reader = { .differs = note, .context = told };

	*told = (struct told){ .n = 0 };
	check_ok(store_find(&fixture->store, name, &image, err), err);
	check_ok(store_read_manifest(&image, &text, err), err);
	check_ok(image_manifest_parse(&arena,
				      &(const struct json_source){ .text = text_string(&text),
								   .length = text.length,
								   .place = "manifest" },
				      &manifest, err),
		 err);
	return store_verify(&fixture->store, &image, &manifest, &reader, err);
}

/* The tree of an image, to be spoiled. */
static int open_tree(const struct store_fixture *fixture, const char *name)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };

	check_ok(store_find(&fixture->store, name, &image, &err), &err);
	return take_fd(&image.tree);
}

TEST(an_untouched_image_is_what_it_was)
{
	auto_store_fixture struct store_fixture fixture;
	struct told told;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "plain", "");
	check_int(verify(&fixture, "plain", &told, &err), 0);
	check_int(told.n, 0);
}

static void spoil_content(int tree)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	check_int(fstatat(tree, "rootfs/file", &st, 0), 0);
	times[1] = st.st_mtim;
	put_file(tree, "rootfs/file", "PLAIN");
	check_int(utimensat(tree, "rootfs/file", times, 0), 0);
}

static void spoil_time(int tree)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 77 } };

	check_int(utimensat(tree, "rootfs/file", times, 0), 0);
}

static void spoil_mode(int tree)
{
	check_int(fchmodat(tree, "rootfs/dir", 0700, 0), 0);
}

static void spoil_owner(int tree)
{
	check_int(fchownat(tree, "rootfs/link", 5, (gid_t)-1, AT_SYMLINK_NOFOLLOW), 0);
}

static void spoil_xattr(int tree)
{
	auto_close int fd = openat(tree, "rootfs/file", O_RDONLY | O_CLOEXEC);

	check_int(fsetxattr(fd, "user.more", "1", 1, 0), 0);
}

static void spoil_manifest(int tree)
{
	check_int(fchmodat(tree, "manifest", 0600, 0), 0);
}

/* Times of a directory in which something changed differ as well: they are set back. */
static void with_times(int tree, const char *dir, void (*change)(int tree))
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	check_int(fstatat(tree, dir, &st, 0), 0);
	times[1] = st.st_mtim;
	change(tree);
	check_int(utimensat(tree, dir, times, 0), 0);
}

static void unlink_odd(int tree)
{
	check_int(unlinkat(tree, "rootfs/dir/b%d na\nme", 0), 0);
}

static void spoil_names(int tree)
{
	with_times(tree, "rootfs/dir", unlink_odd);
}

static void add_file(int tree)
{
	put_file(tree, "rootfs/new", "");
}

static void spoil_with_more(int tree)
{
	with_times(tree, "rootfs", add_file);
}

static void change_kind(int tree)
{
	check_int(unlinkat(tree, "rootfs/node", 0), 0);
	put_file(tree, "rootfs/node", "");
}

static void spoil_kind(int tree)
{
	with_times(tree, "rootfs", change_kind);
}

TEST(each_change_is_found_and_named)
{
	static const struct {
		void (*spoil)(int tree);
		const char *told;
	} cases[] = {
		{ spoil_content, "rootfs/file content differs" },
		{ spoil_time, "rootfs/file time is 77.000000000, was " },
		{ spoil_mode, "rootfs/dir mode is 0700, was 0755" },
		{ spoil_owner, "rootfs/link user is 5, was 0" },
		{ spoil_xattr, "rootfs/file xattrs differs" },
		{ spoil_manifest, "manifest mode is 0600, was 0644" },
		{ spoil_names, "rootfs/dir/b%25d%20na%0ame is missing" },
		{ spoil_with_more, "rootfs/new was not there" },
		{ spoil_kind, "rootfs/node type is f, was c" },
	};

	test_need_root();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_store_fixture struct store_fixture fixture;
		auto_close int tree = FD_NONE;
		struct told told;
		struct error err = { 0 };

		store_fixture_begin(&fixture);
		put(&fixture, "1", "plain", "");
		tree = open_tree(&fixture, "plain");
		cases[i].spoil(tree);
		check_int(verify(&fixture, "plain", &told, &err), 1);
		check_int(told.n, 1);
		check_contains(told.text, cases[i].told);
	}
}

TEST(an_image_without_sums_is_not_called_good)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int tree = FD_NONE;
	struct told told;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "plain", "");
	tree = open_tree(&fixture, "plain");
	check_int(unlinkat(tree, "sums", 0), 0);
	check_int(verify(&fixture, "plain", &told, &err), -ENOENT);
	check_contains(err.text, "no sums were taken");
}

TEST(a_disk_that_is_not_what_its_tree_is_is_found)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int tree = FD_NONE, disk = FD_NONE;
	struct told told;
	struct error err = { 0 };
	char tree_id[STORE_TREE_ID_SIZE], id[STORE_ID_SIZE];

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "plain", "");
	(void)snprintf(tree_id, sizeof(tree_id), STORE_TREE_PREFIX "%s", make_id(id, "1"));
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_int(verify(&fixture, "plain", &told, &err), 0);
	tree = open_tree(&fixture, "plain");
	check_int(unlinkat(tree, "disk.erofs", 0), 0);
	put_file(tree, "disk.erofs", "erofs and nothing more");
	check_int(verify(&fixture, "plain", &told, &err), 1);
	check_text(told.text, "disk.erofs is not what is made of the files");
	check_int(faccessat(tree, ".disk.new", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

#define TOP "top", ",\"dependencies\":[{\"imageName\":\"base\"}]"

static void render(const struct store_fixture *fixture, struct store_image *ret)
{
	static const struct image_dependency dependency = { .image_name = "base" };
	const struct image_manifest manifest = { .dependencies = &dependency, .n_dependencies = 1 };
	struct error err = { 0 };

	check_ok(store_find(&fixture->store, "top", ret, &err), &err);
	check_ok(store_render(&fixture->store, &manifest, NULL, ret, &err), &err);
}

TEST(a_rendered_tree_and_all_below_it_are_looked_at)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image rendered = STORE_IMAGE_NONE;
	auto_close int base = FD_NONE;
	struct told told;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	put(&fixture, "1", "base", "");
	put(&fixture, "2", TOP);
	check_int(verify(&fixture, "top", &told, &err), 0);
	render(&fixture, &rendered);
	check_int(verify(&fixture, "top", &told, &err), 0);
	check_int(fchmodat(rendered.tree, "rootfs/dir", 0711, 0), 0);
	check_int(verify(&fixture, "top", &told, &err), 1);
	check_text(told.text, "rootfs/dir mode is 0711, was 0755");
	check_int(fchmodat(rendered.tree, "rootfs/dir", 0755, 0), 0);
	/* Another file in the place of the link to the image's. */
	check_int(unlinkat(rendered.tree, "rootfs/file", 0), 0);
	put_file(rendered.tree, "rootfs/file", "top");
	check_true(verify(&fixture, "top", &told, &err) > 0);
	base = open_tree(&fixture, "base");
	spoil_mode(base);
	check_true(verify(&fixture, "base", &told, &err) > 0);
	/* Nothing is left of the renderings that were made to compare. */
	check_int(unlinkat(fixture.dir, "cas/tmp", AT_REMOVEDIR), 0);
}
