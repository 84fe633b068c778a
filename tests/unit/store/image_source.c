/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/image_source.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/test.h"

static void check_source(const char *text, enum image_source_kind kind, const char *location,
			 const char *reference)
{
	auto_arena struct arena arena = { 0 };
	struct image_source source;
	struct error err = { 0 };

	check_ok(image_source_parse(&arena, text, &source, &err), &err);
	check_int(source.kind, kind);
	check_text(source.text, text);
	check_text(source.location, location);
	if (reference == NULL)
		ck_assert_ptr_null(source.reference);
	else
		check_text(source.reference, reference);
}

static void check_refused(const char *text, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct image_source source = { .text = "untouched" };
	struct error err = { 0 };

	check_int(image_source_parse(&arena, text, &source, &err), -EINVAL);
	check_contains(err.text, text);
	check_contains(err.text, why);
	check_text(source.text, "untouched");
}

TEST(names_and_ids_are_of_the_store)
{
	check_source("example.com/app:v1,channel=beta", IMAGE_SOURCE_NAME,
		     "example.com/app:v1,channel=beta", NULL);
	check_source("sha512-0a1b", IMAGE_SOURCE_ID, "sha512-0a1b", NULL);
	/* No scheme: the slashes belong to a label. */
	check_source("example.com/app,url=http://x", IMAGE_SOURCE_NAME,
		     "example.com/app,url=http://x", NULL);
}

TEST(a_path_is_what_looks_like_one_or_is_there)
{
	char directory[] = "/tmp/rkt-source-XXXXXX";

	check_source("/a/b", IMAGE_SOURCE_FILE, "/a/b", NULL);
	check_source("./b:c", IMAGE_SOURCE_FILE, "./b:c", NULL);
	check_source("../b", IMAGE_SOURCE_FILE, "../b", NULL);
	check_source("b.aci", IMAGE_SOURCE_FILE, "b.aci", NULL);
	check_source("file:///a/b", IMAGE_SOURCE_FILE, "/a/b", NULL);
	test_make_directory(directory);
	check_int(chdir(directory), 0);
	check_source("app", IMAGE_SOURCE_NAME, "app", NULL);
	check_int(close(open("app", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	check_source("app", IMAGE_SOURCE_FILE, "app", NULL);
}

TEST(urls_stay_whole)
{
	check_source("http://a.b/c.aci", IMAGE_SOURCE_HTTP, "http://a.b/c.aci", NULL);
	check_source("https://a.b:1/c.aci", IMAGE_SOURCE_HTTPS, "https://a.b:1/c.aci", NULL);
}

TEST(layouts_and_archives_may_have_a_reference)
{
	check_source("oci:dir", IMAGE_SOURCE_OCI_LAYOUT, "dir", NULL);
	check_source("oci:/a/dir:v1", IMAGE_SOURCE_OCI_LAYOUT, "/a/dir", "v1");
	check_source("oci-archive:a.tar:latest", IMAGE_SOURCE_OCI_ARCHIVE, "a.tar", "latest");
	check_source("docker-archive:a.tar:example.com/app:v1", IMAGE_SOURCE_DOCKER_ARCHIVE,
		     "a.tar", "example.com/app:v1");
}

TEST(what_skopeo_fetches_is_handed_on)
{
	check_source("docker://redis", IMAGE_SOURCE_REGISTRY, "redis", NULL);
	check_source("docker://a.b:5000/c/d@sha256:00", IMAGE_SOURCE_REGISTRY,
		     "a.b:5000/c/d@sha256:00", NULL);
	check_source("containers-storage:localhost/app:v1", IMAGE_SOURCE_CONTAINERS_STORAGE,
		     "localhost/app:v1", NULL);
}

TEST(a_source_in_another_format_is_told_from_the_others)
{
	const struct image_source file = { .kind = IMAGE_SOURCE_FILE };
	const struct image_source url = { .kind = IMAGE_SOURCE_HTTPS };
	const struct image_source layout = { .kind = IMAGE_SOURCE_OCI_LAYOUT };
	const struct image_source storage = { .kind = IMAGE_SOURCE_CONTAINERS_STORAGE };

	check_true(!image_source_is_container(&file));
	check_true(!image_source_is_container(&url));
	check_true(image_source_is_container(&layout));
	check_true(image_source_is_container(&storage));
}

TEST(what_is_incomplete_or_unknown_is_refused)
{
	check_refused("oci:", "nothing after oci:");
	check_refused("oci::v1", "nothing after oci:");
	check_refused("oci-archive:a.tar:", "no reference after the colon");
	check_refused("docker://", "nothing after docker://");
	check_refused("http://", "nothing after http://");
	check_refused("ftp://a.b/c", "images come from");
}
