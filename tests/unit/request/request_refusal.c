/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/unit/request/request_fixture.h"

struct refusal {
	char *argv[6];
	int code;
	const char *message;
};

static const struct refusal refusals[] = {
	{ { NULL }, EINVAL, "an image or --pod-manifest must be given" },
	{ { "" }, EINVAL, "an image's name is empty" },
	{ { "--", "a" }, EINVAL, "must follow an image" },
	{ { "--name=a", "x" }, EINVAL, "--name: it must follow the image it is for" },
	{ { "--user-label=a=b", "x" }, EINVAL, "--user-label: it must follow the image" },
	{ { "x", "--name=Upper" }, EINVAL, "--name: \"Upper\" is no valid app name" },
	{ { "x", "--name=../a" }, EINVAL, "is no valid app name" },
	{ { "x", "--caps-retain=CAP_KILL", "--caps-remove=CAP_KILL" },
	  EINVAL,
	  "exclude each other" },
	{ { "x", "--working-dir=a" }, EINVAL, "--working-dir: \"a\" is not absolute" },
	{ { "x", "--user-annotation=a" }, EINVAL, "\"a\" is not NAME=VALUE" },
	{ { "x", "--user-label=a=1", "--user-label=a=2" }, EINVAL, "a is given twice" },
	{ { "x", "--annotation=A=1" }, EINVAL, "--annotation: " },
	{ { "x", "--stdin=log" }, EINVAL, "--stdin: \"log\"" },
	{ { "--interactive", "x", "y" }, EINVAL, "--interactive takes one image only" },
	{ { "--pod-manifest=p", "x" },
	  EINVAL,
	  "conflicting flags set with --pod-manifest (see --help): an image" },
	{ { "x", "--pod-manifest=p", "--exec=/a" }, EINVAL, "conflicting flags set with" },
	{ { "--pod-manifest=p", "--inherit-env" }, EINVAL, "(see --help): --inherit-env" },
	{ { "--pod-manifest=p", "--set-env=A=b" }, EINVAL, "(see --help): --set-env" },
	{ { "--pod-manifest=p", "--no-store" }, EINVAL, "(see --help): --no-store" },
	{ { "--pod-manifest=p", "--store-only" }, EINVAL, "(see --help): --store-only" },
	{ { "--pod-manifest=p", "--port=a:80" }, EINVAL, "(see --help): --port" },
	{ { "--pod-manifest=p", "--volume=a,kind=host,source=/tmp" },
	  EINVAL,
	  "(see --help): --volume" },
	{ { "--pod-manifest=p", "--mount=volume=a,target=/tmp" }, EINVAL, "(see --help): --mount" },
	{ { "--volume=a,kind=empty", "--volume=a,kind=empty", "x" },
	  EINVAL,
	  "two volumes named a" },
	{ { "x", "--mount=volume=a,target=/m", "--mount=volume=b,target=/m" },
	  EINVAL,
	  "two mounts at /m" },
	{ { "--port=a:1", "--port=a:2", "x" }, EINVAL, "port a is given twice" },
	{ { "--no-store", "--store-only", "x" }, EINVAL, "exclude each other" },
	{ { "--dns=host", "--dns=1.1.1.1", "x" }, EINVAL, "--dns=host goes with no other" },
	{ { "--dns=none", "--dns-search=a", "x" }, EINVAL, "--dns=none goes with no other" },
	{ { "--dns=example.com", "x" }, EINVAL, "\"example.com\" is no IP address" },
	{ { "--dns-search=a b", "x" }, EINVAL, "--dns-search: \"a b\" is not valid" },
	{ { "--dns-opt=a\nnameserver", "x" }, EINVAL, "--dns-opt: " },
	{ { "--dns-domain=", "x" }, EINVAL, "--dns-domain: " },
	{ { "--hosts-entry=host", "--hosts-entry=1.1.1.1=a", "x" },
	  EINVAL,
	  "--hosts-entry=host goes" },
	{ { "--hosts-entry=a=b", "x" }, EINVAL, "--hosts-entry: \"a\" is no IP address" },
	{ { "--hosts-entry=1.1.1.1", "x" }, EINVAL, "is not IP=NAME" },
	{ { "--hosts-entry=1.1.1.1=", "x" }, EINVAL, "is not IP=NAME" },
	{ { "--hosts-entry=1.1.1.1=a\n2.2.2.2 b", "x" }, EINVAL, "is not IP=NAME" },
	{ { "--net=host,a", "x" }, EINVAL, "host and none go with no other network" },
	{ { "--net=a,,b", "x" }, EINVAL, "--net: an empty name" },
	{ { "--hostname=a b", "x" }, EINVAL, "--hostname: \"a b\" is no host name" },
	{ { "--hostname=-a", "x" }, EINVAL, "is no host name" },
	{ { "--hostname=a..b", "x" }, EINVAL, "is no host name" },
	{ { "--mds-register", "--net=none", "x" },
	  EINVAL,
	  "--net=none leads to no metadata service" },
	{ { "--ipc=shared", "x" }, EINVAL, "--ipc: \"shared\"" },
	{ { "--pull-policy=always", "x" }, EINVAL, "--pull-policy: " },
	{ { "--stage1-path=", "x" }, EINVAL, "--stage1-path: the value is empty" },
};

TEST(what_cannot_be_done_is_refused_with_one_clear_line)
{
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		struct request request;
		struct error err = { 0 };
		int argc = 0;

		while (argc < 6 && refusal->argv[argc] != NULL)
			argc++;
		ck_assert_msg(fixture_parse(&request, argc, refusal->argv, &err) == -refusal->code,
			      "%s: %s", refusal->message, err.text);
		check_contains(err.text, refusal->message);
		check_true(strchr(refusal->argv[0] != NULL ? err.text : "", '\t') == NULL);
	}
}
