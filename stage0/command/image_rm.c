/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "stage0/command/image.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_remove.h"

static int remove_image(const struct command_call *call, const struct places *places,
			const char *reference, struct error *err)
{
	const struct store_users users = {
		.uses = pod_uses_tree,
		.context = (void *)(uintptr_t)&places->pods,
	};
	struct store_image image = STORE_IMAGE_NONE;
	struct store_entry entry = { 0 };
	struct error ignored = { 0 };
	bool kept;
	int r = store_find(&places->store, reference, &image, err);

	if (r < 0)
		return r;
	/* Or our own lock would keep the tree. */
	store_image_release(&image);
	if (store_read_entry(&places->store, call->arena, image.id, &entry, &ignored) < 0)
		entry.record.name = "";
	r = store_remove(&places->store, image.id, &users, &kept, err);
	if (r < 0)
		return r;
	(void)printf("successfully removed aci for image: \"%s\" (\"%s\")\n", image.id,
		     entry.record.name);
	if (kept)
		command_warn(call,
			     "a pod still uses the files of \"%s\"; rkt gc removes them later",
			     image.id);
	return 0;
}

int image_rm(const struct command_call *call, const struct places *places, struct error *err)
{
	size_t n_removed = 0;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "no image given");
	for (size_t i = 0; i < call->n_arguments; i++) {
		struct error mine = { 0 };

		if (remove_image(call, places, call->arguments[i], &mine) < 0)
			complain(call, &mine);
		else
			n_removed++;
	}
	if (n_removed > 0)
		(void)printf("%zu image(s) successfully removed\n", n_removed);
	return n_removed == call->n_arguments ? 0 : COMMAND_FAILED;
}
