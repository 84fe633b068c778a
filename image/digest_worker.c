/* SPDX-License-Identifier: Apache-2.0 */
#include "image/digest_worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define STACK_BYTES ((size_t)256 << 10)

struct digest_worker {
	pthread_t thread;
	bool is_running;
	pthread_mutex_t mutex; /* guards all below but the buffers' bytes */
	pthread_cond_t changed;
	struct digest_hasher hasher; /* the thread's, until it is joined */
	unsigned char *buffers[DIGEST_WORKER_BUFFERS];
	size_t lengths[DIGEST_WORKER_BUFFERS];
	uint64_t n_submitted, n_hashed;
	bool is_ending;
	int status;
};

/* The next piece; NULL at the end. */
static const unsigned char *take(struct digest_worker *worker, size_t *ret_length)
{
	const unsigned char *piece = NULL;
	size_t i;

	(void)pthread_mutex_lock(&worker->mutex);
	while (worker->n_hashed == worker->n_submitted && !worker->is_ending)
		(void)pthread_cond_wait(&worker->changed, &worker->mutex);
	if (worker->n_hashed < worker->n_submitted) {
		i = worker->n_hashed % DIGEST_WORKER_BUFFERS;
		piece = worker->buffers[i];
		*ret_length = worker->lengths[i];
	}
	(void)pthread_mutex_unlock(&worker->mutex);
	return piece;
}

static void *work(void *context)
{
	struct digest_worker *worker = context;
	const unsigned char *piece;
	size_t length = 0;

	while ((piece = take(worker, &length)) != NULL) {
		int r = digest_hasher_add(&worker->hasher, piece, length);

		(void)pthread_mutex_lock(&worker->mutex);
		worker->n_hashed++;
		if (r < 0)
			worker->status = r;
		(void)pthread_cond_signal(&worker->changed);
		(void)pthread_mutex_unlock(&worker->mutex);
	}
	return NULL;
}

static int start(struct digest_worker *worker)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (r == 0)
		r = pthread_create(&worker->thread, &attributes, work, worker);
	(void)pthread_attr_destroy(&attributes);
	worker->is_running = r == 0;
	return -r;
}

int digest_worker_open(const struct digest *like, struct digest_worker **ret)
{
	auto_digest_worker struct digest_worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (worker == NULL)
		return -ENOMEM;
	/* Neither can fail on Linux. */
	(void)pthread_mutex_init(&worker->mutex, NULL);
	(void)pthread_cond_init(&worker->changed, NULL);
	for (size_t i = 0; i < DIGEST_WORKER_BUFFERS; i++) {
		worker->buffers[i] = malloc(DIGEST_WORKER_BYTES);
		if (worker->buffers[i] == NULL)
			return -ENOMEM;
	}
	r = digest_hasher_begin(&worker->hasher, like);
	r = r < 0 ? r : start(worker);
	if (r < 0)
		return r;
	*ret = take_ptr(&worker);
	return 0;
}

unsigned char *digest_worker_buffer(struct digest_worker *worker)
{
	unsigned char *buffer;

	(void)pthread_mutex_lock(&worker->mutex);
	while (worker->n_submitted - worker->n_hashed == DIGEST_WORKER_BUFFERS)
		(void)pthread_cond_wait(&worker->changed, &worker->mutex);
	buffer = worker->buffers[worker->n_submitted % DIGEST_WORKER_BUFFERS];
	(void)pthread_mutex_unlock(&worker->mutex);
	return buffer;
}

void digest_worker_submit(struct digest_worker *worker, size_t length)
{
	(void)pthread_mutex_lock(&worker->mutex);
	worker->lengths[worker->n_submitted % DIGEST_WORKER_BUFFERS] = length;
	worker->n_submitted++;
	(void)pthread_cond_signal(&worker->changed);
	(void)pthread_mutex_unlock(&worker->mutex);
}

static void join(struct digest_worker *worker)
{
	if (!worker->is_running)
		return;
	(void)pthread_mutex_lock(&worker->mutex);
	worker->is_ending = true;
	(void)pthread_cond_signal(&worker->changed);
	(void)pthread_mutex_unlock(&worker->mutex);
	(void)pthread_join(worker->thread, NULL);
	worker->is_running = false;
}

int digest_worker_end(struct digest_worker *worker, struct digest *ret)
{
	join(worker);
	return worker->status < 0 ? worker->status : digest_hasher_end(&worker->hasher, ret);
}

void digest_worker_close(struct digest_worker **held)
{
	struct digest_worker *worker = take_ptr(held);

	if (worker == NULL)
		return;
	join(worker);
	digest_hasher_release(&worker->hasher);
	for (size_t i = 0; i < DIGEST_WORKER_BUFFERS; i++)
		free(worker->buffers[i]);
	(void)pthread_cond_destroy(&worker->changed);
	(void)pthread_mutex_destroy(&worker->mutex);
	free(worker);
}
