/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run command line, one argument on each line: what is accepted becomes a pod
 * manifest that every reader of pod manifests accepts.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/request/dns_files.h"
#include "stage0/request/pod_build.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_ARGUMENTS = 64, MAX_SETS = 8 };

static const char image_manifest[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/app\","
    "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\",\"ports\":[{\"name\":\"http\","
    "\"protocol\":\"tcp\",\"port\":80}],\"isolators\":[{\"name\":\"os/linux/seccomp-remove-set\","
    "\"value\":{\"set\":[\"reboot\"]}}]}}";

static int split(char *text, char *argv[MAX_ARGUMENTS])
{
	int argc = 0;

	while (argc < MAX_ARGUMENTS) {
		argv[argc++] = text;
		text += strcspn(text, "\n");
		if (*text == '\0')
			break;
		*text++ = '\0';
	}
	return argc;
}

static int parse(struct arena *arena, int argc, char *const argv[], struct request *request,
		 struct error *err)
{
	struct option_set sets[MAX_SETS];
	struct option_input input = { .sets = sets, .arena = arena };
	int r;

	for (; request_run_sets[input.n_sets].title != NULL; input.n_sets++) {
		sets[input.n_sets] = request_run_sets[input.n_sets];
		sets[input.n_sets].target = request;
	}
	r = request_parse(request, &input, argc, argv, err);
	return r < 0 ? r : request_check(request, err);
}

static int build(struct arena *arena, const struct request *request, struct text *out,
		 struct error *err)
{
	static char *environment[] = { "PATH=/bin", "a=b", NULL };
	struct pod_build_image *images =
	    arena_array(arena, request->n_images, struct pod_build_image);
	struct pod_build_input input = { .request = request,
					 .images = images,
					 .environment = environment };
	struct image_manifest manifest;
	struct pod_manifest pod;
	int r = image_manifest_parse(arena,
				     &(const struct json_source){ .text = image_manifest,
								  .length = strlen(image_manifest),
								  .place = "image" },
				     &manifest, err);

	fuzz_check(r == 0 && images != NULL);
	for (size_t i = 0; i < request->n_images; i++)
		images[i] = (struct pod_build_image){ "sha512-00112233445566778899aabbccddeeff",
						      &manifest };
	r = pod_build(&input, &pod, err);
	return r < 0 ? r : pod_write(&pod, out, err);
}

/* A line for each entry that was asked for, and none that was not. */
static void check_dns(const struct request *request)
{
	auto_text struct text resolv_conf = { 0 }, hosts = { 0 };

	fuzz_check(dns_write_resolv_conf(request, &resolv_conf) == 0);
	fuzz_check(dns_write_hosts(request, &hosts) == 0);
	fuzz_check(dns_has_files(request) == (resolv_conf.length + hosts.length > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text manifest = { 0 }, twice = { 0 };
	struct request request = { 0 };
	struct pod_manifest again;
	struct error err = { 0 };
	char *argv[MAX_ARGUMENTS];
	char *text = arena_bytes(&arena, (const char *)data, size);
	int argc = text == NULL ? 0 : split(text, argv);
	int r = parse(&arena, argc, argv, &request, &err);

	if (r == 0)
		check_dns(&request);
	if (r == 0 && request.n_images > 0)
		r = build(&arena, &request, &manifest, &err);
	fuzz_check((r < 0) == (err.code != 0) && (r == 0 || err.text[0] != '\0'));
	if (r < 0 || manifest.length == 0)
		return 0;
	fuzz_check(pod_manifest_parse(&arena,
				      &(const struct json_source){ .text = manifest.data,
								   .length = manifest.length,
								   .place = "fuzz" },
				      &again, &err) == 0);
	fuzz_check(pod_manifest_write(&again, &twice) == 0);
	fuzz_check(strcmp(manifest.data, twice.data) == 0);
	return 0;
}
