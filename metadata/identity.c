/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/base/uuid.h"

#define KEY_FILE       "key"
#define KEY_HEX_LENGTH ((size_t)2 * IDENTITY_KEY_SIZE)

_Static_assert(IDENTITY_SIGNATURE_SIZE == (IDENTITY_KEY_SIZE + 2) / 3 * 4 + 1,
	       "base64: four characters for three bytes");

static int make_key(int registry, struct error *err)
{
	unsigned char key[IDENTITY_KEY_SIZE];
	char hex[KEY_HEX_LENGTH + 1];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return error_from_errno(err, "making the key");
	for (size_t i = 0; i < sizeof(key); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", key[i]);
	return file_replace_at(registry, KEY_FILE, hex, 0600, err);
}

int identity_open(int registry, struct identity *ret, struct error *err)
{
	auto_text struct text hex = { 0 };
	size_t n = 0;
	int r = file_read_at(registry, KEY_FILE, KEY_HEX_LENGTH, &hex, err);

	if (r == -ENOENT) {
		error_clear(err);
		r = make_key(registry, err);
		if (r == 0)
			r = file_read_at(registry, KEY_FILE, KEY_HEX_LENGTH, &hex, err);
	}
	if (r < 0)
		return r;
	if (OPENSSL_hexstr2buf_ex(ret->key, sizeof(ret->key), &n, text_string(&hex), '\0') != 1 ||
	    n != sizeof(ret->key))
		return error_set(err, EBADMSG, "the file key: not %zu hex digits", KEY_HEX_LENGTH);
	return 0;
}

int identity_sign(const struct identity *identity, const char *uuid, const struct text *content,
		  char ret[static IDENTITY_SIGNATURE_SIZE], struct error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	auto_text struct text message = { 0 };
	unsigned int n = 0;

	/* UUIDs are of one length: no other pair makes the same message. */
	(void)text_append(&message, uuid);
	if (text_append_bytes(&message, text_string(content), content->length) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (HMAC(EVP_sha512(), identity->key, sizeof(identity->key),
		 (const unsigned char *)text_string(&message), message.length, digest,
		 &n) == NULL ||
	    n != IDENTITY_KEY_SIZE)
		return error_set(err, EIO, "signing failed");
	(void)EVP_EncodeBlock((unsigned char *)ret, digest, (int)n);
	return 0;
}

int identity_verify(const struct identity *identity, const char *uuid, const struct text *content,
		    const char *signature, struct error *err)
{
	char own[IDENTITY_SIGNATURE_SIZE];
	int r;

	if (!uuid_is_valid(uuid))
		return error_set(err, EKEYREJECTED, "uuid: not a UUID");
	r = identity_sign(identity, uuid, content, own, err);
	if (r < 0)
		return r;
	if (strlen(signature) != sizeof(own) - 1 ||
	    CRYPTO_memcmp(signature, own, sizeof(own) - 1) != 0)
		return error_set(err, EKEYREJECTED, "not a signature of pod %s", uuid);
	return 0;
}
