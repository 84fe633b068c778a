/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch.h - what a command that makes or starts a pod holds open.
 *
 * Ownership:  launch_close() closes what launch_open() opened; the images of a
 *             pod belong to the launch too.
 * Processes:  launch_open() enters a private mount namespace first when mounts
 *             are to follow, because a directory opened before cannot be mounted on.
 */
#pragma once

#include "stage0/command.h"
#include "stage0/pods/pod_life_cycle.h"
#include "stage0/request/request.h"
#include "stage0/store/store.h"

/* An image in the store and its manifest, read. */
struct launch_image {
	struct store_image stored;
	struct image_manifest manifest;
};

struct launch {
	const struct command_call *call;
	const struct request *request;
	bool starts_now; /* the pod is started at once, not prepared for later */
	struct config config;
	int data_dir;
	const char *data_path; /* absolute */
	struct store store;
	struct pods pods;
	struct launch_image stage1;
	struct launch_image *images; /* of the apps; NULL until found */
	size_t n_images;
	struct pod_manifest pod;
};

#define LAUNCH_NONE                                                                                \
	{                                                                                          \
		.data_dir = FD_NONE, .store = STORE_NONE, .pods = PODS_NONE,                       \
		.stage1.stored = STORE_IMAGE_NONE                                                  \
	}

#define auto_launch CLEANUP(launch_close)

enum launch_mounts { LAUNCH_WITHOUT_MOUNTS, LAUNCH_WITH_MOUNTS };

/* ret must be LAUNCH_NONE; what was opened before a failure is in it. */
int launch_open(const struct command_call *call, enum launch_mounts mounts, struct launch *ret,
		struct error *err) MUST_CHECK;
void launch_close(struct launch *launch);

/* Finds all images and the stage1, builds launch->pod; -EINVAL, -ENOENT, -EPERM … */
int launch_find_images(struct launch *launch, struct error *err) MUST_CHECK;
int launch_find_stage1(struct launch *launch, struct error *err) MUST_CHECK;

/* The manifest of an image of the store, into the call's arena. */
int launch_read_manifest(const struct launch *launch, const struct store_image *image,
			 struct image_manifest *ret, struct error *err) MUST_CHECK;

/*
 * An image by what a user writes: a file, an URL, a name or an id, fetched as the policy says.
 * signature: the file that vouches for it; NULL: what lies beside the image.
 */
int launch_find_image(const struct launch *launch, const char *reference, const char *signature,
		      struct store_image *ret, struct error *err) MUST_CHECK;

/*
 * The same for who is not root: into the inbox, with all that the image depends on.  Of images that
 * others have to convert it says so.
 */
int launch_fetch_for_root(const struct launch *launch, const char *reference, const char *signature,
			  struct store_image *ret, struct error *err) MUST_CHECK;

/*
 * Reads the manifest and, of an image that depends on others, makes its tree the one with
 * all of them; dependencies that the store lacks are fetched unless it is to do without.
 */
int launch_complete_image(const struct launch *launch, struct launch_image *image,
			  struct error *err) MUST_CHECK;

/* The same of what is a path in any case, signed by what lies beside it. */
int launch_find_file(const struct launch *launch, const char *path, struct store_image *ret,
		     struct error *err) MUST_CHECK;

/* A file of this installation, imported when new: whoever installed it vouches for it. */
int launch_import(const struct launch *launch, const char *path, struct store_image *ret,
		  struct error *err) MUST_CHECK;

/* store_find(), of which --debug tells. */
int launch_find_stored(const struct launch *launch, const char *reference, struct store_image *ret,
		       struct error *err) MUST_CHECK;

/*
 * The stage1s that an installation offers: by name ("coreos.com/rkt/stage1-fly",
 * with or without version), from the installed files or the store.
 */
int launch_find_stage1_name(const struct launch *launch, const char *name, struct store_image *ret,
			    struct error *err) MUST_CHECK;

/* The manifest of the stage1 that a pod was made with, into the call's arena. */
int launch_read_pods_stage1(const struct launch *launch, const struct pod_dir *pod,
			    struct image_manifest *ret, struct error *err) MUST_CHECK;

/* The chosen stage1's name with its version; NULL: out of memory. */
const char *launch_stage1_name(const struct launch *launch);

/* Whether the sources of all host volumes are there; for a pod that starts now. */
int launch_check_volumes(const struct launch *launch, struct error *err) MUST_CHECK;

/* What the pod asks of a stage1 beyond running apps: strictness, attachable apps. */
int launch_check_stage1(const struct launch *launch, struct error *err) MUST_CHECK;
