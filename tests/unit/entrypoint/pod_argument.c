/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/pod_argument.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define UUID "6733c088-a507-4694-aabf-9d1c6e0c9f3d"

struct target {
	bool force;
};

static const struct option_spec specs[] = {
	{ .name = "force", .kind = OPTION_FLAG, .offset = offsetof(struct target, force) },
};

static struct target target;
static struct error err;

static int parse(int n, char *const args[], struct pod_argument *ret)
{
	static struct arena arena;
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = &target };
	const struct entrypoint_call call = {
		.arena = &arena, .name = "stop", .n = n, .args = args
	};

	return pod_argument_parse(&set, &call, ret, &err);
}

#define PARSE(ret, ...)                                                                            \
	parse((int)ARRAY_LENGTH(((char *[]){ __VA_ARGS__ })), (char *[]){ __VA_ARGS__ }, (ret))

TEST(options_may_stand_before_and_after_the_uuid)
{
	struct pod_argument pod = { 0 };

	check_ok(PARSE(&pod, "--force", UUID), &err);
	check_text(pod.uuid, UUID);
	check_true(target.force);
	check_ok(PARSE(&pod, UUID, "--force=false"), &err);
	check_true(!target.force);
	check_ok(PARSE(&pod, UUID, "--"), &err);
}

TEST(anything_but_one_uuid_is_refused)
{
	struct pod_argument pod = { .uuid = "untouched" };

	check_int(parse(0, NULL, &pod), -EINVAL);
	check_contains(err.text, "missing");
	check_int(PARSE(&pod, "--force"), -EINVAL);
	check_int(PARSE(&pod, ""), -EINVAL);
	check_int(PARSE(&pod, "6733c088"), -EINVAL);
	check_contains(err.text, "\"6733c088\"");
	check_int(PARSE(&pod, UUID "/.."), -EINVAL);
	check_int(PARSE(&pod, UUID, UUID), -EINVAL);
	check_contains(err.text, "enough");
	check_int(PARSE(&pod, UUID, "--", UUID), -EINVAL);
	check_contains(err.text, "\"--\"");
	check_text(pod.uuid, "untouched");
}

TEST(unknown_options_are_refused)
{
	struct pod_argument pod;

	check_int(PARSE(&pod, "--farce", UUID), -EINVAL);
	check_contains(err.text, "--farce");
}
