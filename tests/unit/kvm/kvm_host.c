/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side: how big a machine is, and what a guest's words are worth. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/pod/pod_record.h"
#include "stage1-kvm/guest_reports.h"
#include "stage1-kvm/size.h"
#include "tests/unit/test.h"

#define MIB ((uint64_t)1 << 20)

TEST(a_machine_without_limits_has_the_default)
{
	const struct plan_app apps[] = { { .name = "a" } };
	const struct plan plan = { .apps = apps, .n_apps = 1 };
	struct size size = size_of(&plan, 4);

	check_uint(size.memory_bytes, SIZE_DEFAULT_BYTES);
	check_uint(size.cpus, 1);
	check_true(!size.limits.has_memory_limit && !size.limits.has_cpu_limit);
}

TEST(limits_of_apps_are_summed_and_rounded_up)
{
	const struct plan_app apps[] = {
		{ .name = "a",
		  .limits = { .has_memory_limit = true,
			      .memory_limit_bytes = 30 * MIB + 1,
			      .has_cpu_limit = true,
			      .cpu_limit_milli = 700 } },
		{ .name = "b",
		  .limits = { .has_memory_limit = true,
			      .memory_limit_bytes = 20 * MIB,
			      .has_cpu_limit = true,
			      .cpu_limit_milli = 500 } },
	};
	const struct plan plan = { .apps = apps, .n_apps = 2 };
	struct size size = size_of(&plan, 4);

	check_uint(size.memory_bytes, 128 * MIB);
	check_uint(size.cpus, 2);
	check_uint(size.limits.cpu_limit_milli, 1200);
	check_uint(size.limits.memory_limit_bytes, size.memory_bytes + SIZE_HOST_BYTES);
	check_uint(size_of(&plan, 1).cpus, 1);
}

TEST(one_app_without_a_limit_leaves_the_pod_without)
{
	const struct plan_app apps[] = {
		{ .name = "a", .limits = { .has_memory_limit = true, .memory_limit_bytes = MIB } },
		{ .name = "b" },
	};
	const struct plan plan = { .apps = apps, .n_apps = 2 };

	check_uint(size_of(&plan, 4).memory_bytes, SIZE_DEFAULT_BYTES);
	check_true(!size_of(&plan, 4).limits.has_memory_limit);
}

TEST(a_limit_of_the_pod_counts_before_those_of_its_apps)
{
	const struct plan_app apps[] = {
		{ .name = "a",
		  .limits = { .has_memory_limit = true, .memory_limit_bytes = UINT64_MAX } },
	};
	const struct plan plan = { .apps = apps,
				   .n_apps = 1,
				   .limits = { .has_memory_limit = true,
					       .memory_limit_bytes = 100 * MIB,
					       .has_cpu_limit = true,
					       .cpu_limit_milli = 3000 } };

	check_uint(size_of(&plan, 8).memory_bytes, 256 * MIB);
	check_uint(size_of(&plan, 8).cpus, 3);
}

static uint64_t memory_for(uint64_t limit)
{
	const struct plan plan = { .limits = { .has_memory_limit = true,
					       .memory_limit_bytes = limit } };

	return size_of(&plan, 1).memory_bytes;
}

TEST(memory_comes_in_powers_of_two)
{
	check_uint(memory_for(1), SIZE_LEAST_BYTES);
	check_uint(memory_for(64 * MIB), 128 * MIB);
	check_uint(memory_for(64 * MIB + 1), 256 * MIB);
	check_uint(memory_for(448 * MIB), 512 * MIB);
	check_uint(memory_for((uint64_t)20 << 30), (uint64_t)32 << 30);
	check_uint(memory_for((uint64_t)1 << 50), (uint64_t)1 << 51);
	check_uint(memory_for(((uint64_t)1 << 50) + 1), SIZE_DEFAULT_BYTES);
}

struct fixture {
	struct plan_app apps[1];
	struct plan plan;
	struct pod_run run;
	struct guest_reports reports;
	struct error err;
	char folder[64];
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ .apps = { { .name = "app" } } };
	memcpy(f->folder, "/tmp/kvm-host-XXXXXX", sizeof("/tmp/kvm-host-XXXXXX"));
	test_make_directory(f->folder);
	f->plan = (struct plan){ .apps = f->apps, .n_apps = 1 };
	f->run = (struct pod_run){ .program = "test", .plan = &f->plan };
	f->run.pod_fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(f->run.pod_fd, "stage1", 0700), 0);
	check_int(mkdirat(f->run.pod_fd, "stage1/rootfs", 0700), 0);
	check_ok(pod_record_open(f->run.pod_fd, &f->run.results_fd, &f->err), &f->err);
	check_ok(guest_reports_open(&f->reports, &f->run, &f->err), &f->err);
}

static void tear_down(struct fixture *f)
{
	guest_reports_release(&f->reports);
}

static int take(struct fixture *f, enum frame_kind kind, const void *payload, size_t length)
{
	error_clear(&f->err);
	return guest_reports_take(
	    &f->reports,
	    &(struct frame){
		.kind = kind, .stream = FRAME_OF_SESSION(0), .payload = payload, .length = length },
	    &f->err);
}

TEST(what_the_guest_reports_is_written_once)
{
	struct fixture f;
	auto_text struct text text = { 0 };

	set_up(&f);
	check_ok(take(&f, FRAME_ENVIRONMENT, "\0\0\0\0A=1\0B=2", 12), &f.err);
	check_ok(guest_reports_started(&f.reports, &f.err), &f.err);
	check_ok(file_read_at(f.run.results_fd, "env/app", 100, &text, &f.err), &f.err);
	check_text(text_string(&text), "A=1\nB=2\n");
	check_int(take(&f, FRAME_ENVIRONMENT, "\0\0\0\0C=3", 8), -EPROTO);
	check_ok(take(&f, FRAME_READY, "", 0), &f.err);
	check_int(take(&f, FRAME_READY, "", 0), -EPROTO);
	check_ok(take(&f, FRAME_ENDED, "\0\0\0\0\7\0\0\0", 8), &f.err);
	check_int(take(&f, FRAME_ENDED, "\0\0\0\0\7\0\0\0", 8), -EPROTO);
	text_reset(&text);
	check_ok(file_read_at(f.run.results_fd, "status/app", 100, &text, &f.err), &f.err);
	check_contains(text_string(&text), "7");
	tear_down(&f);
}

TEST(restarts_are_believed_of_pods_that_asked_for_them)
{
	struct fixture f;
	auto_text struct text text = { 0 };

	set_up(&f);
	check_int(take(&f, FRAME_RESTARTED, "\0\0\0\0\1\0\0\0", 8), -EPROTO);
	f.plan.restart = PLAN_RESTART_ALWAYS;
	check_ok(take(&f, FRAME_RESTARTED, "\0\0\0\0\1\0\0\0", 8), &f.err);
	check_int(take(&f, FRAME_RESTARTED, "\0\0\0\0\3\0\0\0", 8), -EPROTO);
	check_int(take(&f, FRAME_RESTARTED, "\1\0\0\0\2\0\0\0", 8), -EPROTO);
	check_ok(take(&f, FRAME_RESTARTED, "\0\0\0\0\2\0\0\0", 8), &f.err);
	check_ok(file_read_at(f.run.results_fd, "restarts/app", 100, &text, &f.err), &f.err);
	check_text(text_string(&text), "2\n");
	check_ok(take(&f, FRAME_ENDED, "\0\0\0\0\7\0\0\0", 8), &f.err);
	check_int(take(&f, FRAME_RESTARTED, "\0\0\0\0\3\0\0\0", 8), -EPROTO);
	tear_down(&f);
}

TEST(apps_and_statuses_that_cannot_be_are_refused)
{
	struct fixture f;

	set_up(&f);
	check_int(take(&f, FRAME_ENDED, "\1\0\0\0\0\0\0\0", 8), -EPROTO);
	check_int(take(&f, FRAME_ENDED, "\377\377\377\377\0\0\0\0", 8), -EPROTO);
	check_int(take(&f, FRAME_ENDED, "\0\0\0\0\0\1\0\0", 8), -EPROTO);
	check_int(take(&f, FRAME_ENVIRONMENT, "\0\0\0\0A=1!", 8), -EPROTO);
	check_int(take(&f, FRAME_ENVIRONMENT, "\2\0\0\0A=1", 8), -EPROTO);
	tear_down(&f);
}

TEST(an_environment_without_end_is_refused)
{
	static char payload[FRAME_MAX];
	struct fixture f;
	int r = 0;
	int i = 0;

	set_up(&f);
	for (; r == 0 && i < 1000; i++)
		r = take(&f, FRAME_ENVIRONMENT, payload, sizeof(payload));
	check_int(r, -EPROTO);
	check_true(i < 80);
	tear_down(&f);
}

TEST(apps_of_a_machine_that_is_gone_have_a_status)
{
	struct fixture f;
	auto_text struct text text = { 0 };

	set_up(&f);
	guest_reports_settle(&f.reports, 137);
	check_ok(file_read_at(f.run.results_fd, "status/app", 100, &text, &f.err), &f.err);
	check_contains(text_string(&text), "137");
	tear_down(&f);
}
