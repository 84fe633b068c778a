/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_directory.h"

#include <errno.h>

#include "tests/unit/pod/pod_place.h"

#define IMAGE_ID "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"

static const char pod_manifest[] =
    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"app-a\","
    "\"image\":{\"name\":\"example.com/a\",\"id\":\"" IMAGE_ID "\"},"
    "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"}}]}";

static const char image_manifest[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/a\","
    "\"annotations\":[{\"name\":\"appc.io/executor/stop-signal\",\"value\":\"SIGQUIT\"}]}";

static const char other_image_manifest[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/b\"}";

TEST(a_pod_is_read_with_the_images_of_its_apps)
{
	auto_place struct pod_place place = pod_place_new();
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pod pod;

	pod_place_write(&place, "pod", pod_manifest);
	pod_place_write(&place, "stage1/rootfs/opt/stage2/app-a/manifest", image_manifest);
	check_ok(pod_load(place.fd, &arena, &pod, &err), &err);
	check_uint(pod.manifest.n_apps, 1);
	check_text(pod.manifest.apps[0].name, "app-a");
	check_text(pod.images[0].name, "example.com/a");
}

TEST(stage0_s_copy_of_an_image_manifest_will_do)
{
	auto_place struct pod_place place = pod_place_new();
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pod pod;

	pod_place_write(&place, "pod", pod_manifest);
	pod_place_write(&place, "appsinfo/app-a/manifest", image_manifest);
	check_ok(pod_load(place.fd, &arena, &pod, &err), &err);
	check_text(pod.images[0].name, "example.com/a");
}

TEST(a_missing_image_manifest_is_named)
{
	auto_place struct pod_place place = pod_place_new();
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pod pod;

	pod_place_write(&place, "pod", pod_manifest);
	check_int(pod_load(place.fd, &arena, &pod, &err), -ENOENT);
	check_contains(err.text, "app app-a");
	check_contains(err.text, "manifest");
}

TEST(the_name_of_an_image_in_the_pod_manifest_is_a_remark)
{
	auto_place struct pod_place place = pod_place_new();
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pod pod;

	pod_place_write(&place, "pod", pod_manifest);
	pod_place_write(&place, "appsinfo/app-a/manifest", other_image_manifest);
	check_ok(pod_load(place.fd, &arena, &pod, &err), &err);
	check_text(pod.images[0].name, "example.com/b");
}

TEST(a_broken_pod_manifest_says_which_file_it_is)
{
	auto_place struct pod_place place = pod_place_new();
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pod_manifest manifest;

	check_int(pod_load_manifest(place.fd, &arena, &manifest, &err), -ENOENT);
	pod_place_write(&place, "pod", "{");
	check_int(pod_load_manifest(place.fd, &arena, &manifest, &err), -EINVAL);
	check_contains(err.text, "the pod manifest");
}
