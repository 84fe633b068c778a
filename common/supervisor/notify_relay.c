/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/notify_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/process/notify.h"

static const char *const passed_on[] = { "STATUS=",   "WATCHDOG=1", "RELOADING=1",
					 "STOPPING=", "ERRNO=",     "EXTEND_TIMEOUT_USEC=" };

static int name_socket(const char *app, char *name, size_t size, struct error *err)
{
	int n = snprintf(name, size, "notify-%s", app);

	if (n < 0 || (size_t)n >= size)
		return error_set(err, ENAMETOOLONG, "app %s: the name of its notify socket", app);
	return 0;
}

/* Any user of the app may write to it; who else could reach it is root. */
static int open_socket(const char *app, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = name_socket(app, address.sun_path, sizeof(address.sun_path), err);

	if (r < 0)
		return r;
	(void)unlink(address.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(AT_FDCWD, address.sun_path, 0666, 0) < 0)
		return error_from_errno(err, "app %s: making its notify socket", app);
	*ret_fd = take_fd(&fd);
	return 0;
}

int notify_relay_open(struct notify_relay *relay, const struct plan *plan, struct error *err)
{
	int r = 0;

	if (!notify_is_wanted(relay->host_socket))
		return 0;
	relay->apps = calloc(plan->n_apps, sizeof(*relay->apps));
	if (relay->apps == NULL)
		return error_set(err, ENOMEM, "relaying notifications: out of memory");
	relay->n = plan->n_apps;
	for (size_t i = 0; i < relay->n; i++)
		relay->apps[i] = (struct notify_relay_app){ .relay = relay, .socket = FD_NONE };
	for (size_t i = 0; r == 0 && i < relay->n; i++) {
		if (plan->apps[i].notify && plan->supervised)
			r = open_socket(plan->apps[i].name, &relay->apps[i].socket, err);
	}
	return r;
}

void notify_relay_release(struct notify_relay *relay)
{
	for (size_t i = 0; i < relay->n; i++)
		cleanup_close(&relay->apps[i].socket);
	free(relay->apps);
	relay->apps = NULL;
	relay->n = 0;
}

static int open_file(const char *name, int *ret_fd, struct error *err)
{
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening %s", name);
	*ret_fd = fd;
	return 0;
}

int notify_relay_open_file(const struct notify_relay *relay, const struct plan *plan, size_t app,
			   int *ret_fd, struct error *err)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int r;

	if (app >= relay->n || !plan->apps[app].notify)
		return 0;
	if (!plan->supervised) /* the app is the unit's main process: it may speak for itself */
		return relay->host_socket[0] == '/' ? open_file(relay->host_socket, ret_fd, err)
						    : 0;
	r = name_socket(plan->apps[app].name, name, sizeof(name), err);
	return r < 0 ? r : open_file(name, ret_fd, err);
}

static int tell_when_all_are_ready(struct notify_relay *relay, struct error *err)
{
	if (relay->told || !relay->all_started)
		return 0;
	for (size_t i = 0; i < relay->n; i++) {
		if (relay->apps[i].socket >= 0 && !relay->apps[i].ready)
			return 0;
	}
	relay->told = true;
	return notify_ready(relay->host_socket, getpid(), NULL, err);
}

int notify_relay_started(struct notify_relay *relay, struct error *err)
{
	relay->all_started = true;
	return tell_when_all_are_ready(relay, err);
}

static bool is_passed_on(const char *line)
{
	for (size_t i = 0; i < ARRAY_LENGTH(passed_on); i++) {
		if (strncmp(line, passed_on[i], strlen(passed_on[i])) == 0)
			return true;
	}
	return false;
}

/* An app's datagram is hostile input: line by line, known words only. */
static int take_datagram(struct notify_relay_app *app, char *datagram, struct error *err)
{
	auto_text struct text out = { .cap = NOTIFY_RELAY_MAX };
	char *rest = datagram;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strcmp(line, "READY=1") == 0)
			app->ready = true;
		else if (is_passed_on(line))
			(void)text_printf(&out, "%s\n", line);
	}
	if (text_status(&out) == 0 && out.length > 0 &&
	    notify_send(app->relay->host_socket, text_string(&out), err) < 0)
		return -err->code;
	return tell_when_all_are_ready(app->relay, err);
}

int notify_relay_pass_on(const char *host_socket, const char *datagram, size_t length)
{
	auto_text struct text out = { .cap = NOTIFY_RELAY_MAX };
	char copy[NOTIFY_RELAY_MAX + 1];
	struct error ignored = { 0 };
	char *rest = copy;
	char *line;

	if (!notify_is_wanted(host_socket) || length > NOTIFY_RELAY_MAX)
		return 0;
	memcpy(copy, datagram, length);
	copy[length] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strcmp(line, "READY=1") == 0)
			result_ignored(notify_ready(host_socket, getpid(), NULL, &ignored));
		else if (is_passed_on(line))
			(void)text_printf(&out, "%s\n", line);
	}
	/* A host that stopped listening is no reason to end the pod. */
	if (text_status(&out) == 0 && out.length > 0)
		result_ignored(notify_send(host_socket, text_string(&out), &ignored));
	return 0;
}

static int on_datagram(short events, void *context, struct error *err)
{
	struct notify_relay_app *app = context;
	char datagram[NOTIFY_RELAY_MAX + 1];
	struct error problem = { 0 };
	ssize_t n;

	(void)events;
	(void)err;
	n = recv(app->socket, datagram, sizeof(datagram), MSG_TRUNC);
	if (n <= 0 || (size_t)n > NOTIFY_RELAY_MAX)
		return 0;
	datagram[n] = '\0';
	/* A host that stopped listening is no reason to end the pod. */
	result_ignored(take_datagram(app, datagram, &problem));
	return 0;
}

int notify_relay_listen(struct notify_relay *relay, struct poll_set *poll_set, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < relay->n; i++) {
		if (relay->apps[i].socket >= 0)
			r = poll_set_add(poll_set, relay->apps[i].socket, POLLIN, on_datagram,
					 &relay->apps[i], err);
	}
	return r;
}
