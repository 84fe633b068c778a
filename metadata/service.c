/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "metadata/annotations.h"
#include "metadata/manifests.h"
#include "metadata/peer.h"
#include "metadata/registry.h"

static const char json_type[] = "application/json";
static const char text_type[] = "text/plain; charset=us-ascii";

static void fail(struct service_answer *ret, unsigned status, const char *why)
{
	text_reset(&ret->body);
	(void)text_printf(&ret->body, "%s\n", why);
	ret->status = status;
	ret->type = "text/plain; charset=utf-8";
}

static void fail_by(struct service_answer *ret, struct error *err)
{
	unsigned status = 500;

	if (err->code == ENOENT)
		status = 404;
	else if (err->code == EINVAL || err->code == EFBIG)
		status = 400;
	else if (err->code == EKEYREJECTED)
		status = 403;
	error_make_printable(err->text);
	fail(ret, status, err->text);
}

/* "a/b" of "/a/b" when rest begins so; NULL: it does not. */
static const char *after(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(path, prefix, length) == 0 ? path + length : NULL;
}

/* What is asked of a pod: all that an endpoint needs. */
struct question {
	const struct service *service;
	const struct service_request *request;
	struct uuid pod;
	char app[NAME_MAX];
	const char *annotation;
};

static int pod_manifest(const struct question *question, struct text *ret, struct error *err)
{
	return registry_read_pod(question->service->registry, question->pod.text, ret, err);
}

static int image_manifest(const struct question *question, struct text *ret, struct error *err)
{
	return registry_read_app(question->service->registry, question->pod.text, question->app,
				 ret, err);
}

static int pod_uuid(const struct question *question, struct text *ret, struct error *err)
{
	return text_append(ret, question->pod.text) < 0 ? error_set(err, ENOMEM, "out of memory")
							: 0;
}

static int pod_annotations(const struct question *question, struct text *ret, struct error *err)
{
	auto_text struct text pod = { 0 };
	int r = pod_manifest(question, &pod, err);

	return r < 0 ? r : annotations_of_pod(&pod, ret, err);
}

static int app_annotations(const struct question *question, struct text *ret, struct error *err)
{
	auto_text struct text pod = { 0 }, image = { 0 };
	int r = pod_manifest(question, &pod, err);

	if (r == 0)
		r = image_manifest(question, &image, err);
	return r < 0
		   ? r
		   : annotations_of_app(
			 &(const struct annotations_app){ &pod, &image, question->app }, ret, err);
}

static int pod_annotation(const struct question *question, struct text *ret, struct error *err)
{
	auto_text struct text pod = { 0 };
	int r = pod_manifest(question, &pod, err);

	return r < 0 ? r : annotations_find_of_pod(&pod, question->annotation, ret, err);
}

static int app_annotation(const struct question *question, struct text *ret, struct error *err)
{
	auto_text struct text pod = { 0 }, image = { 0 };
	int r = pod_manifest(question, &pod, err);

	if (r == 0)
		r = image_manifest(question, &image, err);
	return r < 0 ? r
		     : annotations_find_of_app(
			   &(const struct annotations_app){ &pod, &image, question->app },
			   question->annotation, ret, err);
}

static int image_id(const struct question *question, struct text *ret, struct error *err)
{
	auto_text struct text pod = { 0 };
	int r = pod_manifest(question, &pod, err);

	return r < 0 ? r : annotations_image_id(&pod, question->app, ret, err);
}

static int sign(const struct question *question, struct text *ret, struct error *err)
{
	const struct service_request *request = question->request;
	char signature[IDENTITY_SIGNATURE_SIZE];
	int r;

	if (!request->has_content)
		return error_set(err, EINVAL, "content: missing in the form");
	r = identity_sign(&question->service->identity, question->pod.text, &request->content,
			  signature, err);
	if (r == 0 && text_append(ret, signature) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	return r;
}

static int verify(const struct question *question, struct text *ret, struct error *err)
{
	const struct service_request *request = question->request;

	(void)ret;
	if (!request->has_content || !request->has_uuid || !request->has_signature)
		return error_set(err, EINVAL, "%s: missing in the form",
				 !request->has_content ? "content"
				 : !request->has_uuid  ? "uuid"
						       : "signature");
	return identity_verify(&question->service->identity, text_string(&request->uuid),
			       &request->content, text_string(&request->signature), err);
}

struct endpoint {
	const char
	    *path; /* behind "pod/" or "apps/APP/"; "…/": the name of an annotation follows */
	const char *method;
	const char *type;
	int (*answer)(const struct question *question, struct text *ret, struct error *err);
};

static const struct endpoint pod_endpoints[] = {
	{ "annotations", "GET", json_type, pod_annotations },
	{ "annotations/", "GET", text_type, pod_annotation },
	{ "manifest", "GET", json_type, pod_manifest },
	{ "uuid", "GET", text_type, pod_uuid },
	{ "hmac/sign", "POST", text_type, sign },
	{ "hmac/verify", "POST", text_type, verify },
};

static const struct endpoint app_endpoints[] = {
	{ "annotations", "GET", json_type, app_annotations },
	{ "annotations/", "GET", text_type, app_annotation },
	{ "image/manifest", "GET", json_type, image_manifest },
	{ "image/id", "GET", text_type, image_id },
};

/* What follows the endpoint's path, the name of an annotation; NULL: it is another one's. */
static const char *match(const struct endpoint *endpoint, const char *path)
{
	const char *rest = after(path, endpoint->path);
	bool is_open = strchr(endpoint->path, '\0')[-1] == '/';

	return rest != NULL && is_open == (*rest != '\0') ? rest : NULL;
}

static void ask(struct question *question, const struct endpoint *endpoints, size_t n,
		const char *path, struct service_answer *ret)
{
	struct error err = { 0 };

	for (size_t i = 0; i < n; i++) {
		question->annotation = match(&endpoints[i], path);
		if (question->annotation == NULL)
			continue;
		if (strcmp(endpoints[i].method, question->request->method) != 0) {
			fail(ret, 405, endpoints[i].method);
			return;
		}
		ret->status = 200;
		ret->type = endpoints[i].type;
		if (endpoints[i].answer(question, &ret->body, &err) < 0)
			fail_by(ret, &err);
		return;
	}
	fail(ret, 404, "there is no such endpoint");
}

/* "TOKEN" of "/TOKEN/acMetadata/v1/…"; NULL: another path.  ret_rest: what follows. */
static const char *split_token(const char *path, char token[NAME_MAX], const char **ret_rest)
{
	size_t length;

	if (*path++ != '/')
		return NULL;
	length = strcspn(path, "/");
	if (length == 0 || length >= NAME_MAX)
		return NULL;
	(void)snprintf(token, NAME_MAX, "%.*s", (int)length, path);
	*ret_rest = after(path + length, "/acMetadata/v1/");
	return *ret_rest != NULL ? token : NULL;
}

void service_answer_pod(const struct service *service, const struct service_request *request,
			struct service_answer *ret)
{
	struct question question = { .service = service, .request = request };
	struct error err = { 0 };
	char token[NAME_MAX];
	const char *rest = NULL, *path;

	if (split_token(request->path, token, &rest) == NULL) {
		fail(ret, 404, "there is no such endpoint");
		return;
	}
	if (registry_find(service->registry, token, &question.pod, &err) < 0) {
		fail(ret, err.code == ENOENT ? 401 : 500, "there is no such pod");
		return;
	}
	if (!registry_is_elsewhere(service->registry, question.pod.text) &&
	    !peer_is_pod(service->data_dir, question.pod.text, request->peer, request->own)) {
		fail(ret, 403, "the request does not come from the pod");
		return;
	}
	path = after(rest, "pod/");
	if (path != NULL) {
		ask(&question, pod_endpoints, ARRAY_LENGTH(pod_endpoints), path, ret);
		return;
	}
	path = after(rest, "apps/");
	if (path == NULL || strcspn(path, "/") >= sizeof(question.app)) {
		fail(ret, 404, "there is no such endpoint");
		return;
	}
	(void)snprintf(question.app, sizeof(question.app), "%.*s", (int)strcspn(path, "/"), path);
	path += strcspn(path, "/");
	ask(&question, app_endpoints, ARRAY_LENGTH(app_endpoints), path + (*path == '/'), ret);
}

/* In none of the places of the data directory where a pod can be. */
static bool is_absent(const struct service *service, const char *uuid)
{
	static const char *const places[] = { "embryo", "prepare", "prepared", "run" };

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "pods/%s/%s", places[i], uuid);
		if (faccessat(service->data_dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT)
			return false;
	}
	return true;
}

/* Collected by rkt. */
static bool is_gone(void *context, const char *uuid)
{
	const struct service *service = context;

	return is_absent(service, uuid) && !registry_is_elsewhere(service->registry, uuid);
}

void service_prune(const struct service *service)
{
	struct error err = { 0 };

	if (service->data_dir >= 0 &&
	    registry_prune(service->registry, is_gone, (void *)service, &err) < 0) {
		error_make_printable(err.text);
		(void)fprintf(stderr, "metadata-service: forgetting pods: %s\n", err.text);
	}
}

static int put_pod(const struct service *service, const struct service_request *request,
		   const char *uuid, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest pod;
	int r;

	if (request->token == NULL)
		return error_set(err, EINVAL, "token: missing in the query");
	r = manifests_parse_pod(&arena, &request->body, &pod, err);
	if (r < 0)
		return r;
	service_prune(service);
	r = registry_put_pod(service->registry, uuid, request->token, text_string(&request->body),
			     err);
	if (r == 0 && service->data_dir >= 0 && is_absent(service, uuid))
		r = registry_mark_elsewhere(service->registry, uuid, err);
	return r;
}

static int put_app(const struct service *service, const struct service_request *request,
		   const char *uuid, const char *app, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest image;
	int r = manifests_parse_image(&arena, &request->body, &image, err);

	return r < 0 ? r
		     : registry_put_app(service->registry, uuid, app, text_string(&request->body),
					err);
}

static int change(const struct service *service, const struct service_request *request,
		  const char *uuid, const char *app, struct error *err)
{
	bool put = strcmp(request->method, "PUT") == 0;

	if (!uuid_is_valid(uuid))
		return error_set(err, EINVAL, "not a UUID");
	if (put && app != NULL)
		return put_app(service, request, uuid, app, err);
	if (put)
		return put_pod(service, request, uuid, err);
	if (app == NULL && strcmp(request->method, "DELETE") == 0)
		return registry_remove_pod(service->registry, uuid, err);
	return error_set(err, EOPNOTSUPP, "the method is neither PUT nor, of pods, DELETE");
}

void service_answer_registrar(const struct service *service, const struct service_request *request,
			      struct service_answer *ret)
{
	const char *path = after(request->path, "/pods/"), *slash;
	struct error err = { 0 };
	char uuid[NAME_MAX];

	if (path == NULL || strlen(path) >= sizeof(uuid)) {
		fail(ret, 404, "there is no such endpoint");
		return;
	}
	slash = strchr(path, '/');
	(void)snprintf(uuid, sizeof(uuid), "%.*s", (int)strcspn(path, "/"), path);
	ret->status = 200;
	ret->type = text_type;
	if (change(service, request, uuid, slash != NULL ? slash + 1 : NULL, &err) == 0)
		return;
	if (err.code == EOPNOTSUPP)
		fail(ret, 405, err.text);
	else
		fail_by(ret, &err);
}
