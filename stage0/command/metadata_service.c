/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/metadata_service.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage0/command/commands.h"
#include "stage0/command/places.h"
#include "stage0/store/helper_program.h"

#define DEFAULT_PORT_TEXT "18112"

struct metadata_service_options {
	uint64_t port;
};

static const struct option_spec specs[] = {
	{ "listen-port", 0, OPTION_U64, offsetof(struct metadata_service_options, port), NULL,
	  "PORT",
	  "The TCP port that pods reach the service at; they are told " DEFAULT_PORT_TEXT ".",
	  DEFAULT_PORT_TEXT },
};

/* It goes on in a program of its own, in this process. */
static int run(const struct command_call *call, struct error *err)
{
	const struct metadata_service_options *options = call->options;
	uint64_t port = options->port != 0 ? options->port : METADATA_SERVICE_PORT;
	auto_close int data_dir = FD_NONE;
	struct config config;
	char path[PATH_MAX];
	const char *data, *port_text;
	int r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "takes no arguments");
	if (geteuid() != 0)
		return error_set(err, EPERM, "must be run as root");
	if (port > UINT16_MAX)
		return error_set(err, EINVAL, "--listen-port: %llu is no port",
				 (unsigned long long)port);
	r = command_data_dir(call, &config, &data_dir, err);
	if (r == 0)
		r = helper_program_find(METADATA_SERVICE_PROGRAM, path, sizeof(path), err);
	if (r < 0)
		return r;
	data = arena_printf(call->arena, "--data=%s", command_data_path(call, &config));
	port_text = arena_printf(call->arena, "--port=%llu", (unsigned long long)port);
	if (data == NULL || port_text == NULL)
		return error_set(err, ENOMEM, "out of memory");
	(void)execve(path,
		     (char *const[]){ path, "serve", "--registry=" METADATA_SERVICE_REGISTRY,
				      "--socket=" METADATA_SERVICE_SOCKET, (char *)data,
				      (char *)port_text, NULL },
		     call->environment);
	return error_from_errno(err, "starting %s", path);
}

const struct command command_metadata_service = {
	.name = "metadata-service",
	.synopsis = "[--listen-port=PORT]",
	.summary = "tells pods what they are, and signs for them",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct metadata_service_options),
	.run = run,
};
