/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define MOUNTS(list)  "\"mounts\":[" list "]"
#define POINTS(list)  "\"mountPoints\":[" list "]"
#define VOLUMES(list) "\"volumes\":[" list "]"
#define HOST_DATA     "{\"name\":\"data\",\"kind\":\"host\",\"source\":\"/srv/data\"}"

TEST(a_volume_is_mounted_where_the_app_says)
{
	auto_fixture struct fixture f;
	const struct plan_mount *mount;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL,
				  MOUNTS("{\"volume\":\"data\",\"path\":\"//var/./data/\"}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_uint(fixture_app(&f)->n_mounts, 1);
	mount = &fixture_app(&f)->mounts[0];
	check_int(mount->kind, PLAN_MOUNT_HOST);
	check_text(mount->volume, "data");
	check_text(mount->source, "/srv/data");
	check_text(mount->target, "/var/data");
	check_true(!mount->read_only);
	check_true(mount->recursive);
	check_text(fixture_verdict(&f, "a", "volume"), "enforced");
}

TEST(recursion_is_the_volume_s_word_or_the_isolator_s)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.traits = &fixture_fly;
	check_ok(fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"data\",\"path\":\"/d\"}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_true(!fixture_app(&f)->mounts[0].recursive);
	check_ok(
	    fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"data\",\"path\":\"/d\"}"),
			     VOLUMES("{\"name\":\"data\",\"kind\":\"host\",\"source\":\"/srv\","
				     "\"recursive\":true}")),
	    &f.err);
	check_true(fixture_app(&f)->mounts[0].recursive);
}

TEST(a_mount_point_takes_the_volume_of_its_name)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(
		     &f, POINTS("{\"name\":\"data\",\"path\":\"/var/data\",\"readOnly\":true}"),
		     NULL, VOLUMES(HOST_DATA)),
		 &f.err);
	check_text(fixture_app(&f)->mounts[0].source, "/srv/data");
	check_true(fixture_app(&f)->mounts[0].read_only);
}

TEST(a_mount_point_without_a_volume_gets_an_empty_one_of_its_own)
{
	auto_fixture struct fixture f;
	const struct plan_mount *mount;

	fixture_init(&f);
	check_ok(
	    fixture_plan_app(&f, POINTS("{\"name\":\"data\",\"path\":\"/var/data\"}"), NULL, NULL),
	    &f.err);
	mount = &fixture_app(&f)->mounts[0];
	check_int(mount->kind, PLAN_MOUNT_EMPTY);
	check_text(mount->volume, "a.implicit.data");
	check_true(mount->source == NULL);
	check_uint(mount->mode, 0755);
}

TEST(a_mount_fills_a_mount_point_by_path_or_by_name)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f,
				  POINTS("{\"name\":\"p\",\"path\":\"/p\",\"readOnly\":true},"
					 "{\"name\":\"q\",\"path\":\"/q\"}"),
				  MOUNTS("{\"volume\":\"data\",\"path\":\"/p/\"},"
					 "{\"volume\":\"data\",\"path\":\"/q\"}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_uint(fixture_app(&f)->n_mounts, 2);
	check_text(fixture_app(&f)->mounts[0].target, "/p");
	check_text(fixture_app(&f)->mounts[0].volume, "data");
	check_true(fixture_app(&f)->mounts[0].read_only);
	check_true(!fixture_app(&f)->mounts[1].read_only);
}

TEST(a_read_only_volume_stays_read_only)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"data\",\"path\":\"/d\"}"),
			     VOLUMES("{\"name\":\"data\",\"kind\":\"host\",\"source\":\"/srv\","
				     "\"readOnly\":true}")),
	    &f.err);
	check_true(fixture_app(&f)->mounts[0].read_only);
}

TEST(an_empty_volume_has_its_mode_and_owner)
{
	auto_fixture struct fixture f;
	const struct plan_mount *mount;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"e\",\"path\":\"/e\"}"),
				  VOLUMES("{\"name\":\"e\",\"kind\":\"empty\",\"mode\":\"0700\","
					  "\"uid\":5,\"gid\":7}")),
		 &f.err);
	mount = &fixture_app(&f)->mounts[0];
	check_uint(mount->mode, 0700);
	check_uint(mount->uid, 5);
	check_uint(mount->gid, 7);
	check_text(mount->volume, "e");
}

TEST(shallow_targets_come_first_whatever_the_order)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL,
				  MOUNTS("{\"volume\":\"data\",\"path\":\"/a/b/c\"},"
					 "{\"volume\":\"data\",\"path\":\"/z\"},"
					 "{\"volume\":\"data\",\"path\":\"/a/b\"}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_text(fixture_app(&f)->mounts[0].target, "/z");
	check_text(fixture_app(&f)->mounts[1].target, "/a/b");
	check_text(fixture_app(&f)->mounts[2].target, "/a/b/c");
	check_text(f.plan.verdicts[3].detail, "inside the volume on /a/b");
}

TEST(two_volumes_on_one_target_are_refused_by_name)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_app(&f, NULL,
				   MOUNTS("{\"volume\":\"data\",\"path\":\"/d\"},"
					  "{\"volume\":\"other\",\"path\":\"/d/.\"}"),
				   VOLUMES(HOST_DATA ",{\"name\":\"other\",\"kind\":\"empty\"}")),
		  -EINVAL);
	check_contains(f.err.text, "app a: volumes ");
	check_contains(f.err.text, "data");
	check_contains(f.err.text, "other");
	check_contains(f.err.text, "/d");
}

TEST(targets_that_belong_to_the_isolator_are_refused)
{
	static const char *const targets[] = { "/",   "//",    "/./",       "/proc",
					       "dev", "/sys/", "/dev",      "/proc/sys",
					       "/..", "/a/..", "../../sys", "/a/../proc/b" };

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		auto_fixture struct fixture f;
		auto_text struct text mounts = { 0 };

		fixture_init(&f);
		(void)text_printf(&mounts, MOUNTS("{\"volume\":\"data\",\"path\":\"%s\"}"),
				  targets[i]);
		check_int(fixture_plan_app(&f, NULL, text_string(&mounts), VOLUMES(HOST_DATA)),
			  -EINVAL);
		check_contains(f.err.text, "volume data");
	}
}

TEST(places_beside_those_are_fine)
{
	static const char *const targets[] = { "/proc2", "/dev/sda", "/sys/fs/x", "/a..b", "/..a" };

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		auto_fixture struct fixture f;
		auto_text struct text mounts = { 0 };

		fixture_init(&f);
		(void)text_printf(&mounts, MOUNTS("{\"volume\":\"data\",\"path\":\"%s\"}"),
				  targets[i]);
		check_ok(fixture_plan_app(&f, NULL, text_string(&mounts), VOLUMES(HOST_DATA)),
			 &f.err);
		check_text(fixture_app(&f)->mounts[0].target, targets[i]);
	}
}

TEST(relative_targets_start_at_the_app_s_root)
{
	static const struct {
		const char *asked, *target;
	} cases[] = {
		{ "data", "/data" },
		{ "a/b", "/a/b" },
		{ "../../../a", "/a" },
		{ "/a/../b", "/b" },
		{ "/a/../../../b/c", "/b/c" },
		{ "/a/../a/.//b", "/a/b" },
		{ "./a/", "/a" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;
		auto_text struct text mounts = { 0 };

		fixture_init(&f);
		(void)text_printf(&mounts, MOUNTS("{\"volume\":\"data\",\"path\":\"%s\"}"),
				  cases[i].asked);
		check_ok(fixture_plan_app(&f, NULL, text_string(&mounts), VOLUMES(HOST_DATA)),
			 &f.err);
		check_text(fixture_app(&f)->mounts[0].target, cases[i].target);
	}
}

TEST(what_a_volume_says_of_writing_comes_before_its_mount_point)
{
	static const struct {
		const char *volume, *point;
		bool read_only;
	} cases[] = {
		{ "", "false", false },
		{ "", "true", true },
		{ ",\"readOnly\":false", "true", false },
		{ ",\"readOnly\":true", "false", true },
		{ ",\"readOnly\":null", "true", true },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;
		auto_text struct text volumes = { 0 }, points = { 0 };

		fixture_init(&f);
		(void)text_printf(&volumes,
				  VOLUMES("{\"name\":\"data\",\"kind\":\"host\","
					  "\"source\":\"/srv\"%s}"),
				  cases[i].volume);
		(void)text_printf(&points,
				  POINTS("{\"name\":\"data\",\"path\":\"/d\","
					 "\"readOnly\":%s}"),
				  cases[i].point);
		check_ok(fixture_plan_app(&f, text_string(&points), NULL, text_string(&volumes)),
			 &f.err);
		check_true(fixture_app(&f)->mounts[0].read_only == cases[i].read_only);
	}
}

TEST(implicit_volumes_of_docker_s_images_start_as_the_image_has_them)
{
	static const struct manifest_pair mark = { "appc.io/docker/repository", "library/redis" };
	static const struct image_manifest images[] = {
		{ .name = "a.com/plain" },
		{ .name = "a.com/docker", .annotations = { .items = &mark, .n = 1 } },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(images); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		f.images = &images[i];
		check_ok(fixture_plan_app(&f,
					  POINTS("{\"name\":\"own\",\"path\":\"/own\"},"
						 "{\"name\":\"data\",\"path\":\"/data\"}"),
					  NULL, VOLUMES("{\"name\":\"data\",\"kind\":\"empty\"}")),
			 &f.err);
		check_text(fixture_app(&f)->mounts[0].target, "/data");
		check_true(!fixture_app(&f)->mounts[0].from_image);
		check_true(fixture_app(&f)->mounts[1].from_image == (i == 1));
	}
}

TEST(a_mount_point_fills_the_place_that_a_mount_spells_otherwise)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_app(&f, POINTS("{\"name\":\"data\",\"path\":\"/d\",\"readOnly\":true}"),
			     MOUNTS("{\"volume\":\"data\",\"path\":\"./d/\"}"), VOLUMES(HOST_DATA)),
	    &f.err);
	check_uint(fixture_app(&f)->n_mounts, 1);
	check_true(fixture_app(&f)->mounts[0].read_only);
}

TEST(a_volume_that_nobody_mounts_is_reported)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, VOLUMES(HOST_DATA)), &f.err);
	check_text(fixture_verdict(&f, NULL, "volume"), "ignored: no app mounts it");
}

TEST(owners_must_be_among_the_pod_s_users)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.has_private_users = true;
	f.options.user_base = 100000;
	f.options.user_count = 65536;
	check_int(fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"e\",\"path\":\"/e\"}"),
				   VOLUMES("{\"name\":\"e\",\"kind\":\"empty\",\"uid\":65536}")),
		  -EINVAL);
	check_contains(f.err.text, "65536");
}

TEST(a_mount_may_name_the_mount_point_instead_of_its_path)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, POINTS("{\"name\":\"in\",\"path\":\"/var/in\"}"),
				  MOUNTS("{\"volume\":\"data\",\"path\":\"in\"}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_uint(fixture_app(&f)->n_mounts, 1);
	check_text(fixture_app(&f)->mounts[0].target, "/var/in");
	check_text(fixture_app(&f)->mounts[0].volume, "data");
}

TEST(a_volume_of_one_app_alone_clashes_with_none_of_the_pod)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL,
				  MOUNTS("{\"volume\":\"data\",\"path\":\"/one\"},"
					 "{\"volume\":\"data\",\"path\":\"/two\",\"appVolume\":"
					 "{\"name\":\"data\",\"kind\":\"empty\"}}"),
				  VOLUMES(HOST_DATA)),
		 &f.err);
	check_uint(fixture_app(&f)->n_mounts, 2);
	check_text(fixture_app(&f)->mounts[0].volume, "data");
	check_text(fixture_app(&f)->mounts[1].volume, "a.data");
	check_int(fixture_app(&f)->mounts[1].kind, PLAN_MOUNT_EMPTY);
}

TEST(a_mount_of_a_volume_that_is_not_there_is_refused)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_app(&f, NULL, MOUNTS("{\"volume\":\"gone\",\"path\":\"/g\"}"), NULL),
		  -EINVAL);
	check_contains(f.err.text, "gone");
}
