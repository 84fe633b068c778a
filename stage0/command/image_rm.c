/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "stage0/command/image.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_remove.h"

int image_remove(const struct command_call *call, const struct places *places, const char *id,
		 struct error *err)
{
	const struct store_users users = {
		.uses = pod_uses_tree,
		.context = (void *)(uintptr_t)&places->pods,
	};
	struct store_entry entry = { 0 };
	struct error ignored = { 0 };
	bool kept;
	int r;

	if (store_read_entry(&places->store, call->arena, id, &entry, &ignored) < 0)
		entry.record.name = "";
	r = store_remove(&places->store, id, &users, &kept, err);
	if (r < 0)
		return r;
	(void)printf("successfully removed aci for image: \"%s\" (\"%s\")\n", id,
		     entry.record.name);
	if (kept)
		command_warn(call,
			     "a pod still uses the files of \"%s\"; rkt gc removes them later", id);
	return 0;
}

static int remove_reference(const struct command_call *call, const struct places *places,
			    const char *reference, struct error *err)
{
	struct store_image image = STORE_IMAGE_NONE;
	int r = store_find(&places->store, reference, &image, err);

	if (r < 0)
		return r;
	/* Or our own lock would keep the tree. */
	store_image_release(&image);
	return image_remove(call, places, image.id, err);
}

static int run(const struct command_call *call, struct error *err)
{
	auto_places struct places places = PLACES_NONE;
	size_t n_removed = 0;
	int r;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "must provide at least one image ID");
	r = places_open(call, &places, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < call->n_arguments; i++) {
		struct error mine = { 0 };

		if (remove_reference(call, &places, call->arguments[i], &mine) < 0)
			complain(call, &mine);
		else
			n_removed++;
	}
	(void)fflush(stdout);
	if (n_removed > 0)
		(void)fprintf(stderr, "rm: %zu image(s) successfully removed\n", n_removed);
	return n_removed == call->n_arguments ? 0 : COMMAND_FAILED;
}

const struct command command_image_rm = {
	.name = "rm",
	.synopsis = "IMAGE…",
	.summary = "removes images, given by name or id",
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run,
};
