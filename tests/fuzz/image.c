/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an image: once as they are, once with the checksums of its headers set
 * right, which no fuzzer would find.  What is accepted is accepted again, the same, and can be
 * copied.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "image/image_copy.h"
#include "tests/fuzz/fuzz.h"

#define BLOCK 512U

static int check(int fd, struct image_facts *ret)
{
	const struct image_extract_options options = {
		.limits = { .max_bytes = (uint64_t)16 << 20 },
		.allow_devices = true,
	};
	struct error err = { 0 };
	int r;

	fuzz_check(lseek(fd, 0, SEEK_SET) == 0);
	r = image_check(fd, &options, ret, &err);
	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(r == 0 || err.text[0] != '\0');
	fuzz_check(strpbrk(err.text, "\n\x1b") == NULL);
	return r;
}

static int copy(int from, struct image_facts *facts)
{
	const struct image_copy wanted = { .from = from,
					   .to = memfd_create("copy", MFD_CLOEXEC),
					   .manifest = "{}",
					   .manifest_length = 2 };
	struct error err = { 0 };

	fuzz_check(lseek(from, 0, SEEK_SET) == 0);
	fuzz_check(image_copy(&wanted, facts, &err) == 0);
	return wanted.to;
}

/* What is accepted can be copied, the copy is accepted, and is its own copy. */
static void check_copies(int fd, uint32_t n_entries)
{
	auto_image_facts struct image_facts first = { 0 }, checked = { 0 }, second = { 0 };
	auto_close int once = copy(fd, &first);
	auto_close int twice = FD_NONE;

	fuzz_check(first.n_entries == n_entries);
	fuzz_check(check(once, &checked) == 0);
	fuzz_check(checked.n_dropped_xattrs == 0 && strcmp(checked.id.text, first.id.text) == 0);
	twice = copy(once, &second);
	fuzz_check(strcmp(second.id.text, first.id.text) == 0);
}

static void check_twice(const uint8_t *data, size_t size)
{
	auto_image_facts struct image_facts first = { 0 };
	auto_image_facts struct image_facts second = { 0 };
	auto_close int fd = memfd_create("image", MFD_CLOEXEC);

	fuzz_check(fd >= 0 && file_write_fd(fd, (const char *)data, size) == 0);
	if (check(fd, &first) < 0)
		return;
	fuzz_check(first.manifest != NULL && first.n_entries >= 2);
	fuzz_check(check(fd, &second) == 0);
	fuzz_check(strcmp(first.id.text, second.id.text) == 0);
	check_copies(fd, first.n_entries);
}

static void sum_up(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	for (size_t i = 6; i-- > 0; sum >>= 3)
		block[148 + i] = (uint8_t)('0' + (sum & 7));
	block[154] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free uint8_t *summed = malloc(size > 0 ? size : 1);

	check_twice(data, size);
	fuzz_check(summed != NULL);
	memcpy(summed, data, size);
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		if (memcmp(summed + at + 257, "ustar", 5) == 0)
			sum_up(summed + at);
	check_twice(summed, size);
	return 0;
}
