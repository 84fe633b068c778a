/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_fixture.h - a run command line as a request, for the tests of this folder.
 */
#pragma once

#include "common/base/cleanup.h"
#include "stage0/request/request.h"
#include "tests/unit/test.h"

/* An arena that lives as long as the test's process. */
static struct arena *fixture_arena(void)
{
	static struct arena arena;

	return &arena;
}

/* Parses and checks argv as `rkt run` does. */
__attribute__((__unused__)) static int fixture_parse(struct request *request, int argc,
						     char *const argv[], struct error *err)
{
	struct option_set sets[8];
	struct option_input input = { .sets = sets, .arena = fixture_arena() };
	int r;

	*request = (struct request){ 0 };
	for (; request_run_sets[input.n_sets].title != NULL; input.n_sets++) {
		sets[input.n_sets] = request_run_sets[input.n_sets];
		sets[input.n_sets].target = request;
	}
	r = request_parse(request, &input, argc, argv, err);
	return r < 0 ? r : request_check(request, err);
}

#define PARSE(request, err, ...)                                                                   \
	fixture_parse((request), (int)ARRAY_LENGTH(((char *[]){ __VA_ARGS__ })),                   \
		      (char *[]){ __VA_ARGS__ }, (err))
