/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define MEMORY(value)  "{\"name\":\"resource/memory\",\"value\":" value "}"
#define CPU(value)     "{\"name\":\"resource/cpu\",\"value\":" value "}"
#define PIDS(value)    "{\"name\":\"resource/pids\",\"value\":" value "}"
#define SHARES(number) "{\"name\":\"os/linux/cpu-shares\",\"value\":" number "}"

TEST(a_limit_that_was_asked_for_is_in_the_plan)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f,
					MEMORY("{\"request\":\"25Mi\",\"limit\":\"50M\"}") "," PIDS(
					    "{\"limit\":\"64\"}"),
					NULL),
		 &f.err);
	check_true(fixture_app(&f)->limits.has_memory_limit);
	check_uint(fixture_app(&f)->limits.memory_limit_bytes, 50000000);
	check_uint(fixture_app(&f)->limits.memory_request_bytes, 26214400);
	check_uint(fixture_app(&f)->limits.pids_limit, 64);
	check_text(fixture_verdict(&f, "a", "resource/memory"), "enforced");
	check_text(fixture_verdict(&f, "a", "resource/pids"), "enforced");
	check_text(f.plan.verdicts[1].asked, "request=25Mi, limit=50M");
}

TEST(the_command_line_s_isolator_comes_last_and_counts)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(
		     &f, MEMORY("{\"limit\":\"25Mi\"}") "," MEMORY("{\"limit\":\"50M\"}"), NULL),
		 &f.err);
	check_uint(fixture_app(&f)->limits.memory_limit_bytes, 50000000);
	check_text(fixture_verdict(&f, "a", "resource/memory"), "enforced");
}

TEST(a_cpu_request_becomes_a_weight)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_isolators(&f, CPU("{\"request\":\"250m\",\"limit\":\"1500m\"}"), NULL),
	    &f.err);
	check_uint(fixture_app(&f)->limits.cpu_limit_milli, 1500);
	check_uint(fixture_app(&f)->limits.cpu_shares, 256);
	check_contains(fixture_verdict(&f, "a", "resource/cpu"), "enforced: a weight of 256");
}

TEST(a_missing_cpu_request_is_the_limit)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CPU("{\"limit\":\"2\"}"), NULL), &f.err);
	check_uint(fixture_app(&f)->limits.cpu_shares, 2048);
}

TEST(cpu_shares_come_before_the_request)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CPU("{\"request\":\"250m\"}") "," SHARES("512"), NULL),
		 &f.err);
	check_uint(fixture_app(&f)->limits.cpu_shares, 512);
	check_text(fixture_verdict(&f, "a", "os/linux/cpu-shares"), "enforced");
	check_contains(fixture_verdict(&f, "a", "resource/cpu"), "modified: the weight is that of");
}

TEST(cpu_shares_that_agree_with_the_request_change_nothing)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CPU("{\"request\":\"500m\"}") "," SHARES("512"), NULL),
		 &f.err);
	check_contains(fixture_verdict(&f, "a", "resource/cpu"), "enforced");
}

TEST(a_request_above_its_limit_is_refused)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_isolators(&f, CPU("{\"request\":\"2\",\"limit\":\"1\"}"), NULL),
		  -EINVAL);
	check_contains(f.err.text, "resource/cpu");
	check_int(fixture_plan_isolators(&f, MEMORY("{\"request\":\"2G\",\"limit\":\"1G\"}"), NULL),
		  -EINVAL);
	check_contains(f.err.text, "the request is above the limit");
}

TEST(what_nothing_can_run_in_is_refused)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_isolators(&f, MEMORY("{\"limit\":\"4095\"}"), NULL), -EINVAL);
	check_contains(f.err.text, "below one page");
	check_ok(fixture_plan_isolators(&f, MEMORY("{\"limit\":\"4096\"}"), NULL), &f.err);
}

TEST(the_pod_s_limits_bound_those_of_its_apps)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(
		     &f,
		     MEMORY("{\"request\":\"2G\",\"limit\":\"4G\"}") "," CPU(
			 "{\"limit\":\"4\"}") "," PIDS("{\"limit\":\"99\"}") "," SHARES("2048"),
		     MEMORY("{\"limit\":\"1G\"}") "," CPU("{\"limit\":\"2\"}") "," PIDS(
			 "{\"limit\":\"50\"}") "," SHARES("1024")),
		 &f.err);
	check_uint(f.plan.limits.memory_limit_bytes, 1000000000);
	check_uint(fixture_app(&f)->limits.memory_limit_bytes, 1000000000);
	check_uint(fixture_app(&f)->limits.memory_request_bytes, 1000000000);
	check_uint(fixture_app(&f)->limits.cpu_limit_milli, 2000);
	check_uint(fixture_app(&f)->limits.pids_limit, 50);
	check_uint(fixture_app(&f)->limits.cpu_shares, 1024);
	check_text(fixture_verdict(&f, "a", "resource/memory"),
		   "modified: limit=1G: the pod has no more");
	check_text(fixture_verdict(&f, "a", "resource/cpu"),
		   "modified: limit=2: the pod has no more");
	check_text(fixture_verdict(&f, "a", "resource/pids"),
		   "modified: limit=50: the pod has no more");
	check_text(fixture_verdict(&f, "a", "os/linux/cpu-shares"),
		   "modified: 1024: the pod has no more");
	check_text(fixture_verdict(&f, NULL, "resource/memory"), "enforced");
}

TEST(limits_without_a_controller_are_reported_as_ignored)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.host.cgroup_memory = f.host.cgroup_cpu = f.host.cgroup_pids = false;
	check_ok(fixture_plan_isolators(
		     &f,
		     MEMORY("{\"limit\":\"1G\"}") "," CPU("{\"limit\":\"1\"}") "," PIDS(
			 "{\"limit\":\"5\"}") "," SHARES("512"),
		     NULL),
		 &f.err);
	check_true(!fixture_app(&f)->limits.has_memory_limit);
	check_true(!fixture_app(&f)->limits.has_cpu_limit);
	check_true(!fixture_app(&f)->limits.has_cpu_shares);
	check_true(!fixture_app(&f)->limits.has_pids_limit);
	check_contains(fixture_verdict(&f, "a", "resource/memory"),
		       "ignored: this machine offers no");
	check_contains(fixture_verdict(&f, "a", "resource/cpu"), "ignored: this machine offers no");
	check_contains(fixture_verdict(&f, "a", "resource/pids"),
		       "ignored: this machine offers no");
	check_contains(fixture_verdict(&f, "a", "os/linux/cpu-shares"), "ignored: this machine");
}

TEST(a_weight_outside_the_kernel_s_range_is_brought_inside)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CPU("{\"request\":\"1m\"}"), NULL), &f.err);
	check_uint(fixture_app(&f)->limits.cpu_shares, 2);
	check_contains(fixture_verdict(&f, "a", "resource/cpu"), "modified: a weight of 2, not 1");
}

TEST(what_no_isolator_here_enforces_is_named)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_isolators(
		&f,
		"{\"name\":\"example.com/magic\",\"value\":{\"a\":1}},"
		"{\"name\":\"resource/block-iops\",\"value\":{\"default\":true,\"limit\":\"1k\"}},"
		"{\"name\":\"resource/"
		"network-bandwidth\",\"value\":{\"default\":true,\"limit\":\"1G\"}}",
		"{\"name\":\"os/linux/no-new-privileges\",\"value\":true},"
		"{\"name\":\"resource/"
		"block-bandwidth\",\"value\":{\"default\":true,\"limit\":\"2M\"}}"),
	    &f.err);
	check_text(fixture_verdict(&f, "a", "example.com/magic"),
		   "ignored: unknown to this isolator");
	check_contains(fixture_verdict(&f, "a", "resource/block-iops"), "ignored: ");
	check_contains(fixture_verdict(&f, "a", "resource/network-bandwidth"), "ignored: ");
	check_contains(fixture_verdict(&f, NULL, "resource/block-bandwidth"), "ignored: ");
	check_contains(fixture_verdict(&f, NULL, "os/linux/no-new-privileges"),
		       "ignored: it applies");
	check_true(!fixture_app(&f)->no_new_privileges);
}
