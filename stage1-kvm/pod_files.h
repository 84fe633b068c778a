/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_files.h - the pod directory's way into the guest.
 *
 * The plan (machine/plan_wire.h), which the guest carries out as it is, and what that says is
 * to be copied: files of /etc.
 *
 * The working directory is the pod directory.
 */
#pragma once

#include "common/base/arena.h"
#include "common/plan/plan.h"
#include "stage1-kvm/channel/channel.h"

int pod_files_send(struct channel *channel, int pod_fd, const struct plan *plan,
		   struct error *err) MUST_CHECK;

/* The manifest of an app's image, for its archive. */
int pod_files_send_manifest(struct channel *channel, int pod_fd, const char *app,
			    struct error *err) MUST_CHECK;

/* A file of the pod directory by its content. */
int pod_files_send_text(struct channel *channel, const char *name, const char *content,
			struct error *err) MUST_CHECK;

/* An order for the guest, see guest/orders.h. */
int pod_files_send_order(struct channel *channel, struct error *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
