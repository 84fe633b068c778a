/* SPDX-License-Identifier: Apache-2.0 */
/* Each pod × isolator gives the plan in NAME.ISOLATOR.plan.json, or refuses as told below. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static const char *const default_network[] = { "default" };
static const char *const host_network[] = { "host" };

static int open_golden(void)
{
	int fd = open(GOLDEN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	check_true(fd >= 0);
	return fd;
}

static void compare(const char *name, const struct text *got)
{
	auto_close int dir = open_golden();
	auto_text struct text want = { 0 };
	struct error err = { 0 };

	if (getenv("UPDATE_GOLDEN") != NULL) {
		check_ok(file_replace_at(dir, name, text_string(got), 0644, &err), &err);
		return;
	}
	check_ok(file_read_at(dir, name, 1 << 20, &want, &err), &err);
	ck_assert_msg(strcmp(text_string(&want), text_string(got)) == 0,
		      "%s is not what comes of its pod any more; UPDATE_GOLDEN=1 rewrites it:\n%s",
		      name, text_string(got));
}

/* Plans name.pod.json at every level, with options changed by prepare. */
static void check_golden(const char *name, void (*prepare)(struct fixture *fixture))
{
	auto_close int dir = open_golden();
	auto_text struct text pod = { 0 };
	auto_text struct text file = { 0 };
	struct error err = { 0 };

	(void)text_printf(&file, "%s.pod.json", name);
	check_ok(file_read_at(dir, text_string(&file), 1 << 20, &pod, &err), &err);
	for (size_t i = 0; i < FIXTURE_N_LEVELS; i++) {
		auto_fixture struct fixture f;
		auto_text struct text plan = { 0 };

		fixture_init(&f);
		f.traits = fixture_levels[i];
		f.options.networks = default_network;
		prepare(&f);
		check_ok(fixture_plan(&f, text_string(&pod)), &f.err);
		check_int(plan_json_write(&f.plan, true, &plan), 0);
		(void)text_append_char(&plan, '\n');
		text_reset(&file);
		(void)text_printf(&file, "%s.%s.plan.json", name, fixture_levels[i]->name);
		compare(text_string(&file), &plan);
	}
}

static void as_it_is(struct fixture *f)
{
	(void)f;
}

TEST(a_pod_of_the_original_as_it_wrote_it)
{
	check_golden("original", as_it_is);
}

TEST(all_flags_of_run_at_once)
{
	check_golden("all-flags", as_it_is);
}

static void on_a_poor_host(struct fixture *f)
{
	f->host.cgroup_pids = false;
	f->host.apparmor = false;
	f->host.may_raise_limits = false;
	f->host.capabilities &= ~((uint64_t)1 << 24); /* CAP_SYS_RESOURCE */
}

TEST(every_isolator_on_a_host_that_lacks_some)
{
	check_golden("isolators", on_a_poor_host);
}

static void with_every_option(struct fixture *f)
{
	f->options.hostname = "web-1";
	f->options.has_private_users = true;
	f->options.user_base = 100000;
	f->options.user_count = 65536;
	f->options.resolv_conf = PLAN_DNS_STAGE0;
	f->options.hosts = PLAN_DNS_HOST;
	f->options.ipc = PLAN_IPC_PRIVATE;
	f->options.disable_paths = true;
	f->options.mds_token = "0123abcd";
	if (f->traits->host_network)
		f->options.networks = host_network;
}

TEST(two_apps_that_share_volumes_under_every_option)
{
	check_golden("two-apps", with_every_option);
}
