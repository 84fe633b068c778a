/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/image_helper/peek.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "image/image_confine.h"
#include "image/image_extract.h"
#include "stage0/store/store_peek_protocol.h"

bool peek_is_meant(int argc, char *const argv[])
{
	return argc > 1 && (strcmp(argv[1], PEEK_OPTION) == 0 || strcmp(argv[1], PEEK_CHECK) == 0);
}

static int peek(struct image_facts *ret, struct error *err)
{
	auto_close int root = FD_NONE;
	int r = image_confine(PEEK_FD_ROOT, NULL, &root, err);

	return r < 0 ? r
		     : image_read_manifest(PEEK_FD_SOURCE, &ret->manifest, &ret->manifest_length,
					   err);
}

static int check(struct image_facts *ret, struct error *err)
{
	int r = image_confine_reader(err);

	return r < 0 ? r : image_check(PEEK_FD_SOURCE, NULL, ret, err);
}

int peek_run(int argc, char *const argv[])
{
	auto_image_facts struct image_facts facts = { .manifest = NULL };
	struct error outcome = { 0 };
	struct stat st;
	int r;

	if (argc != 2 || fstat(PEEK_FD_ROOT, &st) < 0 || fstat(PEEK_FD_SOURCE, &st) < 0 ||
	    fstat(PEEK_FD_RESULT, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		(void)fputs("rkt-image: is called by rkt only\n", stderr);
		return 254;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		r = error_from_errno(&outcome, "tying the reading of an image to rkt");
	else
		r = strcmp(argv[1], PEEK_CHECK) == 0 ? check(&facts, &outcome)
						     : peek(&facts, &outcome);
	if (r == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%s", facts.id.text);
	if (error_send(PEEK_FD_RESULT, &outcome) < 0 || outcome.code != 0)
		return 254;
	return file_write_fd(PEEK_FD_RESULT, facts.manifest, facts.manifest_length) < 0 ? 254 : 0;
}
