/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/config/config.h"
#include "tests/unit/test.h"

/* Three empty places below a fresh directory, which is the working directory afterwards. */
static void make_places(void)
{
	static char template[] = "/tmp/test-config-XXXXXX";
	struct error err = { 0 };

	test_make_directory(template);
	check_int(chdir(template), 0);
	check_ok(file_make_directories(AT_FDCWD, "system/paths.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "system/stage1.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "local/paths.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "local/stage1.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "local/stage1-policy.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "local/auth.d", 0755, &err), &err);
}

static void put(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	check_true(fd >= 0);
	check_int(file_write_fd(fd, content, strlen(content)), 0);
	check_int(close(fd), 0);
}

static struct arena arena;

static int read_places(struct config *config, struct error *err)
{
	const struct config_places places = { "system", "local", "" };

	return config_read(&arena, &places, config, err);
}

TEST(a_machine_without_configuration_has_the_defaults)
{
	const struct config_places places = { "/nonexistent", "/nonexistent", NULL };
	struct config config = { .data = "x" };
	struct error err = { 0 };

	check_ok(config_read(&arena, &places, &config, &err), &err);
	check_true(config.data == NULL && config.stage1.name == NULL);
	check_uint(config.policy.n_levels, 3);
	check_true(!config.policy.annotation_may_lower);
}

TEST(each_value_is_overridden_for_itself)
{
	struct config config;
	struct error err = { 0 };

	make_places();
	put("system/paths.d/a.json", "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"/a\","
				     "\"stage1-images\":\"/images\"}");
	put("local/paths.d/b.json",
	    "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"/b\"}");
	put("system/stage1.d/s.json", "{\"rktKind\":\"stage1\",\"rktVersion\":\"v1\","
				      "\"name\":\"example.com/s1\",\"version\":\"1\"}");
	put("local/stage1.d/s.json",
	    "{\"rktKind\":\"stage1\",\"rktVersion\":\"v1\",\"location\":\"/s1.aci\"}");
	put("local/paths.d/readme.txt", "not JSON");
	put("local/auth.d/docker.json", "{\"rktKind\":\"dockerAuth\",\"rktVersion\":\"v1\"}");
	check_ok(read_places(&config, &err), &err);
	check_text(config.data, "/b");
	check_text(config.stage1_images, "/images");
	check_text(config.stage1.name, "example.com/s1");
	check_text(config.stage1.version, "1");
	check_text(config.stage1.location, "/s1.aci");
}

TEST(two_files_of_one_place_may_not_set_the_same_value)
{
	struct config config = { .data = "untouched" };
	struct error err = { 0 };

	make_places();
	put("local/paths.d/a.json",
	    "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"/a\"}");
	put("local/paths.d/b.json",
	    "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"/b\"}");
	check_int(read_places(&config, &err), -EINVAL);
	check_contains(err.text, "local/paths.d/b.json: data is set by another file");
	check_text(config.data, "untouched");
}

TEST(files_that_are_not_what_their_folder_holds_are_refused)
{
	static const struct {
		const char *content, *message;
	} cases[] = {
		{ "{}", "rktKind is missing" },
		{ "{\"rktKind\":\"auth\",\"rktVersion\":\"v1\"}", "rktKind is \"auth\"" },
		{ "{\"rktKind\":\"paths\",\"rktVersion\":\"v2\"}", "rktVersion is \"v2\"" },
		{ "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"dta\":\"/a\"}", "dta" },
		{ "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"a\"}",
		  "not an absolute path" },
		{ "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":7}", "data" },
		{ "{", "paths.d/a.json" },
		{ "[]", "rktKind is missing" },
		{ "", "paths.d/a.json" },
	};

	make_places();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct config config;
		struct error err = { 0 };

		put("local/paths.d/a.json", cases[i].content);
		check_int(read_places(&config, &err), -EINVAL);
		check_contains(err.text, cases[i].message);
	}
}

TEST(a_stage1_needs_name_and_version_together)
{
	struct config config;
	struct error err = { 0 };

	make_places();
	put("local/stage1.d/a.json",
	    "{\"rktKind\":\"stage1\",\"rktVersion\":\"v1\",\"name\":\"example.com/s1\"}");
	check_int(read_places(&config, &err), -EINVAL);
	check_contains(err.text, "name and version must be given together");
}

TEST(an_annotation_may_raise_isolation_but_not_lower_it)
{
	struct config config;
	struct error err = { 0 };
	static const char fly[] = "coreos.com/rkt/stage1-fly";
	static const char coreos[] = "coreos.com/rkt/stage1-coreos:1.30.0+c.1";
	static const char kvm[] = "coreos.com/rkt/stage1-kvm:1.30.0";

	config_defaults(&config);
	check_ok(config_stage1_may_replace(&config.policy, fly, coreos, &err), &err);
	check_ok(config_stage1_may_replace(&config.policy, coreos, kvm, &err), &err);
	check_ok(
	    config_stage1_may_replace(&config.policy, coreos, "coreos.com/rkt/stage1-coreos", &err),
	    &err);
	check_int(config_stage1_may_replace(&config.policy, coreos, fly, &err), -EPERM);
	check_contains(err.text, "isolates less than coreos.com/rkt/stage1-coreos");
	check_int(config_stage1_may_replace(&config.policy, coreos, "example.com/other", &err),
		  -EPERM);
	check_contains(err.text, "does not list");
	check_int(config_stage1_may_replace(&config.policy, "example.com/other", kvm, &err),
		  -EPERM);
}

TEST(the_operator_may_allow_lower_levels_and_name_other_ones)
{
	struct config config;
	struct error err = { 0 };

	make_places();
	put("local/stage1-policy.d/p.json", "{\"rktKind\":\"stage1Policy\",\"rktVersion\":\"v1\","
					    "\"levels\":[\"a.com/x\",\"a.com/y\"]}");
	check_ok(read_places(&config, &err), &err);
	check_ok(config_stage1_may_replace(&config.policy, "a.com/x", "a.com/y", &err), &err);
	check_int(config_stage1_may_replace(&config.policy, "a.com/y", "a.com/x", &err), -EPERM);
	put("local/stage1-policy.d/q.json",
	    "{\"rktKind\":\"stage1Policy\",\"rktVersion\":\"v1\",\"annotationMayLower\":true}");
	check_ok(read_places(&config, &err), &err);
	check_ok(config_stage1_may_replace(&config.policy, "a.com/y", "a.com/x", &err), &err);
}
