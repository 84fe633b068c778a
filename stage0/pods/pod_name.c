/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_name.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "common/base/file.h"

#define NAME_FILE "pod-name"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < POD_NAME_SIZE && strspn(name, letters) > 0 &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789._-")] == '\0';
}

int pod_name_check(const char *name, struct error *err)
{
	if (!is_name(name))
		return error_set(err, EINVAL,
				 "--pod-name=%s: not a letter or digit and then at most %d "
				 "letters, digits, \".\", \"_\" or \"-\"",
				 name, POD_NAME_SIZE - 2);
	if (name[strspn(name, "0123456789abcdef-")] == '\0')
		return error_set(err, EINVAL, "--pod-name=%s: it could be the beginning of a UUID",
				 name);
	return 0;
}

bool pod_name_read(int pod_fd, char ret[static POD_NAME_SIZE])
{
	auto_text struct text content = { 0 };
	struct error ignored = { 0 };

	if (file_read_at(pod_fd, NAME_FILE, POD_NAME_SIZE, &content, &ignored) < 0 ||
	    strlen(text_string(&content)) != content.length || !is_name(text_string(&content)))
		return false;
	(void)snprintf(ret, POD_NAME_SIZE, "%s", text_string(&content));
	return true;
}

struct name_search {
	const struct pods *pods;
	const char *name;
	struct uuid found;
};

static int look_at(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct name_search *search = context;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	char name[POD_NAME_SIZE];
	struct error ignored = { 0 };

	(void)err;
	/* One that has gone, or moved on to where it is met later. */
	if (pod_open(search->pods, home, uuid, &pod, &ignored) == 0 &&
	    pod_name_read(pod.fd, name) && strcmp(name, search->name) == 0)
		search->found = pod.uuid;
	return 0;
}

int pod_name_find(const struct pods *pods, const char *name, struct uuid *ret, struct error *err)
{
	struct name_search search = { .pods = pods, .name = name };

	for (int home = 0; is_name(name) && home < POD_HOME_GARBAGE; home++) {
		int r = pods_visit(pods, (enum pod_home)home, look_at, &search, err);

		if (r < 0)
			return r;
	}
	if (search.found.text[0] == '\0')
		return error_set(err, ENOENT, "no matches found for \"%s\"", name);
	*ret = search.found;
	return 0;
}

/* Looking and taking are one: nobody else names a pod meanwhile. */
int pod_name_take(const struct pods *pods, const struct pod_dir *pod, const char *name,
		  struct error *err)
{
	auto_close int lock = openat(pods->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error none = { 0 };
	struct uuid other;
	int r = pod_name_check(name, err);

	if (r < 0)
		return r;
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return error_from_errno(err, "locking the names of pods");
	r = pod_name_find(pods, name, &other, &none);
	if (r == 0)
		return error_set(err, EEXIST, "--pod-name=%s: pod \"%s\" has this name", name,
				 other.text);
	if (r != -ENOENT)
		return error_set(err, none.code, "%s", none.text);
	return file_replace_at(pod->fd, NAME_FILE, name, 0640, err);
}
