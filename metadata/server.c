/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "metadata/registry.h"

enum {
	CONNECTIONS = 256,
	CONNECTIONS_OF_ONE = 32, /* address */
	IDLE_S = 10,
	CONNECTION_MEMORY = 32 << 10,
	FORM_BUFFER = 4096,
	FORM_MAX = 1 << 20, /* of the content that is signed */
};

struct server {
	struct MHD_Daemon *daemon;
	const struct service *service;
	enum server_door door;
};

/* A request while its body arrives. */
struct incoming {
	struct service_request request;
	struct MHD_PostProcessor *form;
	bool too_large;
};

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd calls it. */
static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *key,
				  const char *file, const char *type, const char *encoding,
				  const char *data, uint64_t offset, size_t size)
{
	struct incoming *incoming = context;
	struct service_request *request = &incoming->request;
	struct text *field = NULL;

	(void)kind, (void)file, (void)type, (void)encoding, (void)offset;
	if (strcmp(key, "content") == 0) {
		field = &request->content;
		request->has_content = true;
	} else if (strcmp(key, "uuid") == 0) {
		field = &request->uuid;
		request->has_uuid = true;
	} else if (strcmp(key, "signature") == 0) {
		field = &request->signature;
		request->has_signature = true;
	}
	if (field == NULL)
		return MHD_YES;
	if (field->length + size > FORM_MAX || text_append_bytes(field, data, size) < 0) {
		incoming->too_large = true;
		return MHD_NO;
	}
	return MHD_YES;
}

static struct incoming *begin(struct MHD_Connection *connection, const char *method)
{
	struct incoming *incoming = calloc(1, sizeof(*incoming));

	if (incoming == NULL)
		return NULL;
	if (strcmp(method, "POST") == 0) /* NULL for another type of body: there are no fields */
		incoming->form =
		    MHD_create_post_processor(connection, FORM_BUFFER, take_field, incoming);
	return incoming;
}

static void take_body(struct incoming *incoming, const char *method, const char *data, size_t size)
{
	struct text *body = &incoming->request.body;

	if (incoming->too_large)
		return;
	if (incoming->form != NULL) {
		if (MHD_post_process(incoming->form, data, size) != MHD_YES)
			incoming->too_large = true;
	} else if (strcmp(method, "PUT") == 0 && (body->length + size > REGISTRY_MANIFEST_MAX ||
						  text_append_bytes(body, data, size) < 0)) {
		incoming->too_large = true;
	}
}

static void describe(struct MHD_Connection *connection, const char *path, const char *method,
		     struct sockaddr_storage *own, struct service_request *request)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *socket =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	socklen_t length = sizeof(*own);

	request->method = method;
	request->path = path;
	request->token = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
	request->peer = info != NULL ? info->client_addr : NULL;
	if (socket != NULL && getsockname(socket->connect_fd, (struct sockaddr *)own, &length) == 0)
		request->own = (struct sockaddr *)own;
}

static enum MHD_Result reply(struct MHD_Connection *connection, struct service_answer *answer)
{
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response;

	if (text_status(&answer->body) < 0) {
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
		text_reset(&answer->body);
	}
	response = MHD_create_response_from_buffer(
	    answer->body.length, (void *)text_string(&answer->body), MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (answer->type == NULL || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
							    answer->type) == MHD_YES)
		result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd calls it. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *data, size_t *size, void **state)
{
	const struct server *server = context;
	struct service_answer answer = { 0 };
	struct incoming *incoming = *state;
	struct sockaddr_storage own;
	enum MHD_Result result;

	(void)version;
	if (incoming == NULL) {
		*state = begin(connection, method);
		return *state != NULL ? MHD_YES : MHD_NO;
	}
	if (*size > 0) {
		take_body(incoming, method, data, *size);
		*size = 0;
		return MHD_YES;
	}
	describe(connection, path, method, &own, &incoming->request);
	if (incoming->too_large)
		answer.status = MHD_HTTP_CONTENT_TOO_LARGE;
	else if (server->door == SERVER_PODS)
		service_answer_pod(server->service, &incoming->request, &answer);
	else
		service_answer_registrar(server->service, &incoming->request, &answer);
	result = reply(connection, &answer);
	text_release(&answer.body);
	return result;
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
		   enum MHD_RequestTerminationCode code)
{
	struct incoming *incoming = *state;

	(void)context, (void)connection, (void)code;
	if (incoming == NULL)
		return;
	if (incoming->form != NULL)
		(void)MHD_destroy_post_processor(incoming->form);
	text_release(&incoming->request.body);
	text_release(&incoming->request.content);
	text_release(&incoming->request.uuid);
	text_release(&incoming->request.signature);
	free(incoming);
	*state = NULL;
}

int server_start_take(int *listen_fd, enum server_door door, const struct service *service,
		      struct server **ret, struct error *err)
{
	/*
	 * One thread each: a request is a few small files, and rules about threads stay few.  It is
	 * woken by means of its own, as server_stop() leaves the listening socket alone.
	 */
	const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return error_set(err, ENOMEM, "out of memory");
	server->service = service;
	server->door = door;
	server->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, *listen_fd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
	if (server->daemon == NULL) {
		free(server);
		return error_set(err, EIO, "starting the HTTP server failed");
	}
	*listen_fd = FD_NONE;
	*ret = server;
	return 0;
}

void server_stop(struct server *server)
{
	int listening;

	if (server == NULL)
		return;
	/* Or it is shut down: a service manager that keeps it, too, would take it to be broken. */
	listening = MHD_quiesce_daemon(server->daemon);
	MHD_stop_daemon(server->daemon);
	cleanup_close(&listening);
	free(server);
}
