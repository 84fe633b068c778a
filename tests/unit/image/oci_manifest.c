/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image's configuration becomes.
 */
#include "image/oci_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/manifest/image_manifest.h"
#include "tests/unit/test.h"

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct oci_origin origin = {
	.identifier = "a.b/c",
	.tag = "v1",
	.original_name = "a.b/c:v1",
	.registry = "a.b",
	.repository = "c",
	.manifest_digest = DIGEST,
	.config_digest = DIGEST,
};

/* A root with an /etc/passwd; one for each test. */
static int make_root(void)
{
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\napp:x:1000:1234::/:/bin/sh\n";
	static char path[] = "/tmp/rkt-root-XXXXXX";
	static int root = -1;
	int file;

	if (root >= 0)
		return root;
	test_make_directory(path);
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(root, "etc", 0755), 0);
	file = openat(root, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	check_int((int)write(file, passwd, sizeof(passwd) - 1), (int)sizeof(passwd) - 1);
	(void)close(file);
	return root;
}

static int write_from(const char *json, int root, struct text *out, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct oci_text text = { json, strlen(json), "config" };
	struct oci_config config;

	check_ok(oci_config_parse(&arena, &text, &config, err), err);
	return oci_manifest_write(&config, &origin, root, out, err);
}

/* The manifest made of a "config" object. */
static struct image_manifest made_of(struct arena *arena, const char *run)
{
	auto_text struct text json = { 0 };
	auto_text struct text out = { 0 };
	struct image_manifest manifest;
	struct error err = { 0 };
	int root = make_root();

	check_int(text_printf(&json,
			      "{\"rootfs\":{},\"os\":\"linux\",\"architecture\":\"amd64\","
			      "\"created\":\"2024-01-02T03:04:05.678Z\",\"author\":\"me\","
			      "\"config\":%s}",
			      run),
		  0);
	check_ok(write_from(text_string(&json), root, &out, &err), &err);
	check_ok(image_manifest_parse(arena,
				      &(const struct json_source){ .text = text_string(&out),
								   .length = out.length,
								   .place = "made" },
				      &manifest, &err),
		 &err);
	return manifest;
}

static void check_refused(const char *json, const char *why)
{
	auto_text struct text out = { 0 };
	struct error err = { 0 };
	int root = make_root();

	ck_assert_msg(write_from(json, root, &out, &err) < 0, "%s was taken", json);
	check_contains(err.text, why);
}

TEST(the_whole_configuration_is_kept)
{
	auto_arena struct arena arena = { 0 };
	const struct image_manifest manifest = made_of(
	    &arena, "{\"Entrypoint\":[\"/bin/a\",\"-x\"],\"Cmd\":[\"b c\"],\"Env\":[\"A=1\",\"B=\","
		    "\"A=2=3\"],\"User\":\"app\",\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\","
		    "\"Labels\":{\"org.x/Y Z\":\"v\"},\"Volumes\":{\"/var/Lib/x\":{},\"rel\":{}},"
		    "\"ExposedPorts\":{\"80\":{},\"80/tcp\":{},\"53/udp\":{}}}");
	const struct app *app = manifest.app;

	check_text(manifest.name, "a.b/c");
	check_text(image_manifest_label(&manifest, "version"), "v1");
	check_text(image_manifest_label(&manifest, "os"), "linux");
	check_text(image_manifest_label(&manifest, "arch"), "amd64");
	check_uint(app->exec.n, 3);
	check_text(app->exec.items[2], "b c");
	check_uint(app->environment.n, 2);
	check_text(manifest_pairs_get(&app->environment, "A"), "2=3");
	check_text(app->working_directory, "/w");
	check_text(manifest_pairs_get(&app->user_labels, "org.x/Y Z"), "v");
	check_uint(app->n_mount_points, 2);
	check_text(app->mount_points[0].name, "volume-var-lib-x");
	check_text(app->mount_points[0].path, "/var/Lib/x");
	check_text(app->mount_points[1].path, "/rel");
	check_uint(app->n_ports, 2);
	check_text(app->ports[0].name, "80-tcp");
	check_text(app->ports[1].name, "53-udp");
	check_text(app->ports[1].protocol, "udp");
	check_uint(app->ports[1].port, 53);
}

TEST(what_has_no_field_is_an_annotation)
{
	auto_arena struct arena arena = { 0 };
	const struct image_manifest manifest =
	    made_of(&arena, "{\"Entrypoint\":[\"/a\"],\"Cmd\":[\"b\",\"c\\\"\"],"
			    "\"StopSignal\":\"SIGINT\"}");
	const struct manifest_pairs *found = &manifest.annotations;

	check_text(manifest_pairs_get(found, "appc.io/docker/entrypoint"), "[\"/a\"]");
	check_text(manifest_pairs_get(found, "appc.io/docker/cmd"), "[\"b\",\"c\\\"\"]");
	check_text(manifest_pairs_get(found, "appc.io/executor/stop-signal"), "SIGINT");
	check_text(manifest_pairs_get(found, "appc.io/docker/originalname"), "a.b/c:v1");
	check_text(manifest_pairs_get(found, "appc.io/docker/registryurl"), "a.b");
	check_text(manifest_pairs_get(found, "appc.io/docker/repository"), "c");
	check_text(manifest_pairs_get(found, "appc.io/docker/tag"), "v1");
	check_text(manifest_pairs_get(found, "appc.io/docker/imageid"), DIGEST);
	check_text(manifest_pairs_get(found, "appc.io/docker/manifesthash"), DIGEST);
	check_text(manifest_pairs_get(found, "created"), "2024-01-02T03:04:05.678Z");
	check_text(manifest_pairs_get(found, "authors"), "me");
}

static void check_user(const char *run, const char *user, const char *group)
{
	auto_arena struct arena arena = { 0 };
	const struct image_manifest manifest = made_of(&arena, run);

	check_text(manifest.app->user, user);
	check_text(manifest.app->group, group);
}

TEST(a_user_without_a_group_gets_that_of_the_images_passwd)
{
	check_user("{}", "0", "0");
	check_user("{\"User\":\"app\"}", "app", "1234");
	check_user("{\"User\":\"1000\"}", "1000", "1234");
	check_user("{\"User\":\"4242\"}", "4242", "0");
	check_user("{\"User\":\"nobody-here\"}", "nobody-here", "0");
	check_user("{\"User\":\"app:wheel\"}", "app", "wheel");
	check_user("{\"User\":\"app:\"}", "app", "1234");
	check_user("{\"User\":\":7\"}", "0", "7");
}

TEST(volumes_of_one_name_are_told_apart)
{
	auto_arena struct arena arena = { 0 };
	const struct image_manifest manifest =
	    made_of(&arena, "{\"Volumes\":{\"/a-b\":{},\"/a/b\":{},\"/a.b\":{},\"/\":{}}}");

	check_text(manifest.app->mount_points[0].name, "volume-a-b");
	check_text(manifest.app->mount_points[1].name, "volume-a-b-2");
	check_text(manifest.app->mount_points[2].name, "volume-a-b-3");
	check_text(manifest.app->mount_points[3].name, "volume");
}

TEST(what_app_container_cannot_say_is_refused_by_field)
{
	check_refused("{\"rootfs\":{},\"os\":\"windows\"}", "os: the image is for windows");
	check_refused("{\"rootfs\":{},\"architecture\":\"vax\"}", "architecture: ");
	check_refused("{\"rootfs\":{},\"config\":{\"Env\":[\"NOEQUALS\"]}}",
		      "config.Env[0]: \"NOEQUALS\"");
	check_refused("{\"rootfs\":{},\"config\":{\"Env\":[\"=x\"]}}", "config.Env[0]");
	check_refused("{\"rootfs\":{},\"config\":{\"ExposedPorts\":{\"0/tcp\":{}}}}",
		      "config.ExposedPorts: \"0/tcp\"");
	check_refused("{\"rootfs\":{},\"config\":{\"ExposedPorts\":{\"65536\":{}}}}", "65536");
	check_refused("{\"rootfs\":{},\"config\":{\"ExposedPorts\":{\"80/\":{}}}}", "80/");
	check_refused("{\"rootfs\":{},\"config\":{\"Volumes\":{\"/a/../../b\\n\":{}}}}",
		      "mountPoints[0].path");
}
