/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "common/base/file.h"
#include "stage0/request/pod_build.h"
#include "tests/unit/request/request_fixture.h"

static const char image_id[] =
    "sha512-1e5c09056d4756a84025cebbecea11a37eef49c3766382e0ff83679f787faa72";

/* The image of the original's captures, with the port that its kitchen-sink run exposes. */
static const char inspect[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"coreos.com/rkt-inspect\","
    "\"labels\":[{\"name\":\"version\",\"value\":\"1.30.0\"},{\"name\":\"arch\",\"value\":"
    "\"amd64\"},"
    "{\"name\":\"os\",\"value\":\"linux\"}],\"app\":{\"exec\":[\"/inspect\"],\"user\":\"0\","
    "\"group\":\"0\",\"workingDirectory\":\"/\",\"environment\":[{\"name\":\"VAR_FROM_MANIFEST\","
    "\"value\":\"manifest\"},{\"name\":\"PATH\",\"value\":\"/bin\"}],\"ports\":[{\"name\":\"p1\","
    "\"protocol\":\"tcp\",\"port\":80,\"count\":1,\"socketActivated\":false}],\"isolators\":["
    "{\"name\":\"resource/memory\",\"value\":{\"request\":\"25Mi\",\"limit\":\"25Mi\"}},"
    "{\"name\":\"resource/cpu\",\"value\":{\"request\":\"50m\",\"limit\":\"800m\"}}]}}";

static const char bare[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/bare\"}";

static const char filtered[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/f\","
    "\"app\":{\"exec\":[\"/f\"],\"user\":\"0\",\"group\":\"0\",\"isolators\":["
    "{\"name\":\"os/linux/seccomp-remove-set\",\"value\":{\"set\":[\"reboot\"]}},"
    "{\"name\":\"os/linux/capabilities-remove-set\",\"value\":{\"set\":[\"CAP_KILL\"]}}]}}";

static char *no_environment[] = { NULL };

/* Builds the pod of a request whose images all have the given manifest. */
static int build(struct request *request, const char *manifest, char *const *environment,
		 struct pod_manifest *ret, struct error *err)
{
	struct image_manifest *parsed = arena_new(fixture_arena(), struct image_manifest);
	struct pod_build_image images[4];
	struct pod_build_input input = { .request = request,
					 .images = images,
					 .environment = environment };
	int r = image_manifest_parse(fixture_arena(),
				     &(const struct json_source){ .text = manifest,
								  .length = strlen(manifest),
								  .place = "test" },
				     parsed, err);

	check_ok(r, err);
	for (size_t i = 0; i < ARRAY_LENGTH(images); i++)
		images[i] = (struct pod_build_image){ image_id, parsed };
	return pod_build(&input, ret, err);
}

static void write_pod(const struct pod_manifest *pod, struct text *out)
{
	check_int(pod_manifest_write(pod, out), 0);
}

TEST(the_manifest_of_all_flags_is_the_originals)
{
	static char *environment[] = {
		"RKT_EXPERIMENT_APP=true",
		"RKT_EXPERIMENT_ATTACH=true",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"TERM=xterm",
		"LANG=C.UTF-8",
		"MARK=from-caller",
		"TMPDIR=/tmp",
		"STUB_EXIT=0",
		NULL
	};
	auto_text struct text captured = { 0 }, wanted = { 0 }, got = { 0 };
	struct pod_manifest theirs, ours;
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--volume=v1,kind=host,source=/tmp,readOnly=true",
		       "--port=p1:8080", "--set-env=A=b", "--inherit-env", "/srv/capture",
		       "--mount=volume=v1,target=/mnt", "--user=1000", "--group=100",
		       "--working-dir=/dir1", "--name=app-a", "--memory=50M", "--cpu=500m",
		       "--cpu-shares=512", "--caps-retain=CAP_NET_ADMIN", "--readonly-rootfs=true",
		       "--exec=/inspect", "--stdin=stream", "--stdout=stream", "--stderr=stream",
		       "--", "--print-cwd"),
		 &err);
	check_ok(build(&request, inspect, environment, &ours, &err), &err);
	check_ok(file_read_at(AT_FDCWD, DATA_DIRECTORY "/pod-kitchen.json", MANIFEST_MAX_BYTES,
			      &captured, &err),
		 &err);
	check_ok(pod_manifest_parse(fixture_arena(),
				    &(const struct json_source){ .text = text_string(&captured),
								 .length = captured.length,
								 .place = "captured" },
				    &theirs, &err),
		 &err);
	/* The original writes its own version where the specification's belongs. */
	check_text(ours.ac_version, "0.8.11");
	ours.ac_version = theirs.ac_version;
	write_pod(&theirs, &wanted);
	write_pod(&ours, &got);
	check_text(text_string(&got), text_string(&wanted));
}

TEST(variables_override_one_another_in_the_documented_order)
{
	static char *environment[] = { "FROM=parent", "PATH=/parent", "BASH_FUNC_x%%=() { :; }",
				       NULL };
	struct manifest_pairs file = { 0 };
	struct pod_build_image image = { .id = image_id };
	struct image_manifest manifest;
	struct pod_build_input input = { .images = &image,
					 .env_files = &file,
					 .environment = environment };
	const struct manifest_pairs *result;
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--inherit-env", "--set-env=B=line", "--set-env=C=line", "x",
		       "--environment=C=app=1"),
		 &err);
	check_ok(pod_environment_parse(
		     fixture_arena(),
		     "# comment\n\n; another\nA=file\nB=file\r\nC=file\nVAR_FROM_MANIFEST=file",
		     "f", &file, &err),
		 &err);
	check_ok(image_manifest_parse(fixture_arena(),
				      &(const struct json_source){ .text = inspect,
								   .length = strlen(inspect),
								   .place = "test" },
				      &manifest, &err),
		 &err);
	image.manifest = &manifest;
	input.request = &request;
	check_ok(pod_build(&input, &pod, &err), &err);
	result = &pod.apps[0].app->environment;
	check_text(manifest_pairs_get(result, "PATH"), "/bin");
	check_text(manifest_pairs_get(result, "FROM"), "parent");
	check_text(manifest_pairs_get(result, "VAR_FROM_MANIFEST"), "file");
	check_text(manifest_pairs_get(result, "A"), "file");
	check_text(manifest_pairs_get(result, "B"), "line");
	check_text(manifest_pairs_get(result, "C"), "app=1");
	check_uint(result->n, 6);
	check_text(result->items[0].name, "VAR_FROM_MANIFEST");
}

TEST(bad_variables_are_named)
{
	struct manifest_pairs pairs = { 0 };
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };

	check_int(
	    pod_environment_parse(fixture_arena(), "A=1\nnonsense\n", "env.txt", &pairs, &err),
	    -EINVAL);
	check_text(err.text, "env.txt: line 2 is not NAME=VALUE");
	check_uint(pairs.n, 0);
	check_ok(PARSE(&request, &err, "--set-env=1A=b", "x"), &err);
	check_int(build(&request, inspect, no_environment, &pod, &err), -EINVAL);
	check_text(err.text, "--set-env: \"1A=b\" is not NAME=VALUE");
}

TEST(filters_of_the_command_line_replace_those_of_the_image)
{
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };
	const struct app *app;

	check_ok(PARSE(&request, &err, "x", "--seccomp=mode=retain,errno=EPERM,read,write",
		       "--caps-retain=CAP_CHOWN"),
		 &err);
	check_ok(build(&request, filtered, no_environment, &pod, &err), &err);
	app = pod.apps[0].app;
	check_uint(app->n_isolators, 2);
	check_int(app->isolators[0].kind, ISOLATOR_CAPS_RETAIN);
	check_int(app->isolators[1].kind, ISOLATOR_SECCOMP_RETAIN);
	check_text(app->isolators[1].seccomp.errno_name, "EPERM");
	check_uint(app->isolators[1].seccomp.n_names, 2);
}

TEST(an_image_without_an_app_needs_exec)
{
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "x"), &err);
	check_int(build(&request, bare, no_environment, &pod, &err), -EINVAL);
	check_text(err.text, "x: the image names no program; --exec does");
	check_ok(PARSE(&request, &err, "x", "--exec=/bin/sh"), &err);
	check_ok(build(&request, bare, no_environment, &pod, &err), &err);
	check_text(pod.apps[0].app->exec.items[0], "/bin/sh");
	check_text(pod.apps[0].app->user, "0");
}

TEST(mounts_of_an_app_replace_the_pods_at_the_same_path)
{
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--volume=a,kind=empty", "--volume=b,kind=empty",
		       "--mount=volume=a,target=/data", "x", "--mount=volume=b,target=/data",
		       "--mount=volume=a,target=/more"),
		 &err);
	check_ok(build(&request, inspect, no_environment, &pod, &err), &err);
	check_uint(pod.apps[0].n_mounts, 2);
	check_text(pod.apps[0].mounts[0].volume, "b");
	check_text(pod.apps[0].mounts[1].path, "/more");
}

static const struct {
	char *argv[3];
	const char *message;
} refusals[] = {
	{ { "x", "y" }, "two apps are named rkt-inspect" },
	{ { "--mount=volume=v,target=/a", "x" }, "there is no volume named v" },
	{ { "--port=nope:1", "x" }, "no app has a port named nope" },
	{ { "x", "--memory=lots" }, "resource/memory" },
	{ { "x", "--memory=\"}" }, "resource/memory" },
	{ { "x", "--cpu=-1" }, "resource/cpu" },
	{ { "x", "--cpu-shares=1" }, "os/linux/cpu-shares" },
	{ { "x", "--cpu-shares=1}" }, "os/linux/cpu-shares" },
	{ { "x", "--oom-score-adj=1001" }, "os/linux/oom-score-adj" },
	{ { "x", "--caps-retain=CAP_NOTHING" }, "capabilities-retain-set" },
	{ { "x", "--supplementary-gids=1,a" }, "\"a\" is no group id" },
	{ { "x", "--seccomp=read" }, "mode=retain or mode=remove is missing" },
	{ { "x", "--seccomp=mode=retain" }, "no system call is named" },
	{ { "x", "--seccomp=mode=keep,read" }, "mode=retain or mode=remove is missing" },
	{ { "x", "--seccomp=mode=retain,mode=remove,read" }, "mode is given twice" },
	{ { "x", "--seccomp=mode=retain,color=red,read" }, "\"color\" is no parameter" },
};

TEST(pods_that_cannot_be_are_refused)
{
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct pod_manifest pod = { .ac_version = "untouched" };
		struct request request;
		struct error err = { 0 };
		int argc = refusals[i].argv[1] == NULL ? 1 : 2;

		check_ok(fixture_parse(&request, argc, refusals[i].argv, &err), &err);
		ck_assert_msg(build(&request, inspect, no_environment, &pod, &err) < 0, "%s",
			      refusals[i].message);
		check_contains(err.text, refusals[i].message);
		check_text(pod.ac_version, "untouched");
	}
}

TEST(every_pod_is_marked_immutable_and_strict_ones_strict)
{
	struct pod_manifest pod;
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--strict", "--annotation=a.com/b=c", "x"), &err);
	check_ok(build(&request, inspect, no_environment, &pod, &err), &err);
	check_text(manifest_pairs_get(&pod.annotations, POD_MUTABLE_ANNOTATION), "false");
	check_text(manifest_pairs_get(&pod.annotations, POD_STRICT_ANNOTATION), "true");
	check_text(manifest_pairs_get(&pod.annotations, "a.com/b"), "c");
}
