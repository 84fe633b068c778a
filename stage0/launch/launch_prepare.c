/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/launch/launch_start.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/pods/pod_files.h"
#include "stage0/pods/pod_name.h"
#include "stage0/pods/user_range.h"
#include "stage0/request/dns_files.h"
#include "stage0/request/pod_build.h"

void launch_abandon(const struct launch *launch, struct pod_dir *pod)
{
	pod_discard(&launch->pods, pod);
}

/*
 * A stage1 that writes nothing to its own root does without an overlay, unless
 * stage0 has files for it; what run-prepared will have is not known yet.  Users of
 * the pod's own cannot pass through appsinfo, which lies in the place of an overlay.
 */
static enum pod_stage1_root choose_stage1_root(const struct launch *launch)
{
	const char *read_only = manifest_pairs_get(&launch->stage1.manifest.annotations,
						   POD_STAGE1_READ_ONLY_ANNOTATION);

	if (launch->request->no_overlay)
		return POD_STAGE1_COPY;
	if (launch->starts_now && !launch->request->private_users && read_only != NULL &&
	    strcmp(read_only, "true") == 0 && !dns_has_files(launch->request))
		return POD_STAGE1_READ_ONLY;
	return POD_STAGE1_OVERLAY;
}

static int write_files(const struct launch *launch, const struct pod_dir *pod,
		       const struct text *manifest, struct error *err)
{
	struct pod_image *apps =
	    arena_array(launch->call->arena, launch->n_images, struct pod_image);
	struct pod_files files = {
		.stage1 = { NULL, &launch->stage1.stored },
		.apps = apps,
		.n_apps = launch->n_images,
		.manifest = text_string(manifest),
		.manifest_length = manifest->length,
		.stage1_root = choose_stage1_root(launch),
	};

	if (apps == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < launch->n_images; i++)
		apps[i] = (struct pod_image){ launch->pod.apps[i].name, &launch->images[i].stored };
	return pod_files_write(pod, &files, err);
}

int launch_prepare(const struct launch *launch, struct pod_dir *ret, struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_text struct text manifest = { 0 };
	struct user_map users;
	int r = pod_write(&launch->pod, &manifest, err);

	if (r == 0)
		r = pod_create(&launch->pods, &pod, err);
	if (r < 0)
		return r;
	if (launch->request->pod_name != NULL)
		r = pod_name_take(&launch->pods, &pod, launch->request->pod_name, err);
	if (r == 0 && launch->request->private_users)
		r = user_range_take(&launch->pods, &pod, &users, err);
	if (r == 0)
		r = write_files(launch, &pod, &manifest, err);
	if (r < 0) {
		launch_abandon(launch, &pod);
		return error_prefix(err, "preparing the pod");
	}
	*ret = pod;
	pod.fd = FD_NONE;
	return 0;
}
