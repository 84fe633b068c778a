/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/registry.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/kernel/tree_remove.h"
#include "common/manifest/name.h"

#define PODS      "pods"
#define TOKENS    "tokens"
#define ELSEWHERE "elsewhere"

/* 22 letters of 64 are 132 bits, 32 of 16 are 128: what is shorter is no secret. */
enum { TOKEN_MIN = 22, TOKEN_MAX = 200 };

bool registry_is_token(const char *token)
{
	size_t length = strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_");

	return token[length] == '\0' && length >= TOKEN_MIN && length <= TOKEN_MAX;
}

int registry_open(const char *path, int *ret, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = file_make_directories(AT_FDCWD, path, 0700, err);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	/* Whoever can list it knows all tokens. */
	if (fchmod(fd, 0700) < 0)
		return error_from_errno(err, "closing %s to others", path);
	r = file_make_directories(fd, PODS, 0700, err);
	if (r == 0)
		r = file_make_directories(fd, TOKENS, 0700, err);
	if (r == 0)
		*ret = take_fd(&fd);
	return r;
}

static int check_uuid(const char *uuid, struct error *err)
{
	return uuid_is_valid(uuid) ? 0 : error_set(err, EINVAL, "not a UUID");
}

static int open_pod(int registry, const char *uuid, int *ret, struct error *err)
{
	char path[PATH_MAX];
	int r = check_uuid(uuid, err);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), PODS "/%s", uuid);
	*ret = openat(registry, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? error_from_errno(err, "pod %s", uuid) : 0;
}

static int open_tokens(int registry, int *ret, struct error *err)
{
	*ret = openat(registry, TOKENS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? error_from_errno(err, "opening the tokens") : 0;
}

static int read_token(int tokens, const char *token, struct uuid *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(tokens, token, UUID_TEXT_SIZE, &text, err);

	if (r < 0)
		return r;
	if (!uuid_is_valid(text_string(&text)))
		return error_set(err, EBADMSG, "a token names no pod");
	(void)snprintf(ret->text, sizeof(ret->text), "%s", text_string(&text));
	return 0;
}

int registry_find(int registry, const char *token, struct uuid *ret, struct error *err)
{
	auto_close int tokens = FD_NONE;
	int r;

	if (!registry_is_token(token))
		return error_set(err, ENOENT, "not a token");
	r = open_tokens(registry, &tokens, err);
	return r < 0 ? r : read_token(tokens, token, ret, err);
}

/* A pod that registers anew has a new token, and the old one ends. */
static int remove_tokens(int registry, const char *uuid, struct error *err)
{
	auto_dir DIR *tokens = NULL;
	const struct dirent *entry;
	int fd = FD_NONE;
	int r = open_tokens(registry, &fd, err);

	if (r < 0)
		return r;
	tokens = fdopendir(fd);
	if (tokens == NULL) {
		r = error_from_errno(err, "reading the tokens");
		cleanup_close(&fd);
		return r;
	}
	while ((entry = readdir(tokens)) != NULL) {
		struct error ignored = { 0 };
		struct uuid owner;

		if (registry_is_token(entry->d_name) &&
		    read_token(fd, entry->d_name, &owner, &ignored) == 0 &&
		    strcmp(owner.text, uuid) == 0 && unlinkat(fd, entry->d_name, 0) < 0)
			return error_from_errno(err, "removing the token of pod %s", uuid);
	}
	return 0;
}

int registry_remove_pod(int registry, const char *uuid, struct error *err)
{
	auto_close int pods = FD_NONE;
	int r = check_uuid(uuid, err);

	if (r == 0)
		r = remove_tokens(registry, uuid, err);
	if (r < 0)
		return r;
	pods = openat(registry, PODS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (pods < 0)
		return error_from_errno(err, "opening the pods");
	return tree_remove(pods, uuid, err);
}

int registry_put_pod(int registry, const char *uuid, const char *token, const char *manifest,
		     struct error *err)
{
	auto_close int tokens = FD_NONE, pod = FD_NONE;
	char path[PATH_MAX];
	int r = check_uuid(uuid, err);

	if (r == 0 && !registry_is_token(token))
		return error_set(err, EINVAL, "token: not 22 to 200 letters, digits, - and _");
	if (r == 0)
		r = registry_remove_pod(registry, uuid, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), PODS "/%s/apps", uuid);
	r = file_make_directories(registry, path, 0700, err);
	if (r == 0)
		r = open_pod(registry, uuid, &pod, err);
	if (r == 0)
		r = file_replace_at(pod, "manifest", manifest, 0600, err);
	if (r == 0)
		r = open_tokens(registry, &tokens, err);
	return r < 0 ? r : file_replace_at(tokens, token, uuid, 0600, err);
}

int registry_mark_elsewhere(int registry, const char *uuid, struct error *err)
{
	auto_close int pod = FD_NONE;
	int r = open_pod(registry, uuid, &pod, err);

	return r < 0 ? r : file_replace_at(pod, ELSEWHERE, "", 0600, err);
}

bool registry_is_elsewhere(int registry, const char *uuid)
{
	auto_close int pod = FD_NONE;
	struct error ignored = { 0 };

	return open_pod(registry, uuid, &pod, &ignored) == 0 &&
	       faccessat(pod, ELSEWHERE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_apps(int registry, const char *uuid, const char *app, int *ret, struct error *err)
{
	auto_close int pod = FD_NONE;
	int r;

	if (!name_is_ac_name(app))
		return error_set(err, EINVAL, "not the name of an app");
	r = open_pod(registry, uuid, &pod, err);
	if (r < 0)
		return r;
	*ret = openat(pod, "apps", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret < 0 ? error_from_errno(err, "opening the apps of pod %s", uuid) : 0;
}

int registry_put_app(int registry, const char *uuid, const char *app, const char *manifest,
		     struct error *err)
{
	auto_close int apps = FD_NONE;
	int r = open_apps(registry, uuid, app, &apps, err);

	return r < 0 ? r : file_replace_at(apps, app, manifest, 0600, err);
}

int registry_read_pod(int registry, const char *uuid, struct text *manifest, struct error *err)
{
	auto_close int pod = FD_NONE;
	int r = open_pod(registry, uuid, &pod, err);

	return r < 0 ? r : file_read_at(pod, "manifest", REGISTRY_MANIFEST_MAX, manifest, err);
}

int registry_read_app(int registry, const char *uuid, const char *app, struct text *manifest,
		      struct error *err)
{
	auto_close int apps = FD_NONE;
	int r = open_apps(registry, uuid, app, &apps, err);

	return r < 0 ? r : file_read_at(apps, app, REGISTRY_MANIFEST_MAX, manifest, err);
}

int registry_prune(int registry, bool (*is_gone)(void *context, const char *uuid), void *context,
		   struct error *err)
{
	auto_dir DIR *pods = NULL;
	const struct dirent *entry;
	int fd = openat(registry, PODS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r = 0;

	if (fd < 0)
		return error_from_errno(err, "opening the pods");
	pods = fdopendir(fd);
	if (pods == NULL) {
		r = error_from_errno(err, "reading the pods");
		cleanup_close(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(pods)) != NULL)
		if (uuid_is_valid(entry->d_name) && is_gone(context, entry->d_name))
			r = registry_remove_pod(registry, entry->d_name, err);
	return r;
}
