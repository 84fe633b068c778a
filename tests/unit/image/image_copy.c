/* SPDX-License-Identifier: Apache-2.0 */
/* An archive that nobody trusts becomes an image of ours, or nothing. */
#include "image/image_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "image/image_write.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

#define MANIFEST "{\"mine\":true}"

static int copy(int from, int *ret_to, struct image_facts *facts, struct error *err)
{
	const struct image_copy wanted = { .from = from,
					   .to = memfd_create("copy", MFD_CLOEXEC),
					   .manifest = MANIFEST,
					   .manifest_length = strlen(MANIFEST),
					   .first_id = 3000000,
					   .n_ids = 10 };

	*ret_to = wanted.to;
	return image_copy(&wanted, facts, err);
}

/* What image_write() makes of /tmp, with our manifest. */
static int write_tree(int rootfs, const char *manifest, bool own_ids, struct image_facts *facts)
{
	const struct image_source source = { .manifest = manifest,
					     .manifest_length = strlen(manifest),
					     .rootfs_fd = rootfs };
	const struct image_write_options options = { .mtime = 7,
						     .first_id = 3000000,
						     .n_ids = own_ids ? 10 : 0 };
	int out = memfd_create("image", MFD_CLOEXEC);
	struct error err = { 0 };

	check_ok(image_write(out, &source, &options, facts, &err), &err);
	check_int((int)lseek(out, 0, SEEK_SET), 0);
	return out;
}

static void fill(int dir)
{
	auto_close int fd = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	char name[160];

	check_int((int)write(fd, "content", 7), 7);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	check_int(linkat(dir, "file", dir, "link", 0), 0);
	check_int(symlinkat("/etc/passwd", dir, "symlink"), 0);
	check_int(mkdirat(dir, name, 0750), 0);
	check_int(mkfifoat(dir, "fifo", 0600), 0);
	check_int(mknodat(dir, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	check_int(fchown(fd, 3000000, 5), 0);
	check_int(fchmod(fd, 04755), 0);
}

TEST(a_copy_is_what_would_have_been_written)
{
	auto_close int rootfs = made_directory();
	auto_image_facts struct image_facts wanted = { 0 }, source = { 0 }, facts = { 0 };
	struct error err = { 0 };
	auto_close int direct = FD_NONE, theirs = FD_NONE, to = FD_NONE;

	fill(rootfs);
	direct = write_tree(rootfs, MANIFEST, true, &wanted);
	theirs = write_tree(rootfs, "{\"theirs\":true}", false, &source);
	check_ok(copy(theirs, &to, &facts, &err), &err);
	check_text(facts.id.text, wanted.id.text);
	check_uint(facts.unpacked_bytes, wanted.unpacked_bytes);
	check_uint(facts.n_entries, wanted.n_entries);
	check_text(facts.manifest, "{\"theirs\":true}");
}

TEST(attributes_that_no_image_has_are_dropped)
{
	auto_text struct text tar = { 0 };
	auto_image_facts struct image_facts facts = { 0 }, again = { 0 };
	struct error err = { 0 };
	auto_close int from = FD_NONE, to = FD_NONE;

	made_tar_start(&tar);
	made_tar_pax(&tar, "SCHILY.xattr.trusted.overlay.opaque", "y", "SCHILY.xattr.user.kept",
		     "1", NULL);
	made_tar_add(&tar, .name = "rootfs/file", .data = "x");
	made_tar_end(&tar);
	from = made_tar_fd(&tar);
	check_ok(copy(from, &to, &facts, &err), &err);
	check_uint(facts.n_dropped_xattrs, 1);
	check_int((int)lseek(to, 0, SEEK_SET), 0);
	check_ok(image_check(to, NULL, &again, &err), &err);
	check_uint(again.n_dropped_xattrs, 0);
	check_text(again.manifest, MANIFEST);
}

static void check_refused(struct text *tar, int code, const char *why)
{
	auto_image_facts struct image_facts facts = { 0 };
	struct error err = { 0 };
	auto_close int from = made_tar_fd(tar), to = FD_NONE;

	check_int(copy(from, &to, &facts, &err), code);
	check_contains(err.text, why);
}

TEST(what_leads_out_is_refused)
{
	auto_text struct text through = { 0 }, above = { 0 }, link = { 0 };

	made_tar_start(&through);
	made_tar_add(&through, .name = "rootfs/way", .type = '2', .link = "/etc");
	made_tar_add(&through, .name = "rootfs/way/passwd", .data = "x");
	made_tar_end(&through);
	check_refused(&through, -EINVAL, "leads through");
	made_tar_start(&above);
	made_tar_add(&above, .name = "rootfs/../../x", .data = "x");
	made_tar_end(&above);
	check_refused(&above, -EINVAL, "..");
	made_tar_start(&link);
	made_tar_add(&link, .name = "rootfs/x", .type = '1', .link = "rootfs/none");
	made_tar_end(&link);
	check_refused(&link, -EINVAL, "is a hard link to");
}

TEST(what_ends_too_early_is_refused)
{
	auto_text struct text tar = { 0 };
	auto_image_facts struct image_facts facts = { 0 };
	struct error err = { 0 };
	auto_close int from = FD_NONE, to = FD_NONE;

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/file", .data = "x");
	from = made_tar_fd(&tar);
	check_true(copy(from, &to, &facts, &err) < 0);
	check_true(err.code != 0);
}
