/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/register.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "metadata/manifests.h"
#include "metadata/registry.h"

#define SERVICE    "http://metadata-service"
#define TIME_LIMIT 10L /* seconds */

/* One manifest on its way. */
struct upload {
	const char *socket_path;
	const char *what; /* for messages */
	char answer[200]; /* the part of it that a message has room for */
	size_t answer_length;
};

static size_t keep_answer(char *data, size_t size, size_t n, void *context)
{
	struct upload *upload = context;
	size_t room = sizeof(upload->answer) - 1 - upload->answer_length;
	size_t kept = size * n < room ? size * n : room;

	memcpy(upload->answer + upload->answer_length, data, kept);
	upload->answer_length += kept;
	upload->answer[upload->answer_length] = '\0';
	return size * n;
}

static int check(CURL *curl, CURLcode code, struct upload *upload, struct error *err)
{
	long status = 0;

	if (code == CURLE_COULDNT_CONNECT)
		return error_set(err, ENOTCONN,
				 "no metadata service at %s; is \"rkt metadata-service\" running?",
				 upload->socket_path);
	if (code != CURLE_OK)
		return error_set(err, EIO, "registering %s with the metadata service: %s",
				 upload->what, curl_easy_strerror(code));
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	upload->answer[strcspn(upload->answer, "\n")] = '\0';
	error_make_printable(upload->answer);
	return error_set(err, EPROTO, "registering %s with the metadata service: status %ld: %s",
			 upload->what, status, upload->answer);
}

static int put(struct upload *upload, const char *path, const struct text *body, struct error *err)
{
	char url[PATH_MAX];
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_OK;
	int r;

	if (curl == NULL)
		return error_set(err, ENOMEM, "out of memory");
	(void)snprintf(url, sizeof(url), SERVICE "%s", path);
#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(curl, option, value) : code
	SET(CURLOPT_UNIX_SOCKET_PATH, upload->socket_path);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_CUSTOMREQUEST, "PUT");
	SET(CURLOPT_POSTFIELDS, text_string(body));
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
	SET(CURLOPT_WRITEFUNCTION, keep_answer);
	SET(CURLOPT_WRITEDATA, upload);
	SET(CURLOPT_TIMEOUT, TIME_LIMIT);
	SET(CURLOPT_PROXY, ""); /* whatever the environment says */
#undef SET
	if (code == CURLE_OK)
		code = curl_easy_perform(curl);
	r = check(curl, code, upload, err);
	curl_easy_cleanup(curl);
	return r;
}

static int put_app(const char *socket_path, int pod_dir, const char *uuid, const char *app,
		   struct error *err)
{
	struct upload upload = { .socket_path = socket_path, .what = app };
	auto_text struct text manifest = { 0 };
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "appsinfo/%s/manifest", app);
	r = file_read_at(pod_dir, path, REGISTRY_MANIFEST_MAX, &manifest, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/pods/%s/%s", uuid, app);
	return put(&upload, path, &manifest, err);
}

int register_pod(const char *socket_path, int pod_dir, const char *uuid, const char *token,
		 struct error *err)
{
	struct upload upload = { .socket_path = socket_path, .what = "the pod" };
	auto_arena struct arena arena = { 0 };
	auto_text struct text manifest = { 0 };
	struct pod_manifest pod = { 0 };
	char path[PATH_MAX];
	int r;

	if (!uuid_is_valid(uuid) || !registry_is_token(token))
		return error_set(err, EINVAL, "not a UUID, or not a token");
	r = file_read_at(pod_dir, "pod", REGISTRY_MANIFEST_MAX, &manifest, err);
	if (r == 0)
		r = manifests_parse_pod(&arena, &manifest, &pod, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/pods/%s?token=%s", uuid, token);
	r = put(&upload, path, &manifest, err);
	for (size_t i = 0; r == 0 && i < pod.n_apps; i++)
		r = put_app(socket_path, pod_dir, uuid, pod.apps[i].name, err);
	return r;
}
