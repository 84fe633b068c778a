/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest_worker.h - a digest that a thread of its own computes, while its caller goes on.
 *
 * Use:       for each piece digest_worker_buffer(), fill it, digest_worker_submit(); the
 *            bytes may be read by the caller until it asks for the next buffer.
 * Ownership: the buffers are the worker's; digest_worker_close() ends the thread, too.
 * Process:   two threads; the calling one must be the only one to call.  The thread makes no
 *            system calls but those of locks.
 * Memory:    DIGEST_WORKER_BUFFERS of DIGEST_WORKER_BYTES each.
 */
#pragma once

#include "image/digest.h"

#define DIGEST_WORKER_BYTES   ((size_t)256 << 10)
#define DIGEST_WORKER_BUFFERS 4

struct digest_worker;

#define auto_digest_worker CLEANUP(digest_worker_close)

/* With the algorithm of another digest.  -ENOMEM; -EIO: libcrypto lacks it; -EAGAIN: no thread. */
int digest_worker_open(const struct digest *like, struct digest_worker **ret) MUST_CHECK;

/* Waits until there is room for DIGEST_WORKER_BYTES. */
unsigned char *digest_worker_buffer(struct digest_worker *worker);

/* The first length bytes of the buffer are what comes next. */
void digest_worker_submit(struct digest_worker *worker, size_t length);

/* Waits for the digest of all that was submitted; nothing can be submitted afterwards. */
int digest_worker_end(struct digest_worker *worker, struct digest *ret) MUST_CHECK;

/* Of a variable's address; NULL inside is fine. */
void digest_worker_close(struct digest_worker **held);
