/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/annotations.h"

#include <errno.h>

#include "tests/unit/test.h"

#define ID "sha512-00000000000000000000000000000000"

static const char pod_text[] =
    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"one\",\"image\":{"
    "\"id\":\"" ID "\"},\"app\":{\"exec\":[\"/x\"],\"user\":\"0\",\"group\":\"0\"},"
    "\"annotations\":[{\"name\":\"b\",\"value\":\"app\"},{\"name\":\"c\",\"value\":\"\\\"\"}]}],"
    "\"annotations\":[{\"name\":\"ip-address\",\"value\":\"10.1.2.3\"}]}";
static const char image_text[] =
    "{\"acVersion\":\"0.8.11\",\"acKind\":\"ImageManifest\",\"name\":\"x\","
    "\"annotations\":[{\"name\":\"a\",\"value\":\"image\"},"
    "{\"name\":\"b\",\"value\":\"image\"}]}";

static struct text text(const char *string)
{
	struct text ret = { 0 };

	check_int(text_append(&ret, string), 0);
	return ret;
}

TEST(a_pods_are_listed)
{
	auto_text struct text pod = text(pod_text), found = { 0 };
	struct error err = { 0 };

	check_ok(annotations_of_pod(&pod, &found, &err), &err);
	check_text(text_string(&found), "[{\"name\":\"ip-address\",\"value\":\"10.1.2.3\"}]");
}

TEST(an_apps_are_its_images_and_the_pods_for_it)
{
	auto_text struct text pod = text(pod_text), image = text(image_text), found = { 0 };
	struct error err = { 0 };

	check_ok(annotations_of_app(&(struct annotations_app){ &pod, &image, "one" }, &found, &err),
		 &err);
	check_text(text_string(&found),
		   "[{\"name\":\"a\",\"value\":\"image\"},{\"name\":\"b\",\"value\":\"app\"},"
		   "{\"name\":\"c\",\"value\":\"\\\"\"}]");
	check_int(
	    annotations_of_app(&(struct annotations_app){ &pod, &image, "two" }, &found, &err),
	    -ENOENT);
}

TEST(one_can_be_asked_for)
{
	auto_text struct text pod = text(pod_text), image = text(image_text), found = { 0 };
	struct error err = { 0 };

	check_ok(annotations_find_of_pod(&pod, "ip-address", &found, &err), &err);
	check_ok(annotations_find_of_app(&(struct annotations_app){ &pod, &image, "one" }, "a",
					 &found, &err),
		 &err);
	check_ok(annotations_find_of_app(&(struct annotations_app){ &pod, &image, "one" }, "b",
					 &found, &err),
		 &err);
	check_text(text_string(&found), "10.1.2.3imageapp");
	check_int(annotations_find_of_pod(&pod, "a", &found, &err), -ENOENT);
	check_int(annotations_find_of_app(&(struct annotations_app){ &pod, &image, "one" }, "d",
					  &found, &err),
		  -ENOENT);
	check_int(annotations_find_of_app(&(struct annotations_app){ &pod, &image, "two" }, "a",
					  &found, &err),
		  -ENOENT);
}

TEST(the_image_of_an_app_is_told)
{
	auto_text struct text pod = text(pod_text), found = { 0 };
	struct error err = { 0 };

	check_ok(annotations_image_id(&pod, "one", &found, &err), &err);
	check_text(text_string(&found), ID);
}

TEST(what_is_no_manifest_is_an_error)
{
	auto_text struct text pod = text("{"), found = { 0 };
	struct error err = { 0 };

	check_int(annotations_of_pod(&pod, &found, &err), -EINVAL);
	check_contains(err.text, "pod manifest");
}
