/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt-metadata - the metadata service of the App Container spec, for rkt.
 *
 *	rkt-metadata serve --registry=DIR --socket=PATH --port=N [--data=DIR]
 *	rkt-metadata register SOCKET UUID TOKEN
 *
 * register: 3 is the pod's directory; 4 gets one struct error (helper_program.h of stage0).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/prctl.h>

#include "common/base/cleanup.h"
#include "common/option/option.h"
#include "common/process/notify.h"
#include "common/process/socket_activation.h"
#include "metadata/listen.h"
#include "metadata/register.h"
#include "metadata/registry.h"
#include "metadata/server.h"

enum { REGISTER_FD_POD = 3, REGISTER_FD_RESULT = 4, EXIT_FAILED = 254 };

struct settings {
	const char *registry, *socket_path, *data;
	uint64_t port;
};

struct doors {
	int tcp, registrars; /* where they listen */
	bool own_socket;     /* registrars was made here */
};

static const struct option_spec specs[] = {
	{ .name = "registry", .kind = OPTION_TEXT, .offset = offsetof(struct settings, registry) },
	{ .name = "socket", .kind = OPTION_TEXT, .offset = offsetof(struct settings, socket_path) },
	{ .name = "data", .kind = OPTION_TEXT, .offset = offsetof(struct settings, data) },
	{ .name = "port", .kind = OPTION_U64, .offset = offsetof(struct settings, port) },
};

static int parse(int argc, char *argv[], struct settings *ret, struct error *err)
{
	const struct option_set set = { NULL, specs, ARRAY_LENGTH(specs), ret };
	const struct option_input input = { .sets = &set, .n_sets = 1 };
	int used = 0, r = option_parse(&input, argc, argv, &used, err);

	if (r == 0 && (ret->registry == NULL || ret->socket_path == NULL || ret->port == 0 ||
		       ret->port > UINT16_MAX))
		return error_set(err, EINVAL, "--registry, --socket and --port are needed");
	return r;
}

static int lock(int registry, struct error *err)
{
	if (flock(registry, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(err, EBUSY, "a metadata service is running already");
	return error_from_errno(err, "locking the registry");
}

static int open_doors(const struct settings *settings, struct doors *ret, struct error *err)
{
	struct socket_activation passed = { 0 };
	int r = socket_activation_collect(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), FD_NONE,
					  &passed, err);

	if (r == 0)
		r = listen_passed(passed.n, &ret->tcp, &ret->registrars, err);
	if (r == 0 && ret->tcp < 0)
		r = listen_tcp((uint16_t)settings->port, &ret->tcp, err);
	if (r == 0 && ret->registrars < 0) {
		r = listen_unix(settings->socket_path, &ret->registrars, err);
		ret->own_socket = r == 0;
	}
	return r;
}

/* All is open that needs a privilege; what is read from now on is root's own. */
static int drop_privileges(struct error *err)
{
	cap_t none = cap_init();
	int r = 0;

	if (none == NULL || cap_set_proc(none) < 0)
		r = error_from_errno(err, "giving up capabilities");
	if (none != NULL)
		(void)cap_free(none);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = error_from_errno(err, "giving up privileges");
	return r;
}

static int serve_until(const sigset_t *ends, const struct service *service, struct doors *doors,
		       struct error *err)
{
	struct server *pods = NULL, *registrars = NULL;
	int signal_number = 0;
	int r = server_start_take(&doors->tcp, SERVER_PODS, service, &pods, err);

	if (r == 0)
		r = server_start_take(&doors->registrars, SERVER_REGISTRARS, service, &registrars,
				      err);
	if (r == 0)
		r = notify_ready(getenv("NOTIFY_SOCKET"), 0, NULL, err);
	if (r == 0)
		r = -sigwait(ends, &signal_number);
	server_stop(registrars);
	server_stop(pods);
	return r;
}

static int serve(const struct settings *settings, struct error *err)
{
	struct service service = { .registry = FD_NONE, .data_dir = FD_NONE };
	struct doors doors = { .tcp = FD_NONE, .registrars = FD_NONE };
	auto_close int registry = FD_NONE, data = FD_NONE;
	sigset_t ends;
	int r = registry_open(settings->registry, &registry, err);

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL); /* of all threads, which are made later */
	if (r == 0)
		r = lock(registry, err);
	if (r == 0)
		r = identity_open(registry, &service.identity, err);
	if (r == 0 && settings->data != NULL) {
		data = open(settings->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (data < 0)
			r = error_from_errno(err, "opening %s", settings->data);
	}
	if (r == 0)
		r = open_doors(settings, &doors, err);
	if (r == 0)
		r = drop_privileges(err);
	if (r == 0) {
		service.registry = registry;
		service.data_dir = data;
		service_prune(&service);
		r = serve_until(&ends, &service, &doors, err);
	}
	cleanup_close(&doors.tcp);
	cleanup_close(&doors.registrars);
	if (doors.own_socket)
		(void)unlink(settings->socket_path);
	return r;
}

static int call_register(char *argv[])
{
	struct error outcome = { 0 };

	int r = register_pod(argv[0], REGISTER_FD_POD, argv[1], argv[2], &outcome);

	return error_send(REGISTER_FD_RESULT, &outcome) < 0 || r < 0;
}

int main(int argc, char *argv[])
{
	struct settings settings = { 0 };
	struct error err = { 0 };
	int r;

	if (argc == 5 && strcmp(argv[1], "register") == 0)
		return call_register(argv + 2);
	if (argc < 2 || strcmp(argv[1], "serve") != 0) {
		(void)fprintf(stderr, "rkt-metadata: this program is called by rkt\n");
		return EXIT_FAILED;
	}
	r = parse(argc - 2, argv + 2, &settings, &err);
	if (r == 0)
		r = serve(&settings, &err);
	if (r < 0) {
		error_make_printable(err.text);
		(void)fprintf(stderr, "metadata-service: %s\n", err.text);
	}
	return r < 0 ? EXIT_FAILED : 0;
}
