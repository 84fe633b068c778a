/* SPDX-License-Identifier: Apache-2.0 */
#include "image/skopeo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

#define STALL_MS 1500

static char folder[] = "/tmp/rkt-skopeo-XXXXXX";

/* Runs a script in skopeo's place. */
static int run_in_its_place(const char *script, struct digest *ret, struct error *err)
{
	auto_close int work = FD_NONE;
	struct skopeo_call call = { .reference = "docker://example.com/a",
				    .auth_fd = FD_NONE,
				    .stall_ms = STALL_MS,
				    .quiet = true };
	char path[64];

	test_make_directory(folder);
	work = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(work >= 0);
	check_ok(file_replace_at(work, "skopeo", script, 0755, err), err);
	(void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
	check_int(setenv("PATH", path, 1), 0);
	call.work_dir = work;
	return skopeo_digest(&call, ret, err);
}

TEST(who_waits_for_a_silent_server_is_ended)
{
	struct digest digest = { .text = "" };
	struct error err = { 0 };

	check_int(run_in_its_place("#!/bin/sh\nexec sleep 60\n", &digest, &err), -ETIMEDOUT);
	check_contains(err.text, "skopeo: nothing came for 1 s");
}

TEST(who_gets_a_little_now_and_then_is_not)
{
	static const char script[] = "#!/bin/sh\n"
				     "for i in 1 2 3 4 5; do sleep 0.6; read x <skopeo; done\n"
				     "echo '{}'\n";
	struct digest digest = { .text = "" };
	struct error err = { 0 };

	check_ok(run_in_its_place(script, &digest, &err), &err);
	check_contains(digest.text, "sha256");
}

TEST(what_it_says_last_is_the_error)
{
	static const char script[] = "#!/bin/sh\n"
				     "echo 'time=\"now\" level=fatal msg=\"no such thing\"' >&2\n"
				     "exit 1\n";
	struct digest digest = { .text = "" };
	struct error err = { 0 };

	check_int(run_in_its_place(script, &digest, &err), -EIO);
	check_text(err.text, "skopeo: no such thing");
}
