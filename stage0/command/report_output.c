/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/report_output.h"

#include <string.h>

#include "stage0/command/human_text.h"

static const char *member(const struct json_value *object, const char *name)
{
	const struct json_value *value = json_value_member(object, name);

	return value != NULL && value->kind == JSON_VALUE_STRING ? value->string : "";
}

const char *report_networks(struct arena *arena, const struct pod_report *report)
{
	auto_text struct text out = { 0 };
	const struct json_value *networks = report->networks;

	for (size_t i = 0; networks != NULL && i < networks->array.n; i++) {
		const struct json_value *network = &networks->array.items[i];
		const char *address;

		if (network->kind != JSON_VALUE_OBJECT)
			continue;
		address = member(network, "ip");
		(void)text_printf(&out, "%s%s:%s=%s", out.length > 0 ? ", " : "",
				  member(network, "netName"),
				  strchr(address, ':') != NULL ? "ip6" : "ip4", address);
	}
	return text_status(&out) < 0 ? NULL : arena_string(arena, text_string(&out));
}

static void write_mounts(struct json_writer *writer, const struct pod_report_app *app)
{
	if (app->n_mounts == 0)
		return;
	json_begin_array(writer, "mounts");
	for (size_t i = 0; i < app->n_mounts; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", app->mounts[i].name);
		json_put_string(writer, "container_path", app->mounts[i].path);
		json_put_string(writer, "host_path", app->mounts[i].source);
		json_put_bool(writer, "read_only", app->mounts[i].read_only);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static const char *app_state(const struct pod_report *report, const struct pod_report_app *app)
{
	if (app->has_ended || pod_report_has_exited(report))
		return "exited";
	if (report->state == POD_RUNNING)
		return report->started_ns != 0 ? "running" : "created";
	return report->state == POD_PREPARED ? "created" : "unknown";
}

static void write_user_data(struct json_writer *writer, const struct json_value *annotations,
			    const struct json_value *labels)
{
	if (annotations != NULL)
		json_put_value(writer, "user_annotations", annotations);
	if (labels != NULL)
		json_put_value(writer, "user_labels", labels);
}

static void put_time(struct json_writer *writer, const char *key, uint64_t time)
{
	if (time != 0)
		json_put_u64(writer, key, time);
}

static void write_app(struct json_writer *writer, const struct pod_report *report,
		      const struct pod_report_app *app)
{
	json_begin_object(writer, NULL);
	json_put_string(writer, "name", app->name);
	json_put_string(writer, "state", app_state(report, app));
	put_time(writer, "created_at", report->created_ns);
	put_time(writer, "started_at", report->started_ns);
	put_time(writer, "finished_at", app->finished_ns);
	if (app->has_ended)
		json_put_i64(writer, "exit_code", app->exit_status);
	if (app->restarts > 0)
		json_put_u64(writer, "restarts", app->restarts);
	json_put_string(writer, "image_id", app->image_id);
	write_mounts(writer, app);
	write_user_data(writer, app->user_annotations, app->user_labels);
	json_end_object(writer);
}

void report_write_json(struct json_writer *writer, const struct pod_report *report)
{
	json_begin_object(writer, NULL);
	json_put_string(writer, "name", report->uuid.text);
	if (report->name != NULL)
		json_put_string(writer, "pod_name", report->name);
	json_put_string(writer, "state", pod_state_name(report->state));
	if (report->networks != NULL)
		json_put_value(writer, "networks", report->networks);
	if (report->n_apps > 0) {
		json_begin_array(writer, "app_names");
		for (size_t i = 0; i < report->n_apps; i++)
			json_put_string(writer, NULL, report->apps[i].name);
		json_end_array(writer);
		json_begin_array(writer, "apps");
		for (size_t i = 0; i < report->n_apps; i++)
			write_app(writer, report, &report->apps[i]);
		json_end_array(writer);
	}
	put_time(writer, "created_at", report->created_ns / 1000000000U);
	put_time(writer, "started_at", report->started_ns / 1000000000U);
	write_user_data(writer, report->user_annotations, report->user_labels);
	json_end_object(writer);
}

static int write_time(struct arena *arena, const char *key, uint64_t ns, struct text *out)
{
	const char *text = human_text_time(arena, ns);

	if (text == NULL)
		return -ENOMEM;
	if (ns != 0)
		(void)text_printf(out, "%s=%s\n", key, text);
	return 0;
}

int report_write_lines(struct arena *arena, const struct pod_report *report, struct text *out)
{
	const char *networks = report_networks(arena, report);

	(void)text_printf(out, "state=%s\n", pod_state_name(report->state));
	if (report->name != NULL)
		(void)text_printf(out, "name=%s\n", report->name);
	if (networks == NULL || write_time(arena, "created", report->created_ns, out) < 0 ||
	    write_time(arena, "started", report->started_ns, out) < 0)
		return -ENOMEM;
	if (!pod_report_has_run(report))
		return text_status(out);
	(void)text_printf(out, "networks=%s\npid=%lld\nexited=%s\n", networks,
			  (long long)report->pid, pod_report_has_exited(report) ? "true" : "false");
	for (size_t i = 0; i < report->n_apps; i++)
		if (report->apps[i].restarts > 0)
			(void)text_printf(out, "restarts-%s=%u\n", report->apps[i].name,
					  (unsigned)report->apps[i].restarts);
	for (size_t i = 0; i < report->n_apps; i++)
		if (report->apps[i].has_ended)
			(void)text_printf(out, "app-%s=%d\n", report->apps[i].name,
					  report->apps[i].exit_status);
	return text_status(out);
}

bool report_is_pretty(const char *format)
{
	return strcmp(format, "json-pretty") == 0;
}
