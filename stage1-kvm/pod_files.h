/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_files.h - the pod directory's way into the guest.
 *
 * What planning reads travels as it is (pod manifest, image manifests, run's arguments,
 * files of /etc) together with the plan the host came to: the guest plans once more and
 * compares, so no second description of a pod exists.
 *
 * The working directory is the pod directory.
 */
#pragma once

#include "common/base/arena.h"
#include "common/plan/plan.h"
#include "stage1-kvm/channel/channel.h"

int pod_files_send(struct channel *channel, int pod_fd, const struct plan *plan,
		   struct error *err) MUST_CHECK;

/* A file of the pod directory by its content. */
int pod_files_send_text(struct channel *channel, const char *name, const char *content,
			struct error *err) MUST_CHECK;

/* An order for the guest, see guest/orders.h. */
int pod_files_send_order(struct channel *channel, struct error *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
