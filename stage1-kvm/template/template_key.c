/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/template/template_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/cleanup.h"

#define BLOCK ((size_t)64 << 10)

struct template_key {
	XXH3_state_t *state;
};

struct template_key *template_key_new(void)
{
	struct template_key *key = calloc(1, sizeof(*key));

	if (key != NULL)
		key->state = XXH3_createState();
	if (key == NULL || key->state == NULL) {
		template_key_free(key);
		return NULL;
	}
	(void)XXH3_128bits_reset(key->state);
	return key;
}

void template_key_free(struct template_key *key)
{
	if (key == NULL)
		return;
	(void)XXH3_freeState(key->state);
	free(key);
}

void template_key_add(struct template_key *key, const void *data, size_t length)
{
	uint64_t size = length;

	(void)XXH3_128bits_update(key->state, &size, sizeof(size));
	(void)XXH3_128bits_update(key->state, data, length);
}

void template_key_add_text(struct template_key *key, const char *text)
{
	template_key_add(key, text, strlen(text));
}

static int add_content(struct template_key *key, int fd, unsigned char *block)
{
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, block, BLOCK, at)) > 0) {
		(void)XXH3_128bits_update(key->state, block, (size_t)n);
		at += n;
	}
	return n < 0 ? -errno : 0;
}

int template_key_add_content(struct template_key *key, int fd, struct error *err)
{
	auto_free unsigned char *block = malloc(BLOCK);
	struct stat status;
	uint64_t size;
	int r;

	if (block == NULL)
		return error_set(err, ENOMEM, "reading a file of the guest: out of memory");
	if (fstat(fd, &status) < 0)
		return error_from_errno(err, "looking at a file of the guest");
	size = (uint64_t)status.st_size;
	template_key_add(key, &size, sizeof(size));
	r = add_content(key, fd, block);
	return r < 0 ? error_set(err, -r, "reading a file of the guest: %s", strerror(-r)) : 0;
}

int template_key_add_identity(struct template_key *key, const char *path, struct error *err)
{
	struct stat status;
	uint64_t facts[7];

	if (stat(path, &status) < 0)
		return error_from_errno(err, "looking at %s", path);
	facts[0] = status.st_dev;
	facts[1] = status.st_ino;
	facts[2] = (uint64_t)status.st_size;
	facts[3] = (uint64_t)status.st_mtim.tv_sec;
	facts[4] = (uint64_t)status.st_mtim.tv_nsec;
	facts[5] = (uint64_t)status.st_ctim.tv_sec;
	facts[6] = (uint64_t)status.st_ctim.tv_nsec;
	template_key_add(key, facts, sizeof(facts));
	return 0;
}

void template_key_digest(const struct template_key *key, char ret[TEMPLATE_KEY_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(key->state));
	for (size_t i = 0; i < sizeof(canonical.digest); i++) {
		ret[2 * i] = digits[canonical.digest[i] >> 4];
		ret[2 * i + 1] = digits[canonical.digest[i] & 15];
	}
	ret[TEMPLATE_KEY_SIZE - 1] = '\0';
}

static bool is_zero(const unsigned char *data, size_t length)
{
	return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static int add_block(struct template_key *key, int fd, off_t offset, unsigned char *block)
{
	uint64_t at = (uint64_t)offset;
	ssize_t n = pread(fd, block, BLOCK, offset);

	if (n <= 0)
		return n < 0 ? -errno : 0;
	memset(block + n, 0, BLOCK - (size_t)n);
	if (!is_zero(block, BLOCK)) {
		template_key_add(key, &at, sizeof(at));
		template_key_add(key, block, BLOCK);
	}
	return 0;
}

static int add_sparse(struct template_key *key, int fd, unsigned char *block)
{
	struct stat status;
	off_t at = 0;
	int r = fstat(fd, &status) < 0 ? -errno : 0;

	while (r == 0 && at < status.st_size) {
		off_t data = lseek(fd, at, SEEK_DATA);

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		at = data / (off_t)BLOCK * (off_t)BLOCK;
		r = add_block(key, fd, at, block);
		at += (off_t)BLOCK;
	}
	return r;
}

int template_key_of_sparse(int fd, char ret[TEMPLATE_KEY_SIZE], struct error *err)
{
	auto_free unsigned char *block = malloc(BLOCK);
	struct template_key *key = template_key_new();
	int r = block == NULL || key == NULL ? -ENOMEM : add_sparse(key, fd, block);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		template_key_digest(key, ret);
	template_key_free(key);
	return r < 0 ? error_set(err, -r, "reading a template: %s", strerror(-r)) : 0;
}
