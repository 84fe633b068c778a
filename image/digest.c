/* SPDX-License-Identifier: Apache-2.0 */
#include "image/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#define PREFIX_LENGTH 7 /* of both */

static const char prefixes[2][PREFIX_LENGTH + 1] = { "sha256:", "sha512:" };
static const size_t n_digits[2] = { 64, 128 };

int digest_parse(const char *text, struct digest *ret)
{
	for (size_t i = 0; i < 2; i++) {
		const char *digits = text + PREFIX_LENGTH;

		if (strncmp(text, prefixes[i], PREFIX_LENGTH) != 0)
			continue;
		if (strlen(digits) != n_digits[i] ||
		    strspn(digits, "0123456789abcdef") != n_digits[i])
			return -EINVAL;
		memcpy(ret->text, text, PREFIX_LENGTH + n_digits[i] + 1);
		return 0;
	}
	return -EINVAL;
}

const char *digest_hex(const struct digest *digest)
{
	return digest->text[0] == '\0' ? "" : digest->text + PREFIX_LENGTH;
}

int digest_hasher_begin(struct digest_hasher *hasher, const struct digest *like)
{
	bool is_sha512 = like != NULL && strncmp(like->text, prefixes[1], PREFIX_LENGTH) == 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL)
		return -ENOMEM;
	if (EVP_DigestInit_ex(context, is_sha512 ? EVP_sha512() : EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(context);
		return -EIO;
	}
	hasher->context = context;
	hasher->is_sha512 = is_sha512;
	return 0;
}

int digest_hasher_add(struct digest_hasher *hasher, const void *data, size_t length)
{
	return EVP_DigestUpdate(hasher->context, data, length) == 1 ? 0 : -EIO;
}

int digest_hasher_end(struct digest_hasher *hasher, struct digest *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *p = ret->text + PREFIX_LENGTH;

	if (EVP_DigestFinal_ex(hasher->context, value, &length) != 1 ||
	    2 * (size_t)length != n_digits[hasher->is_sha512])
		return -EIO;
	memcpy(ret->text, prefixes[hasher->is_sha512], PREFIX_LENGTH);
	for (size_t i = 0; i < length; i++) {
		*p++ = digits[value[i] >> 4];
		*p++ = digits[value[i] & 15];
	}
	*p = '\0';
	return 0;
}

void digest_hasher_release(struct digest_hasher *hasher)
{
	EVP_MD_CTX_free(hasher->context);
	hasher->context = NULL;
}

int digest_of(const void *data, size_t length, struct digest *ret)
{
	auto_digest_hasher struct digest_hasher hasher = { 0 };
	int r = digest_hasher_begin(&hasher, NULL);

	r = r < 0 ? r : digest_hasher_add(&hasher, data, length);
	return r < 0 ? r : digest_hasher_end(&hasher, ret);
}
