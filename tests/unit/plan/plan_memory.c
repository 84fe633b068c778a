/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static const char everything[] =
    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"a\","
    "\"image\":{\"id\":\"sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401\"}"
    ","
    "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\","
    "\"environment\":[{\"name\":\"A\",\"value\":\"b\"}],"
    "\"mountPoints\":[{\"name\":\"data\",\"path\":\"/data\"}],"
    "\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[\"/p\"]}],"
    "\"ports\":[{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":80,\"count\":1,"
    "\"socketActivated\":false}],"
    "\"isolators\":[{\"name\":\"resource/memory\",\"value\":{\"limit\":\"2G\"}},"
    "{\"name\":\"resource/cpu\",\"value\":{\"request\":\"1m\",\"limit\":\"1\"}},"
    "{\"name\":\"os/unix/"
    "rlimits\",\"value\":{\"RLIMIT_NOFILE\":{\"soft\":1,\"hard\":99999}}},"
    "{\"name\":\"os/linux/capabilities-retain-set\",\"value\":{\"set\":[\"CAP_SYS_ADMIN\"]}},"
    "{\"name\":\"os/linux/seccomp-retain-set\",\"value\":{\"set\":[\"@systemd/"
    "process\",\"read\"]}}]},"
    "\"mounts\":[{\"volume\":\"v\",\"path\":\"/v\"}]}],"
    "\"volumes\":[{\"name\":\"v\",\"kind\":\"empty\"},{\"name\":\"w\",\"kind\":\"empty\"}],"
    "\"isolators\":[{\"name\":\"resource/memory\",\"value\":{\"limit\":\"1G\"}},"
    "{\"name\":\"os/unix/sysctl\",\"value\":{\"net.core.somaxconn\":\"1\"}}],"
    "\"ports\":[{\"name\":\"web\",\"hostPort\":8080}]}";

/* Every allocation fails once: the n-th try has room for a little more than the one before. */
TEST(a_plan_that_finds_no_memory_says_so_wherever_it_runs_out)
{
	static const char *const host[] = { "host" };
	const size_t step = 16;
	size_t n_refused = 0;

	for (size_t cap = step;; cap += step) {
		auto_fixture struct fixture f;
		auto_arena struct arena small = { .cap_bytes = cap };
		struct pod_manifest pod;
		struct plan_input input;
		int r;

		fixture_init(&f);
		f.options.networks = host;
		f.options.mds_token = "t";
		f.options.has_private_users = true;
		f.options.user_count = 65536;
		f.host.may_raise_limits = false;
		f.host.capabilities = 1;
		check_ok(pod_manifest_parse(
			     &f.arena,
			     &(const struct json_source){
				 .text = everything, .length = strlen(everything), .place = "pod" },
			     &pod, &f.err),
			 &f.err);
		input = (struct plan_input){ &pod, NULL, &f.options, f.traits, &f.host };
		r = plan_pod(&small, &input, &f.plan, &f.err);
		if (r == 0)
			break;
		check_int(r, -ENOMEM);
		check_contains(f.err.text, "out of memory");
		n_refused++;
	}
	check_true(n_refused > 100);
}
