/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define POD    "0b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"
#define OTHER  "1b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"
#define TOKEN  "0123456789abcdef0123456789abcdef"
#define TOKEN2 "fedcba9876543210fedcba9876543210"

static int make_registry(void)
{
	char path[] = "/tmp/metadata-registry-XXXXXX";
	struct error err = { 0 };
	int fd = FD_NONE;

	test_make_directory(path);
	check_int(chmod(path, 0755), 0);
	check_ok(registry_open(path, &fd, &err), &err);
	return fd;
}

TEST(what_is_put_is_found_by_its_token)
{
	auto_close int registry = make_registry();
	auto_text struct text pod = { 0 }, app = { 0 };
	struct error err = { 0 };
	struct uuid found;

	check_ok(registry_put_pod(registry, POD, TOKEN, "{\"p\":1}", &err), &err);
	check_ok(registry_put_app(registry, POD, "app", "{\"a\":1}", &err), &err);
	check_ok(registry_find(registry, TOKEN, &found, &err), &err);
	check_text(found.text, POD);
	check_ok(registry_read_pod(registry, POD, &pod, &err), &err);
	check_text(text_string(&pod), "{\"p\":1}");
	check_ok(registry_read_app(registry, POD, "app", &app, &err), &err);
	check_text(text_string(&app), "{\"a\":1}");
	check_int(registry_read_app(registry, POD, "other", &app, &err), -ENOENT);
}

TEST(a_new_token_ends_the_old_one)
{
	auto_close int registry = make_registry();
	struct error err = { 0 };
	struct uuid found;

	check_ok(registry_put_pod(registry, POD, TOKEN, "{}", &err), &err);
	check_ok(registry_put_app(registry, POD, "app", "{}", &err), &err);
	check_ok(registry_put_pod(registry, POD, TOKEN2, "{}", &err), &err);
	check_int(registry_find(registry, TOKEN, &found, &err), -ENOENT);
	check_ok(registry_find(registry, TOKEN2, &found, &err), &err);
}

TEST(nothing_of_a_removed_pod_is_left)
{
	auto_close int registry = make_registry();
	auto_text struct text pod = { 0 };
	struct error err = { 0 };
	struct uuid found;

	check_ok(registry_put_pod(registry, POD, TOKEN, "{}", &err), &err);
	check_ok(registry_put_pod(registry, OTHER, TOKEN2, "{}", &err), &err);
	check_ok(registry_remove_pod(registry, POD, &err), &err);
	check_ok(registry_remove_pod(registry, POD, &err), &err);
	check_int(registry_find(registry, TOKEN, &found, &err), -ENOENT);
	check_int(registry_read_pod(registry, POD, &pod, &err), -ENOENT);
	check_ok(registry_find(registry, TOKEN2, &found, &err), &err);
}

static bool is_pod(void *context, const char *uuid)
{
	return strcmp(context, uuid) == 0;
}

TEST(only_the_pods_that_are_gone_are_pruned)
{
	auto_close int registry = make_registry();
	struct error err = { 0 };
	struct uuid found;
	char gone[] = POD;

	check_ok(registry_put_pod(registry, POD, TOKEN, "{}", &err), &err);
	check_ok(registry_put_pod(registry, OTHER, TOKEN2, "{}", &err), &err);
	check_ok(registry_prune(registry, is_pod, gone, &err), &err);
	check_int(registry_find(registry, TOKEN, &found, &err), -ENOENT);
	check_ok(registry_find(registry, TOKEN2, &found, &err), &err);
}

TEST(of_which_data_directory_a_pod_is_is_told_until_it_registers_anew)
{
	auto_close int registry = make_registry();
	struct error err = { 0 };

	check_ok(registry_put_pod(registry, POD, TOKEN, "{}", &err), &err);
	check_true(!registry_is_elsewhere(registry, POD));
	check_ok(registry_mark_elsewhere(registry, POD, &err), &err);
	check_true(registry_is_elsewhere(registry, POD));
	check_true(!registry_is_elsewhere(registry, OTHER));
	check_int(registry_mark_elsewhere(registry, OTHER, &err), -ENOENT);
	check_ok(registry_put_pod(registry, POD, TOKEN2, "{}", &err), &err);
	check_true(!registry_is_elsewhere(registry, POD));
}

TEST(nothing_but_names_becomes_a_path)
{
	auto_close int registry = make_registry();
	struct error err = { 0 };
	struct uuid found;

	check_true(registry_is_token(TOKEN));
	check_true(!registry_is_token("short"));
	check_true(!registry_is_token("../../../../../../../../etc/passwd"));
	check_true(!registry_is_token("0123456789abcdef 0123456789abcdef"));
	check_int(registry_put_pod(registry, "..", TOKEN, "{}", &err), -EINVAL);
	check_int(registry_put_pod(registry, POD, "x", "{}", &err), -EINVAL);
	check_int(registry_put_app(registry, POD, "../x", "{}", &err), -EINVAL);
	check_int(registry_find(registry, "../key", &found, &err), -ENOENT);
}

TEST(others_cannot_look_in)
{
	auto_close int registry = make_registry();
	struct stat st;

	check_int(fstat(registry, &st), 0);
	check_uint(st.st_mode & 07777, 0700);
}
