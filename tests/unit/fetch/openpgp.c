/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpg that dies: nobody may wait for it, nor spin.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stage0/fetch_helper/openpgp_wait.h"
#include "tests/unit/test.h"

/* More than a pipe holds, and than gpg has read by then. */
#define CONTENT_BYTES ((size_t)4 << 20)

static const char dying_gpg[] =
    "#!/bin/sh\n"
    "case \"$*\" in *--version*) echo 'gpg (GnuPG) 2.2.40'; exit;; esac\n"
    "sleep 0.2\n"
    "kill -9 $$\n";

static gpgme_data_t data_of(size_t length)
{
	gpgme_data_t data = NULL;
	int fd = memfd_create("data", MFD_CLOEXEC);

	check_int(ftruncate(fd, (off_t)length), 0);
	check_uint(gpgme_data_new_from_fd(&data, fd), 0);
	return data;
}

TEST(a_gpg_that_dies_ends_the_operation)
{
	char dir[] = "/tmp/rkt-gpg-XXXXXX", path[64];
	struct openpgp_wait wait;
	gpgme_ctx_t context = NULL;
	gpgme_error_t result;
	gpgme_verify_result_t found;
	int fd;

	test_make_directory(dir);
	(void)snprintf(path, sizeof(path), "%s/gpg", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	check_int(write(fd, dying_gpg, sizeof(dying_gpg) - 1), (int)sizeof(dying_gpg) - 1);
	check_int(close(fd), 0);
	ck_assert_ptr_nonnull(gpgme_check_version(NULL));
	check_uint(gpgme_new(&context), 0);
	check_uint(gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, path, dir), 0);
	openpgp_wait_begin(&wait, context);
	result = openpgp_wait_end(
	    &wait, gpgme_op_verify_start(context, data_of(100), data_of(CONTENT_BYTES), NULL));
	found = gpgme_op_verify_result(context);
	check_true(result != 0 || found == NULL || found->signatures == NULL);
	gpgme_release(context);
}
