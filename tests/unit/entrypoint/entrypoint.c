/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/entrypoint.h"

#include <sys/wait.h>

#include "tests/unit/pod/pod_place.h"

#define UUID "6733c088-a507-4694-aabf-9d1c6e0c9f3d"

static int run_nothing(struct pod_run *run, struct error *err)
{
	(void)run;
	(void)err;
	return 0;
}

static const struct plan_traits traits = { .name = "test",
					   .host_network = true,
					   .supervised = true };
static const struct stage1 stage1 = { .program = "stage1-test",
				      .traits = &traits,
				      .run = run_nothing };

struct outcome {
	int status;
	char output[16384]; /* stdout and stderr */
};

/* An entrypoint as a process of its own, in the pod directory, with input on stdin. */
static void call(const struct pod_place *place, char *const argv[], const char *input,
		 struct outcome *ret)
{
	int in[2], out[2], n = 0;
	ssize_t got;
	pid_t pid;

	check_true(pipe(in) == 0 && pipe(out) == 0);
	pid = fork();
	check_true(pid >= 0);
	if (pid == 0) {
		while (argv[n] != NULL)
			n++;
		if (fchdir(place->fd) < 0 || dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 ||
		    dup2(out[1], 2) < 0 || close(in[1]) < 0)
			_exit(99);
		exit(entrypoint_main(&stage1, n, (char **)(uintptr_t)argv));
	}
	(void)close(in[0]);
	(void)close(out[1]);
	check_int(write(in[1], input, strlen(input)), (ssize_t)strlen(input));
	(void)close(in[1]);
	while ((got = read(out[0], ret->output + n, sizeof(ret->output) - 1 - (size_t)n)) > 0)
		n += (int)got;
	ret->output[n] = '\0';
	(void)close(out[0]);
	check_int(waitpid(pid, &ret->status, 0), pid);
	ret->status = WIFEXITED(ret->status) ? WEXITSTATUS(ret->status) : -1;
}

#define CALL(place, input, ret, ...) call((place), (char *[]){ __VA_ARGS__, NULL }, (input), (ret))

TEST(the_name_that_was_called_says_which_entrypoint_is_meant)
{
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, "", &outcome, "/somewhere/gc", UUID);
	check_text(outcome.output, "");
	check_int(outcome.status, 0); /* there never were any cgroups */
	CALL(&place, "", &outcome, "gc", UUID);
	check_int(outcome.status, 0);
}

TEST(the_programs_own_name_takes_the_entrypoint_as_argument)
{
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, "", &outcome, "stage1-test", "gc", UUID);
	check_int(outcome.status, 0);
}

TEST(a_name_that_is_no_entrypoint_is_refused_with_those_there_are)
{
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, "", &outcome, "stage1-test", "start", UUID);
	check_int(outcome.status, 254);
	check_text(outcome.output,
		   "stage1-test: not an entrypoint: \"start\" "
		   "(run, enter, stop, gc, explain, logs, stats, export, doctor, gc-networks)\n");
	CALL(&place, "", &outcome, "stage1-test");
	check_int(outcome.status, 254);
}

TEST(a_failure_is_one_line_and_status_254)
{
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, "", &outcome, "gc", "no-uuid");
	check_int(outcome.status, 254);
	check_text(outcome.output, "stage1-test: gc: argument \"no-uuid\": not a pod's UUID\n");
	CALL(&place, "", &outcome, "run", UUID);
	check_int(outcome.status, 254);
	check_contains(outcome.output, "stage1-test: run: ");
	CALL(&place, "", &outcome, "stop", UUID);
	check_int(outcome.status, 254);
	CALL(&place, "", &outcome, "enter", "--pid=0", "--appname=a", "/bin/true");
	check_int(outcome.status, 254);
	check_contains(outcome.output, "--pid: not the pid of a pod");
}

TEST(enter_says_which_of_its_arguments_is_missing)
{
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, "", &outcome, "enter", "--pid=1", "/bin/true");
	check_contains(outcome.output, "--appname: missing");
	CALL(&place, "", &outcome, "enter", "--pid=1", "--appname=a");
	check_contains(outcome.output, "command to run is missing");
	CALL(&place, "", &outcome, "enter", "--pid=4294967297", "--appname=a", "/bin/true");
	check_contains(outcome.output, "--pid: ");
}

TEST(explain_prints_the_plan_of_a_manifest_on_stdin)
{
	static const char manifest[] =
	    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"a\","
	    "\"image\":{\"id\":\"sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c6"
	    "8e0401\"},\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"}}]}";
	auto_place struct pod_place place = pod_place_new();
	struct outcome outcome;

	CALL(&place, manifest, &outcome, "explain", "--net=host", UUID);
	if (strstr(outcome.output, "cgroup") != NULL && outcome.status == 254)
		test_skip("no cgroups are mounted here");
	check_int(outcome.status, 0);
	check_contains(outcome.output, "\"" UUID "\"");
	check_contains(outcome.output, "\"/a\"");
	CALL(&place, "{}", &outcome, "explain", UUID);
	check_int(outcome.status, 254);
	check_contains(outcome.output, "the pod manifest on stdin");
}
