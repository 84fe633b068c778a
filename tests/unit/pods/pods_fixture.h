/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pods_fixture.h - a data directory with two images, a stage1 and an app, for one test.
 */
#pragma once

#include "stage0/pods/pod_files.h"
#include "tests/unit/store/store_fixture.h"

struct pods_fixture {
	struct store_fixture data;
	struct pods pods;
	struct store_image stage1;
	struct store_image app;
};

#define auto_pods_fixture CLEANUP(pods_fixture_end)

static inline void pods_fixture_begin(struct pods_fixture *fixture)
{
	struct error err = { 0 };
	const struct store *store = &fixture->data.store;

	fixture->stage1 = fixture->app = (struct store_image)STORE_IMAGE_NONE;
	store_fixture_begin(&fixture->data);
	check_ok(pods_open(fixture->data.dir, &fixture->pods, &err), &err);
	put_version(&fixture->data, "51", "example.com/stage1", "v1", 1);
	put_version(&fixture->data, "a9", "example.com/app", "v1", 1);
	check_ok(store_find(store, "example.com/stage1", &fixture->stage1, &err), &err);
	check_ok(store_find(store, "example.com/app", &fixture->app, &err), &err);
	put_file(fixture->stage1.tree, "rootfs/run", "program of the stage1");
	check_int(mkdirat(fixture->stage1.tree, "rootfs/rkt", 0755), 0);
	check_int(mkdirat(fixture->stage1.tree, "rootfs/opt", 0755), 0);
	check_int(mkdirat(fixture->stage1.tree, "rootfs/opt/stage2", 0755), 0);
	put_file(fixture->app.tree, "rootfs/file", "file of the app");
}

static inline void pods_fixture_end(struct pods_fixture *fixture)
{
	pods_close(&fixture->pods);
	store_image_release(&fixture->stage1);
	store_image_release(&fixture->app);
	store_fixture_end(&fixture->data);
}

/* A pod in prepare/ with the apps "one" and "two", both of the same image. */
static inline void make_pod(const struct pods_fixture *fixture, enum pod_stage1_root root,
			    struct pod_dir *ret)
{
	static const char manifest[] =
	    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":["
	    "{\"name\":\"one\",\"image\":{\"name\":\"example.com/app\",\"id\":\"sha512-a9\","
	    "\"labels\":[{\"name\":\"version\",\"value\":\"v1\"}]},"
	    "\"mounts\":[{\"volume\":\"data\",\"path\":\"/data\"}]},"
	    "{\"name\":\"two\",\"image\":{\"id\":\"sha512-a9\"}}],"
	    "\"volumes\":[{\"name\":\"data\",\"kind\":\"host\",\"source\":\"/srv\","
	    "\"readOnly\":true}]}";
	const struct pod_image apps[] = { { "one", &fixture->app }, { "two", &fixture->app } };
	const struct pod_files files = {
		.manifest = manifest,
		.manifest_length = sizeof(manifest) - 1,
		.stage1 = { NULL, &fixture->stage1 },
		.stage1_root = root,
		.apps = apps,
		.n_apps = 2,
	};
	struct error err = { 0 };

	check_ok(pod_create(&fixture->pods, ret, &err), &err);
	check_ok(pod_files_write(ret, &files, &err), &err);
}

static inline bool has(const struct pod_dir *pod, const char *path)
{
	return faccessat(pod->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void check_content(int at, const char *path, const char *want)
{
	auto_close int fd = openat(at, path, O_RDONLY | O_CLOEXEC);
	char content[4096] = "";

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	check_true(read(fd, content, sizeof(content) - 1) >= 0);
	check_text(content, want);
}
