/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_id.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define SHA512_BYTES 64

int image_hasher_begin(struct image_hasher *hasher)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL)
		return -ENOMEM;
	if (EVP_DigestInit_ex(context, EVP_sha512(), NULL) != 1) {
		EVP_MD_CTX_free(context);
		return -EIO;
	}
	hasher->context = context;
	return 0;
}

int image_hasher_add(struct image_hasher *hasher, const void *data, size_t length)
{
	return EVP_DigestUpdate(hasher->context, data, length) == 1 ? 0 : -EIO;
}

int image_hasher_end(struct image_hasher *hasher, struct image_id *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA512_BYTES];
	unsigned length = 0;
	char *p;

	if (EVP_DigestFinal_ex(hasher->context, digest, &length) != 1 || length != SHA512_BYTES)
		return -EIO;
	memcpy(ret->text, "sha512-", 7);
	p = ret->text + 7;
	for (size_t i = 0; i < SHA512_BYTES; i++) {
		*p++ = digits[digest[i] >> 4];
		*p++ = digits[digest[i] & 15];
	}
	*p = '\0';
	return 0;
}

void image_hasher_release(struct image_hasher *hasher)
{
	EVP_MD_CTX_free(hasher->context);
	hasher->context = NULL;
}
