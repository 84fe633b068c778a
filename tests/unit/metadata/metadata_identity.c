/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

#define POD   "0b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"
#define OTHER "1b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"

static int make_registry(void)
{
	char path[] = "/tmp/metadata-identity-XXXXXX";

	test_make_directory(path);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static const struct text *bytes(const char *data, size_t length)
{
	static struct text kept;

	text_release(&kept);
	check_int(text_append_bytes(&kept, data, length), 0);
	return &kept;
}

TEST(a_signature_is_hmac_sha512_over_uuid_and_content)
{
	struct identity identity = { 0 };
	char signature[IDENTITY_SIGNATURE_SIZE];
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof(identity.key); i++)
		identity.key[i] = (unsigned char)i;
	check_ok(identity_sign(&identity, POD, bytes("content", 7), signature, &err), &err);
	/* openssl dgst -sha512 -mac HMAC -macopt hexkey:000102… -binary | base64 */
	check_text(signature, "6Rip0JTO1QYqS6G0xoqJCE9hyHss+enR2VruHrLiG5Fq"
			      "YYiEUxdGYiAHwiuhVmW3F3I4Wcd4ocqqKMvaU4s3ZA==");
}

TEST(another_pod_content_or_key_is_noticed)
{
	auto_close int registry = make_registry();
	struct identity identity, other = { 0 };
	char signature[IDENTITY_SIGNATURE_SIZE];
	struct error err = { 0 };

	check_ok(identity_open(registry, &identity, &err), &err);
	check_ok(identity_sign(&identity, POD, bytes("a\0b", 3), signature, &err), &err);
	check_ok(identity_verify(&identity, POD, bytes("a\0b", 3), signature, &err), &err);
	check_int(identity_verify(&identity, POD, bytes("a\0c", 3), signature, &err),
		  -EKEYREJECTED);
	check_int(identity_verify(&identity, POD, bytes("a", 1), signature, &err), -EKEYREJECTED);
	check_int(identity_verify(&identity, OTHER, bytes("a\0b", 3), signature, &err),
		  -EKEYREJECTED);
	check_int(identity_verify(&other, POD, bytes("a\0b", 3), signature, &err), -EKEYREJECTED);
	check_int(identity_verify(&identity, POD, bytes("a\0b", 3), "", &err), -EKEYREJECTED);
	check_int(identity_verify(&identity, "x", bytes("a\0b", 3), signature, &err),
		  -EKEYREJECTED);
}

TEST(the_key_is_kept)
{
	auto_close int registry = make_registry();
	struct identity first, again;
	struct error err = { 0 };

	check_ok(identity_open(registry, &first, &err), &err);
	check_ok(identity_open(registry, &again, &err), &err);
	ck_assert_mem_eq(first.key, again.key, sizeof(first.key));
}

TEST(a_damaged_key_is_an_error_and_not_made_anew)
{
	auto_close int registry = make_registry();
	struct identity identity;
	struct error err = { 0 };

	check_ok(file_replace_at(registry, "key", "0123", 0600, &err), &err);
	check_int(identity_open(registry, &identity, &err), -EBADMSG);
	check_contains(err.text, "the file key");
}
