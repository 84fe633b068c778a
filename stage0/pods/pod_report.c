/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_report.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/json/json_reader.h"
#include "common/manifest/name.h"
#include "common/pod/pod_status.h"
#include "stage0/pods/pod_manifest_scan.h"
#include "stage0/pods/pod_name.h"

#define MANIFEST_MAX ((size_t)1 << 20)
#define NETWORKS_MAX ((size_t)256 << 10)
#define PID_MAX_SIZE 32

static uint64_t modified_ns(int at, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec;
}

/* NULL: missing, too large, or not JSON. */
static const struct json_value *read_json(struct arena *arena, int at, const char *name,
					  size_t limit)
{
	auto_text struct text content = { 0 };
	struct json_value *value = arena_new(arena, struct json_value);
	struct json_source source = { .place = name, .max_bytes = limit };
	struct error ignored = { 0 };

	if (value == NULL || file_read_at(at, name, limit, &content, &ignored) < 0)
		return NULL;
	/* Values may point into their source. */
	source.text = arena_bytes(arena, text_string(&content), content.length);
	source.length = content.length;
	if (source.text == NULL || json_read(arena, &source, value, &ignored) < 0)
		return NULL;
	return value;
}

static const struct json_value *member(const struct json_value *object, const char *name)
{
	return object == NULL ? NULL : json_value_member(object, name);
}

static const char *member_text(const struct json_value *object, const char *name)
{
	const struct json_value *value = member(object, name);

	return value != NULL && value->kind == JSON_VALUE_STRING ? value->string : NULL;
}

static bool member_flag(const struct json_value *object, const char *name)
{
	const struct json_value *value = member(object, name);

	return value != NULL && value->kind == JSON_VALUE_BOOL && value->flag;
}

/* An array's items; none when it is absent or something else. */
static size_t member_items(const struct json_value *object, const char *name,
			   const struct json_value **ret)
{
	const struct json_value *value = member(object, name);

	if (value == NULL || value->kind != JSON_VALUE_ARRAY)
		return 0;
	*ret = value->array.items;
	return value->array.n;
}

static const struct json_value *member_object(const struct json_value *object, const char *name)
{
	const struct json_value *value = member(object, name);

	return value != NULL && value->kind == JSON_VALUE_OBJECT ? value : NULL;
}

/* "name:version" */
static const char *image_name(struct arena *arena, const struct json_value *image)
{
	const char *name = member_text(image, "name");
	const struct json_value *labels = NULL;
	size_t n = member_items(image, "labels", &labels);

	for (size_t i = 0; name != NULL && i < n; i++) {
		const char *label = member_text(&labels[i], "name");
		const char *value = member_text(&labels[i], "value");

		if (label != NULL && value != NULL && strcmp(label, "version") == 0)
			return arena_printf(arena, "%s:%s", name, value);
	}
	return name == NULL ? "" : name;
}

static const struct json_value *find_volume(const struct json_value *manifest, const char *name)
{
	const struct json_value *volumes = NULL;
	size_t n = member_items(manifest, "volumes", &volumes);

	for (size_t i = 0; i < n; i++) {
		const char *found = member_text(&volumes[i], "name");

		if (found != NULL && strcmp(found, name) == 0)
			return &volumes[i];
	}
	return NULL;
}

static struct pod_report_mount read_mount(const struct json_value *manifest,
					  const struct json_value *mount)
{
	const char *name = member_text(mount, "volume"), *path = member_text(mount, "path");
	const struct json_value *volume = member_object(mount, "appVolume");
	const char *source;

	if (volume == NULL && name != NULL)
		volume = find_volume(manifest, name);
	source = member_text(volume, "source");
	return (struct pod_report_mount){
		.name = name == NULL ? "" : name,
		.path = path == NULL ? "" : path,
		.source = source == NULL ? "" : source,
		.read_only = member_flag(volume, "readOnly"),
	};
}

static int read_mounts(struct arena *arena, const struct json_value *manifest,
		       const struct json_value *app, struct pod_report_app *ret)
{
	const struct json_value *items = NULL;
	size_t n = member_items(app, "mounts", &items);
	struct pod_report_mount *mounts = arena_array(arena, n + 1, struct pod_report_mount);

	if (mounts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		mounts[i] = read_mount(manifest, &items[i]);
	ret->mounts = mounts;
	ret->n_mounts = n;
	return 0;
}

/* *ret_known: false for an app without a proper name, which is left out. */
static int read_app(struct arena *arena, const struct json_value *manifest,
		    const struct json_value *app, struct pod_report_app *ret, bool *ret_known)
{
	const struct json_value *image = member(app, "image");
	const struct json_value *detail = member(app, "app");
	const char *id = member_text(image, "id");

	ret->name = member_text(app, "name");
	*ret_known = ret->name != NULL && name_is_ac_name(ret->name);
	ret->image_id = id == NULL ? "" : id;
	ret->image = image_name(arena, image);
	ret->user_annotations = member_object(detail, "userAnnotations");
	ret->user_labels = member_object(detail, "userLabels");
	return ret->image == NULL ? -ENOMEM : read_mounts(arena, manifest, app, ret);
}

static int read_apps(struct arena *arena, const struct json_value *manifest, struct pod_report *ret)
{
	const struct json_value *items = NULL;
	size_t n = member_items(manifest, "apps", &items);
	struct pod_report_app *apps = arena_array(arena, n + 1, struct pod_report_app);

	if (apps == NULL)
		return -ENOMEM;
	ret->apps = apps;
	for (size_t i = 0; i < n; i++) {
		bool known;
		int r = read_app(arena, manifest, &items[i], &apps[ret->n_apps], &known);

		if (r < 0)
			return r;
		ret->n_apps += known;
	}
	return 0;
}

/* Names and images only.  1: done; 0: the manifest is for the reader. */
static int scan_manifest(struct arena *arena, int pod, struct pod_report *ret)
{
	auto_text struct text manifest = { 0 };
	struct pod_report_app *apps;
	struct error ignored = { 0 };
	int r;

	if (file_read_at(pod, "pod", MANIFEST_MAX, &manifest, &ignored) < 0)
		return 0;
	r = pod_manifest_scan(arena, text_string(&manifest), &apps, &ret->n_apps);
	if (r == 1)
		ret->apps = apps;
	return r;
}

static int read_manifest(struct arena *arena, int pod, enum pod_report_depth depth,
			 struct pod_report *ret)
{
	const struct json_value *manifest;
	int r = depth == POD_REPORT_SHORT ? scan_manifest(arena, pod, ret) : 0;

	if (r != 0)
		return r;
	manifest = read_json(arena, pod, "pod", MANIFEST_MAX);
	if (manifest == NULL)
		return 0;
	ret->user_annotations = member_object(manifest, "userAnnotations");
	ret->user_labels = member_object(manifest, "userLabels");
	return read_apps(arena, manifest, ret);
}

static int64_t read_pid(int pod)
{
	static const char *const names[] = { "pid", "ppid" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		auto_text struct text content = { 0 };
		struct error ignored = { 0 };
		uint32_t pid;

		if (file_read_at(pod, names[i], PID_MAX_SIZE, &content, &ignored) < 0)
			continue;
		if (content.length > 0 && content.data[content.length - 1] == '\n')
			content.data[content.length - 1] = '\0';
		if (parse_u32(text_string(&content), INT32_MAX, &pid) == 0)
			return pid;
	}
	return -1;
}

static void read_results(int pod, struct pod_report_app *apps, size_t n)
{
	auto_close int results = FD_NONE;
	struct error ignored = { 0 };
	char path[sizeof("status/") + 512];

	if (pod_status_open_results(pod, &results, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		apps[i].restarts = pod_status_restarts(results, apps[i].name);
		if (pod_status_app(results, apps[i].name, &apps[i].exit_status, &ignored) < 0)
			continue;
		apps[i].has_ended = true;
		(void)snprintf(path, sizeof(path), "status/%s", apps[i].name);
		apps[i].finished_ns = modified_ns(results, path);
	}
}

static uint64_t started_ns(int pod)
{
	uint64_t ns = modified_ns(pod, "pid");

	return ns != 0 ? ns : modified_ns(pod, "ppid");
}

bool pod_report_has_exited(const struct pod_report *report)
{
	return report->state == POD_EXITED || report->state == POD_EXITED_GARBAGE ||
	       (report->state == POD_DELETING && report->started_ns != 0);
}

bool pod_report_has_run(const struct pod_report *report)
{
	return report->state == POD_RUNNING || pod_report_has_exited(report);
}

int pod_report_read_name(const struct pod_dir *pod, struct arena *arena, struct pod_report *report,
			 struct error *err)
{
	char name[POD_NAME_SIZE];

	if (!pod_name_read(pod->fd, name))
		return 0;
	report->name = arena_string(arena, name);
	return report->name == NULL ? error_set(err, ENOMEM, "reading the name of a pod") : 0;
}

int pod_report_read(const struct pod_dir *pod, enum pod_report_depth depth, struct arena *arena,
		    struct pod_report *ret, struct error *err)
{
	struct pod_report report = { .uuid = pod->uuid, .pid = -1 };

	/* The state first: what is read after it is at least as old. */
	report.state = pod_state(pod);
	report.created_ns = modified_ns(pod->fd, "pod-created");
	report.started_ns = started_ns(pod->fd);
	if (read_manifest(arena, pod->fd, depth, &report) < 0)
		return error_set(err, ENOMEM, "reading the pod %s", pod->uuid.text);
	if (depth == POD_REPORT_WHOLE && pod_report_read_name(pod, arena, &report, err) < 0)
		return -err->code;
	if (pod_report_has_run(&report)) {
		report.networks = read_json(arena, pod->fd, "net-info.json", NETWORKS_MAX);
		if (report.networks != NULL && report.networks->kind != JSON_VALUE_ARRAY)
			report.networks = NULL;
		if (depth == POD_REPORT_WHOLE) {
			report.pid = read_pid(pod->fd);
			read_results(pod->fd, (struct pod_report_app *)(uintptr_t)report.apps,
				     report.n_apps);
		}
	}
	*ret = report;
	return 0;
}
