/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.h - what an app of an ended pod has written, read by a machine.
 *
 * The file system on the pod's disk is the guest's work, so only a guest mounts it: a machine is
 * booted with that disk and the images, mounts them as for the pod, and sends one app's tree as
 * the tar archive of an image, which comes out of standard output.  It is the guest's word: who
 * reads it has to check it (image/image_copy.h).
 */
#pragma once

#include "common/supervisor/pod_run.h"

/* A stage1's archive(). */
int archive_in_machine(struct pod_run *run, const char *app, struct error *err) MUST_CHECK;
