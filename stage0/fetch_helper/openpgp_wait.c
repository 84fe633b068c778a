/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/openpgp_wait.h"

#include <errno.h>

/* NOLINTNEXTLINE(readability-function-size): the parameters are GPGME's */
static gpgme_error_t add(void *data, int fd, int reads, gpgme_io_cb_t ready, void *context,
			 void **ret_tag)
{
	struct openpgp_wait *wait = data;

	for (size_t i = 0; i < OPENPGP_SOURCES_MAX; i++) {
		struct openpgp_source *source = &wait->sources[i];

		if (source->ready != NULL)
			continue;
		*source = (struct openpgp_source){ .ready = ready,
						   .context = context,
						   .fd = fd,
						   .events = reads != 0 ? POLLIN : POLLOUT };
		*ret_tag = source;
		return 0;
	}
	return gpgme_error(GPG_ERR_ENFILE);
}

static void take_away(void *tag)
{
	struct openpgp_source *source = tag;

	source->ready = NULL;
}

static void take_event(void *data, gpgme_event_io_t type, void *type_data)
{
	struct openpgp_wait *wait = data;
	const struct gpgme_io_event_done_data *done = type_data;

	if (type != GPGME_EVENT_DONE)
		return;
	wait->is_done = true;
	wait->result = done->err != 0 ? done->err : done->op_err;
}

void openpgp_wait_begin(struct openpgp_wait *wait, gpgme_ctx_t context)
{
	struct gpgme_io_cbs callbacks = { .add = add,
					  .add_priv = wait,
					  .remove = take_away,
					  .event = take_event,
					  .event_priv = wait };

	*wait = (struct openpgp_wait){ .context = context };
	gpgme_set_io_cbs(context, &callbacks);
}

/* One round: false when there is nothing to wait for, or no way to. */
static bool wait_once(struct openpgp_wait *wait)
{
	struct pollfd fds[OPENPGP_SOURCES_MAX];
	bool has_any = false;

	for (size_t i = 0; i < OPENPGP_SOURCES_MAX; i++) {
		const struct openpgp_source *source = &wait->sources[i];
		bool is_used = source->ready != NULL;

		/* poll() passes over a negative fd. */
		fds[i] =
		    (struct pollfd){ .fd = is_used ? source->fd : -1, .events = source->events };
		has_any = has_any || is_used;
	}
	if (!has_any)
		return false;
	if (poll(fds, OPENPGP_SOURCES_MAX, -1) < 0)
		return errno == EINTR;
	for (size_t i = 0; i < OPENPGP_SOURCES_MAX && !wait->is_done; i++) {
		const struct openpgp_source *source = &wait->sources[i];

		/* Whatever it is: the attempt to read or write finds out.  Others may be gone by
		 * then. */
		if (fds[i].revents != 0 && source->ready != NULL && source->fd == fds[i].fd)
			(void)source->ready(source->context, source->fd);
	}
	return true;
}

gpgme_error_t openpgp_wait_end(struct openpgp_wait *wait, gpgme_error_t started)
{
	gpgme_error_t result = started;

	if (started == 0) {
		while (!wait->is_done && wait_once(wait))
			;
		result = wait->is_done ? wait->result : gpgme_error(GPG_ERR_GENERAL);
	}
	gpgme_set_io_cbs(wait->context, NULL);
	return result;
}
