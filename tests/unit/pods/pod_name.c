/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_name.h"

#include <sys/wait.h>

#include "stage0/pods/pod_collect.h"
#include "tests/unit/pods/pods_fixture.h"

TEST(names_are_words_that_are_no_beginning_of_a_uuid)
{
	static const char *const good[] = { "web", "Web-1", "a.b_c", "0x", "cafes", "DEADBEEF" };
	static const char *const bad[] = { "",       "-web",      ".web",  "we b",
					   "web/..", "w\xc3\xbc", "web\n", "cafe",
					   "12",     "1234-ab",   "_web" };
	char longest[POD_NAME_SIZE + 1];
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
		check_ok(pod_name_check(good[i], &err), &err);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		check_int(pod_name_check(bad[i], &err), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	longest[POD_NAME_SIZE - 1] = '\0';
	check_ok(pod_name_check(longest, &err), &err);
	longest[POD_NAME_SIZE - 1] = 'x';
	longest[POD_NAME_SIZE] = '\0';
	check_int(pod_name_check(longest, &err), -EINVAL);
}

TEST(a_pod_is_found_by_its_name_wherever_it_is)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_ok(pod_name_take(&fixture.pods, &pod, "web", &err), &err);
	for (enum pod_home home = POD_HOME_PREPARED; home <= POD_HOME_EXITED_GARBAGE; home++) {
		auto_pod_dir struct pod_dir found = POD_DIR_NONE;

		check_ok(pod_move(&fixture.pods, &pod, home, &err), &err);
		check_ok(pod_find(&fixture.pods, "web", &found, &err), &err);
		check_text(found.uuid.text, pod.uuid.text);
		check_int(found.home, home);
	}
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_GARBAGE, &err), &err);
	check_int(pod_find(&fixture.pods, "web", &pod, &err), -ENOENT);
	check_contains(err.text, "no matches found for \"web\"");
	pod_close(&pod);
}

TEST(a_name_is_one_pods_until_that_is_gone)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir first = POD_DIR_NONE, second = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &first, &err), &err);
	check_ok(pod_create(&fixture.pods, &second, &err), &err);
	check_ok(pod_name_take(&fixture.pods, &first, "web", &err), &err);
	check_int(pod_name_take(&fixture.pods, &second, "web", &err), -EEXIST);
	check_contains(err.text, "--pod-name=web: pod");
	check_contains(err.text, first.uuid.text);
	pod_discard(&fixture.pods, &first);
	error_clear(&err);
	check_ok(pod_name_take(&fixture.pods, &second, "web", &err), &err);
	pod_close(&first);
	pod_close(&second);
}

TEST(of_many_who_want_a_name_one_gets_it)
{
	auto_pods_fixture struct pods_fixture fixture;
	int got = 0, left = 8;

	pods_fixture_begin(&fixture);
	for (int i = 0; i < left; i++) {
		struct pod_dir pod = POD_DIR_NONE;
		struct error err = { 0 };

		if (fork() == 0) {
			_exit(pod_create(&fixture.pods, &pod, &err) == 0 &&
				      pod_name_take(&fixture.pods, &pod, "web", &err) == 0
				  ? 1
				  : 0);
		}
	}
	for (; left > 0; left--) {
		int status = 0;

		check_true(wait(&status) > 0);
		got += WEXITSTATUS(status);
	}
	check_int(got, 1);
}

TEST(a_file_that_holds_no_name_is_none)
{
	static const char *const bad[] = { "", "two words", "web\n", "../x", "caf\xc3\xa9" };
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	char name[POD_NAME_SIZE];

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_true(!pod_name_read(pod.fd, name));
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		put_file(pod.fd, "pod-name", bad[i]);
		check_true(!pod_name_read(pod.fd, name));
		check_int(pod_name_find(&fixture.pods, bad[i], &pod.uuid, &err), -ENOENT);
		check_int(unlinkat(pod.fd, "pod-name", 0), 0);
	}
	pod_close(&pod);
}
