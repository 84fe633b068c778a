/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

static void put_file(int dir, const char *name, const char *data, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ge(fd, 0);
	check_int((int)write(fd, data, strlen(data)), (int)strlen(data));
	check_int(fchmod(fd, mode), 0);
	(void)close(fd);
}

static int make_root(const char *path)
{
	int fd;

	check_int(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* The same tree, its entries made in one order or the other. */
static int fill(const char *path, bool reverse)
{
	static const char *const names[] = { "a", "b-first", "b.second", "bb", "z" };
	int dir = make_root(path);
	char longer[202];

	memset(longer, 'l', sizeof(longer));
	longer[120] = '\0';
	check_int(mkdirat(dir, "b", 0750), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		size_t which = reverse ? ARRAY_LENGTH(names) - 1 - i : i;

		put_file(dir, names[which], names[which], 0644);
	}
	put_file(dir, "b/suid", "suid", 04755);
	put_file(dir, longer, "long name", 0600);
	check_int(fchownat(dir, "b/suid", 3000000, 7, 0), 0);
	check_int(fchmodat(dir, "b/suid", 04755, 0), 0);
	check_int(linkat(dir, "b/suid", dir, "link", 0), 0);
	check_int(linkat(dir, "b/suid", dir, "z-third", 0), 0);
	check_int(symlinkat("../outside", dir, "symlink"), 0);
	check_int(mkfifoat(dir, "fifo", 0600), 0);
	check_int(mknodat(dir, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	return dir;
}

static struct image_facts write_image(int out, int rootfs, enum image_compression compression)
{
	const struct image_source source = {
		.manifest = "{}",
		.manifest_length = 2,
		.rootfs_fd = rootfs,
	};
	struct image_facts facts = { 0 };
	struct error err = { 0 };

	check_ok(image_write(out, &source,
			     &(struct image_write_options){ .compression = compression }, &facts,
			     &err),
		 &err);
	check_int((int)lseek(out, 0, SEEK_SET), 0);
	return facts;
}

static bool is_same_file(int a, int b)
{
	char x[4096], y[4096];
	ssize_t n;

	do {
		n = read(a, x, sizeof(x));
		if (read(b, y, sizeof(y)) != n || (n > 0 && memcmp(x, y, (size_t)n) != 0))
			return false;
	} while (n > 0);
	return true;
}

TEST(two_copies_give_the_same_bytes)
{
	static const enum image_compression all[] = { IMAGE_COMPRESSION_NONE,
						      IMAGE_COMPRESSION_GZIP, IMAGE_COMPRESSION_XZ,
						      IMAGE_COMPRESSION_ZSTD };
	int first, second;

	(void)close(made_directory());
	first = fill("/tmp/first", false);
	(void)usleep(1100000);
	second = fill("/tmp/second", true);
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		int a = memfd_create("a", 0);
		int b = memfd_create("b", 0);
		struct image_facts x = write_image(a, first, all[i]);
		struct image_facts y = write_image(b, second, all[i]);

		check_text(x.id.text, y.id.text);
		check_true(is_same_file(a, b));
	}
}

TEST(what_was_written_is_extracted_again)
{
	int tmp = made_directory();
	int rootfs = fill("/tmp/source", false);
	int target = make_root("/tmp/target");
	int out = memfd_create("out", 0);
	auto_image_facts struct image_facts read_back = { 0 };
	struct image_facts written;
	struct error err = { 0 };
	struct stat found;
	char link[64];

	written = write_image(out, rootfs, IMAGE_COMPRESSION_GZIP);
	check_ok(image_extract(out, target,
			       &(struct image_extract_options){ .allow_devices = true }, &read_back,
			       &err),
		 &err);
	check_text(read_back.id.text, written.id.text);
	check_uint(read_back.n_entries, written.n_entries);
	check_uint(read_back.packed_bytes, written.packed_bytes);
	check_uint(read_back.unpacked_bytes, written.unpacked_bytes);
	check_text(read_back.manifest, "{}");
	check_int(fstatat(target, "rootfs/b/suid", &found, 0), 0);
	check_uint(found.st_mode, S_IFREG | 04755);
	check_uint(found.st_uid, 3000000);
	check_uint(found.st_nlink, 3);
	check_int(found.st_mtim.tv_sec, 0);
	check_int(fstatat(target, "rootfs/null", &found, 0), 0);
	check_true(found.st_rdev == makedev(1, 3));
	check_int((int)readlinkat(target, "rootfs/symlink", link, sizeof(link)), 10);
	(void)close(tmp);
}

TEST(all_can_be_given_to_root)
{
	int rootfs, target, out;
	auto_image_facts struct image_facts facts = { 0 };
	const struct image_write_options options = { .owned_by_root = true, .mtime = 86400 };
	struct error err = { 0 };
	struct stat found;

	(void)close(made_directory());
	rootfs = fill("/tmp/source", false);
	target = make_root("/tmp/target");
	out = memfd_create("out", 0);
	check_ok(image_write(out,
			     &(struct image_source){
				 .manifest = "{}", .manifest_length = 2, .rootfs_fd = rootfs },
			     &options, &facts, &err),
		 &err);
	check_int((int)lseek(out, 0, SEEK_SET), 0);
	check_ok(image_extract(out, target,
			       &(struct image_extract_options){ .allow_devices = true }, &facts,
			       &err),
		 &err);
	check_int(fstatat(target, "rootfs/b/suid", &found, 0), 0);
	check_uint(found.st_uid, 0);
	check_uint(found.st_gid, 0);
	check_int(found.st_mtim.tv_sec, 86400);
}

TEST(a_socket_is_refused_by_name)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
					     .sun_path = "/tmp/source/socket" };
	struct image_facts facts = { .n_entries = 77 };
	struct error err = { 0 };
	int rootfs, fd;

	(void)close(made_directory());
	rootfs = make_root("/tmp/source");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	check_int(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	check_int(image_write(memfd_create("out", 0), &(struct image_source){ .rootfs_fd = rootfs },
			      &(struct image_write_options){ 0 }, &facts, &err),
		  -EINVAL);
	check_contains(err.text, "rootfs/socket: it is a socket");
	check_uint(facts.n_entries, 77);
}

TEST(a_full_disk_is_an_error)
{
	struct image_facts facts;
	struct error err = { 0 };
	int rootfs;

	(void)close(made_directory());
	rootfs = fill("/tmp/source", false);
	check_int(image_write(open("/dev/full", O_WRONLY),
			      &(struct image_source){ .rootfs_fd = rootfs },
			      &(struct image_write_options){ 0 }, &facts, &err),
		  -ENOSPC);
	check_contains(err.text, "No space left");
}

#ifndef RKT_SANITIZED
/* A gigabyte that is almost all holes, in 200 MB of address space. */
TEST(memory_stays_flat)
{
	const struct rlimit limit = { (size_t)200 << 20, (size_t)200 << 20 };
	auto_image_facts struct image_facts facts = { 0 };
	struct image_facts written;
	struct error err = { 0 };
	int rootfs, target, out, fd;

	(void)close(made_directory());
	rootfs = make_root("/tmp/source");
	target = make_root("/tmp/target");
	put_file(rootfs, "large", "start", 0644);
	fd = openat(rootfs, "large", O_WRONLY);
	check_int(ftruncate(fd, (off_t)1 << 30), 0);
	out = open("/tmp/out.aci", O_RDWR | O_CREAT, 0600);
	check_int(setrlimit(RLIMIT_AS, &limit), 0);
	written = write_image(out, rootfs, IMAGE_COMPRESSION_ZSTD);
	check_uint(written.content_bytes, (uint64_t)1 << 30);
	check_ok(image_extract(out, target, NULL, &facts, &err), &err);
	check_uint(facts.content_bytes, (uint64_t)1 << 30);
}
#endif
