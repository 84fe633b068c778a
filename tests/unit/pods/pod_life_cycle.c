/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "stage0/pods/pod_collect.h"
#include "stage0/pods/pod_wait.h"
#include "tests/unit/pods/pods_fixture.h"

static enum pod_state state_of(const struct pods_fixture *fixture, const char *uuid)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	check_ok(pod_find(&fixture->pods, uuid, &pod, &err), &err);
	return pod_state(&pod);
}

TEST(a_pod_goes_through_its_states_by_lock_and_rename)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_int(state_of(&fixture, pod.uuid.text), POD_PREPARING);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_PREPARED, &err), &err);
	check_int(state_of(&fixture, pod.uuid.text), POD_PREPARED);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_RUN, &err), &err);
	check_int(state_of(&fixture, pod.uuid.text), POD_RUNNING);
	pod_unlock(&pod);
	check_int(state_of(&fixture, pod.uuid.text), POD_EXITED);
	check_ok(pod_mark(&fixture.pods, &pod, &err), &err);
	check_int(state_of(&fixture, pod.uuid.text), POD_EXITED_GARBAGE);
	check_ok(pod_lock(&pod, &err), &err);
	check_int(state_of(&fixture, pod.uuid.text), POD_DELETING);
	pod_close(&pod);
}

TEST(a_pod_whose_maker_died_is_an_aborted_prepare)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	pod_close(&pod);
	check_int(state_of(&fixture, pod.uuid.text), POD_ABORTED_PREPARE);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &pod, &err), &err);
	check_ok(pod_mark(&fixture.pods, &pod, &err), &err);
	check_int(pod.home, POD_HOME_GARBAGE);
	check_int(state_of(&fixture, pod.uuid.text), POD_GARBAGE);
	pod_close(&pod);
}

TEST(a_lock_is_held_as_long_as_any_heir_lives)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir seen = POD_DIR_NONE;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	pid_t heir;

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_RUN, &err), &err);
	heir = fork();
	if (heir == 0) {
		(void)pause();
		_exit(0);
	}
	pod_close(&pod);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &seen, &err), &err);
	check_int(pod_state(&seen), POD_RUNNING);
	check_int(pod_lock(&seen, &err), -EWOULDBLOCK);
	check_int(pod_wait_exited(&fixture.pods, &seen, 50, &err), -ETIMEDOUT);
	check_int(kill(heir, SIGKILL), 0);
	check_ok(pod_wait_exited(&fixture.pods, &seen, -1, &err), &err);
	check_int(pod_state(&seen), POD_EXITED);
	check_int(waitpid(heir, NULL, 0), heir);
}

static int run_in_a_while(const struct pods_fixture *fixture, const char *uuid)
{
	const struct timespec a_while = { .tv_nsec = 50000000 };
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	(void)nanosleep(&a_while, NULL);
	if (pod_find(&fixture->pods, uuid, &pod, &err) < 0 || pod_lock(&pod, &err) < 0 ||
	    pod_move(&fixture->pods, &pod, POD_HOME_RUN, &err) < 0)
		return 1;
	return nanosleep(&a_while, NULL);
}

TEST(waiting_follows_a_prepared_pod_until_it_has_run)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir seen = POD_DIR_NONE;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	pid_t runner;

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_PREPARED, &err), &err);
	pod_unlock(&pod);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &seen, &err), &err);
	pod_close(&pod);
	runner = fork();
	if (runner == 0)
		_exit(run_in_a_while(&fixture, seen.uuid.text));
	check_ok(pod_wait_exited(&fixture.pods, &seen, 5000, &err), &err);
	check_int(seen.home, POD_HOME_RUN);
	check_int(waitpid(runner, NULL, 0), runner);
}

TEST(of_two_that_run_a_prepared_pod_one_wins)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir first = POD_DIR_NONE, second = POD_DIR_NONE;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_PREPARED, &err), &err);
	pod_close(&pod);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &first, &err), &err);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &second, &err), &err);
	check_ok(pod_lock(&first, &err), &err);
	check_int(pod_lock(&second, &err), -EWOULDBLOCK);
	check_ok(pod_move(&fixture.pods, &first, POD_HOME_RUN, &err), &err);
	check_int(pod_move(&fixture.pods, &second, POD_HOME_RUN, &err), -ENOENT);
}

TEST(a_pod_is_found_by_an_unambiguous_prefix)
{
	static const char *const uuids[] = { "0a000000-0000-4000-8000-000000000001",
					     "0b000000-0000-4000-8000-000000000002" };
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	char place[80];

	pods_fixture_begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(uuids); i++) {
		(void)snprintf(place, sizeof(place), "pods/%s/%s", i == 0 ? "run" : "prepared",
			       uuids[i]);
		check_int(mkdirat(fixture.data.dir, place, 0755), 0);
	}
	check_ok(pod_find(&fixture.pods, "0a", &pod, &err), &err);
	check_text(pod.uuid.text, uuids[0]);
	pod_close(&pod);
	check_ok(pod_find(&fixture.pods, "0b000000-0", &pod, &err), &err);
	check_int(pod.home, POD_HOME_PREPARED);
	pod_close(&pod);
	check_int(pod_find(&fixture.pods, "0", &pod, &err), -ENOTUNIQ);
	check_int(pod_find(&fixture.pods, "0c", &pod, &err), -ENOENT);
	check_contains(err.text, "no matches found for \"0c\"");
	check_int(pod_find(&fixture.pods, "", &pod, &err), -EINVAL);
	check_contains(err.text, "UUID cannot be empty");
	check_int(pod_find(&fixture.pods, "../run", &pod, &err), -ENOENT);
}

TEST(a_symlink_is_no_pod)
{
	static const char uuid[] = "0a000000-0000-4000-8000-000000000001";
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	char place[80];

	pods_fixture_begin(&fixture);
	(void)snprintf(place, sizeof(place), "pods/run/%s", uuid);
	check_int(symlinkat("/", fixture.data.dir, place), 0);
	check_true(pod_find(&fixture.pods, uuid, &pod, &err) < 0);
}

static void never(void *context, const char *uuid, const struct error *err)
{
	(void)context;
	ck_abort_msg("warned of %s: %s", uuid, err->text);
}

TEST(a_pod_killed_while_it_was_made_is_removed_whole)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_removal removal = { .warn = never };
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	char place[POD_PATH_SIZE];

	pods_fixture_begin(&fixture);
	removal.pods = &fixture.pods;
	make_pod(&fixture, POD_STAGE1_OVERLAY, &pod);
	pod_close(&pod);
	check_ok(pod_find(&fixture.pods, pod.uuid.text, &pod, &err), &err);
	check_ok(pod_mark(&fixture.pods, &pod, &err), &err);
	pod_path(&pod, place);
	check_true(is_there(&fixture.data, place));
	check_ok(pod_remove(&removal, &pod, &err), &err);
	check_true(!is_there(&fixture.data, place));
	pod_close(&pod);
}

TEST(a_tree_is_in_use_by_stage1_and_apps_until_the_pod_is_garbage)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_int(pod_uses_tree(&fixture.pods, fixture.app.tree_id, &err), 0);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_int(pod_uses_tree(&fixture.pods, fixture.app.tree_id, &err), 1);
	check_int(pod_uses_tree(&fixture.pods, fixture.stage1.tree_id, &err), 1);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_GARBAGE, &err), &err);
	check_int(pod_uses_tree(&fixture.pods, fixture.app.tree_id, &err), 0);
	pod_close(&pod);
}
