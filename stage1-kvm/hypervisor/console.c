/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/console.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* As much as an error has room for. */
#define TOLD 250

/* 1: there may be more. */
static int read_more(struct console *console)
{
	char data[512];
	ssize_t n = recv(console->fd, data, sizeof(data), MSG_DONTWAIT);
	size_t kept = console->n;

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -EPIPE;
	if (kept + (size_t)n > sizeof(console->last)) {
		size_t gone = kept + (size_t)n - sizeof(console->last);

		gone = gone < kept ? gone : kept;
		memmove(console->last, console->last + gone, kept - gone);
		kept -= gone;
	}
	memcpy(console->last + kept, data, (size_t)n);
	console->n = kept + (size_t)n;
	return 1;
}

static int on_words(short events, void *context, struct error *err)
{
	struct console *console = context;

	(void)events;
	(void)err;
	if (read_more(console) < 0)
		poll_set_remove(console->poll_set, console->fd);
	return 0;
}

int console_watch(struct console *console, struct poll_set *poll_set, struct error *err)
{
	console->poll_set = poll_set;
	return poll_set_add(poll_set, console->fd, POLLIN, on_words, console, err);
}

void console_add_to_error(struct console *console, struct error *err)
{
	struct error whole = *err;
	size_t n;

	while (console->fd >= 0 && read_more(console) == 1)
		;
	n = console->n;
	while (n > 0 && (console->last[n - 1] == '\n' || console->last[n - 1] == '\r'))
		n--;
	if (n > 0)
		(void)error_set(err, whole.code, "%.200s; its console: %.*s", whole.text,
				n > TOLD ? TOLD : (int)n,
				console->last + (n > TOLD ? n - TOLD : 0));
}

void console_release(struct console *console)
{
	cleanup_close(&console->fd);
}
