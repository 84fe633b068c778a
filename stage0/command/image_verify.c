/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "stage0/command/image.h"
#include "stage0/store/store_verify.h"

/* Of each image: a disk that fails spoils thousands of files at once. */
#define SHOWN_MAX 20

struct verification {
	const struct command_call *call;
	const char *reference;
	int shown;
};

static void differs(void *context, const char *path, const char *how)
{
	struct verification *verification = context;

	if (verification->shown++ < SHOWN_MAX)
		(void)fprintf(stderr, "verify: %s: %s %s\n", verification->reference, path, how);
}

static int verify_image(const struct command_call *call, const struct places *places,
			const char *reference, struct error *err)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text manifest = { 0 };
	struct image_manifest parsed = { 0 };
	struct verification verification = { .call = call, .reference = reference };
	const struct tree_sums_reader reader = { .differs = differs, .context = &verification };
	int r = store_find(&places->store, reference, &image, err);

	if (r == 0)
		r = store_read_manifest(&image, &manifest, err);
	if (r == 0)
		r = image_manifest_parse(call->arena,
					 &(const struct json_source){
					     .text = text_string(&manifest),
					     .length = manifest.length,
					     .place = "the manifest",
					 },
					 &parsed, err);
	if (r == 0)
		r = store_verify(&places->store, &image, &parsed, &reader, err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, EBADMSG,
				 "%d of the files of %s (%s) are not what was imported; remove it "
				 "and import it again",
				 r, reference, image.id);
	(void)printf("successfully verified checksum for image: \"%s\" (\"%s\")\n", reference,
		     image.id);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_places struct places places = PLACES_NONE;
	int r, status = 0;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "must provide at least one image ID");
	r = places_open(call, &places, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < call->n_arguments; i++) {
		struct error mine = { 0 };

		if (verify_image(call, &places, call->arguments[i], &mine) < 0) {
			complain(call, &mine);
			status = COMMAND_FAILED;
		}
	}
	return status;
}

const struct command command_image_verify = {
	.name = "verify",
	.synopsis = "IMAGE…",
	.summary = "checks that the files of images are those that were imported",
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run,
};
