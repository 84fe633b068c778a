/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_attachments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "common/supervisor/network_handle.h"
#include "common/supervisor/network_record.h"

#define RESULTS          "/var/lib/cni/results"
#define RESULT_MAX_BYTES ((size_t)1 << 20)

static int add(struct arena *arena, struct network_attachments *attachments,
	       const struct network_attachment *attachment, struct error *err)
{
	size_t capacity = attachments->capacity == 0 ? 64 : 2 * attachments->capacity;
	struct network_attachment *items;

	if (attachments->n == attachments->capacity) {
		items = arena_array(arena, capacity, struct network_attachment);
		if (items == NULL)
			return error_set(err, ENOMEM, "out of memory");
		if (attachments->n > 0)
			memcpy(items, attachments->items, attachments->n * sizeof(*items));
		attachments->items = items;
		attachments->capacity = capacity;
	}
	attachments->items[attachments->n++] = *attachment;
	return 0;
}

static int add_pod(struct arena *arena, int pod_fd, const char *uuid,
		   struct network_attachments *attachments, struct error *err)
{
	struct network_record record;
	int r = network_record_load(arena, pod_fd, &record, err);

	if (r == -ENOENT) { /* it has left them; or another process has the leader's number now */
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < record.n_networks; i++)
		r = add(arena, attachments,
			&(const struct network_attachment){ record.networks[i].cni.name,
							    record.container_id,
							    record.networks[i].interface },
			err);
	return r < 0 ? error_prefix(err, "pod %s", uuid) : 0;
}

/* "/proc/PID/fd/N", the link's target, is cut after the PID. */
static bool find_pid(char *target, uint32_t *ret)
{
	static const char before[] = "/proc/";
	char *pid = target + strlen(before), *slash;

	if (strncmp(target, before, strlen(before)) != 0)
		return false;
	slash = strchr(pid, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return parse_u32(pid, INT32_MAX, ret) == 0;
}

/* Of a pod that is dead nothing is in use. */
static int visit_pod(struct arena *arena, int dir, const char *name,
		     struct network_attachments *attachments, struct error *err)
{
	const char *uuid = network_handle_uuid(name);
	auto_close int pod_fd = FD_NONE;
	char target[64], path[sizeof("/proc//cwd") + 24];
	struct stat st;
	uint32_t pid;
	ssize_t n = uuid == NULL ? -1 : readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0 || fstatat(dir, name, &st, 0) < 0)
		return 0;
	target[n] = '\0';
	if (!find_pid(target, &pid))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%u/cwd", pid);
	pod_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pod_fd < 0 && errno == ENOENT)
		return 0;
	if (pod_fd < 0)
		return error_from_errno(err, "opening the directory of pod %s", uuid);
	return add_pod(arena, pod_fd, uuid, attachments, err);
}

static const struct json_field result_fields[] = {
	{ .name = "networkName",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct network_attachment, network) },
	{ .name = "containerId",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct network_attachment, container) },
	{ .name = "ifName",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct network_attachment, interface) },
};
static const struct json_table result_table =
    JSON_TABLE(struct network_attachment, result_fields, .open = true);

/* Another runtime's; a file that is none of these says nothing. */
static int visit_result(struct arena *arena, int dir, const char *name,
			struct network_attachments *attachments, struct error *err)
{
	struct error ignored = { 0 };
	struct json_decoder decoder = { .arena = arena, .place = name, .err = &ignored };
	struct json_source source = { .place = name, .max_bytes = RESULT_MAX_BYTES };
	struct network_attachment attachment = { 0 };
	auto_text struct text text = { 0 };
	struct json_value value;

	if (file_read_at(dir, name, RESULT_MAX_BYTES, &text, &ignored) < 0)
		return 0;
	source.text = arena_bytes(arena, text_string(&text), text.length);
	source.length = text.length;
	if (source.text == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (json_read(arena, &source, &value, &ignored) < 0 ||
	    json_decode(&decoder, &value, &result_table, &attachment) < 0)
		return 0;
	return add(arena, attachments, &attachment, err);
}

typedef int visitor(struct arena *arena, int dir, const char *name,
		    struct network_attachments *attachments, struct error *err);

static int visit_all(struct arena *arena, const char *path, visitor *visit,
		     struct network_attachments *attachments, struct error *err)
{
	auto_dir DIR *dir = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL && errno == ENOENT)
		return 0;
	if (dir == NULL)
		return error_from_errno(err, "opening %s", path);
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			r = visit(arena, dirfd(dir), entry->d_name, attachments, err);
	return r;
}

int network_attachments_list(struct arena *arena, struct network_attachments *ret,
			     struct error *err)
{
	struct network_attachments attachments = { 0 };
	int r = visit_all(arena, NETWORK_HANDLE_DIRECTORY, visit_pod, &attachments, err);

	if (r == 0)
		r = visit_all(arena, RESULTS, visit_result, &attachments, err);
	if (r == 0)
		*ret = attachments;
	return r;
}

int network_attachments_write(const struct network_attachments *attachments, const char *network,
			      struct text *out)
{
	struct json_writer writer = { .out = out };

	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < attachments->n; i++) {
		const struct network_attachment *attachment = &attachments->items[i];

		if (strcmp(attachment->network, network) != 0)
			continue;
		json_begin_object(&writer, NULL);
		json_put_string(&writer, "containerID", attachment->container);
		json_put_string(&writer, "ifname", attachment->interface);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	return json_writer_finish(&writer);
}
