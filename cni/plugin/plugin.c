/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/json/json_writer.h"

static int print(struct json_writer *writer)
{
	if (json_writer_finish(writer) < 0 || text_append_char(writer->out, '\n') < 0)
		return EXIT_FAILURE;
	return file_write_fd(STDOUT_FILENO, text_string(writer->out), writer->out->length) < 0
		   ? EXIT_FAILURE
		   : EXIT_SUCCESS;
}

static int print_error(const struct plugin_call *call, const struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text, .pretty = true };
	struct cni_error error = { .code = call->code,
				   .msg = err->text,
				   .details = strerror(err->code) };

	cni_error_write(&writer, NULL, call->version, &error);
	(void)print(&writer);
	return EXIT_FAILURE;
}

static int print_versions(void)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };

	json_begin_object(&writer, NULL);
	json_put_string(&writer, "cniVersion", cni_version_text(CNI_VERSION_NEWEST));
	json_begin_array(&writer, "supportedVersions");
	for (enum cni_version version = CNI_0_1_0; version <= CNI_VERSION_NEWEST; version++)
		json_put_string(&writer, NULL, cni_version_text(version));
	json_end_array(&writer);
	json_end_object(&writer);
	return print(&writer);
}

static int print_result(const struct plugin_call *call, const struct cni_result *result)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text, .pretty = true };

	cni_result_write(&writer, NULL, call->version, result);
	return print(&writer);
}

static int read_definition(struct text *text, struct error *err)
{
	int r = file_read_fd(STDIN_FILENO, PLUGIN_MAX_BYTES, text);

	if (r == -EFBIG)
		return error_set(err, EFBIG, PLUGIN_PLACE ": larger than %zu bytes",
				 PLUGIN_MAX_BYTES);
	if (r < 0)
		return error_set(err, -r, "reading the " PLUGIN_PLACE ": %s", strerror(-r));
	return 0;
}

static int dispatch(const struct plugin *plugin, struct plugin_call *call, struct cni_result *ret,
		    struct error *err)
{
	const struct {
		const char *name;
		int (*function)(struct plugin_call *call, struct error *err);
	} commands[] = {
		{ "DEL", plugin->del },
		{ "CHECK", plugin->check },
		{ "GC", plugin->gc },
		{ "STATUS", plugin->status },
	};

	if (strcmp(call->command, "ADD") == 0)
		return plugin->add(call, ret, err);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (strcmp(call->command, commands[i].name) == 0)
			return commands[i].function(call, err);
	return error_set(err, EINVAL, "CNI_COMMAND: \"%s\" is unknown", call->command);
}

static bool is_known(const char *command)
{
	static const char *const known[] = { "ADD", "DEL", "CHECK", "GC", "STATUS" };

	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (strcmp(command, known[i]) == 0)
			return true;
	return false;
}

static int run(const struct plugin *plugin, struct plugin_call *call)
{
	auto_text struct text text = { .cap = PLUGIN_MAX_BYTES + 1 };
	struct cni_result result = { 0 };
	struct error err = { 0 };
	int r = 0;

	call->code = CNI_ERROR_ENVIRONMENT;
	if (!is_known(call->command))
		r = error_set(&err, EINVAL, "CNI_COMMAND: \"%.32s\" is unknown", call->command);
	if (r == 0) {
		call->code = CNI_ERROR_IO;
		r = read_definition(&text, &err);
	}
	if (r == 0)
		r = plugin_call_read(call, text_string(&text), text.length, &err);
	if (r == 0)
		r = dispatch(plugin, call, &result, &err);
	if (r < 0)
		return print_error(call, &err);
	return strcmp(call->command, "ADD") == 0 ? print_result(call, &result) : EXIT_SUCCESS;
}

int plugin_run(const struct plugin *plugin)
{
	auto_arena struct arena arena = { 0 };
	const char *command = getenv("CNI_COMMAND");
	struct plugin_call call = { .arena = &arena, .version = CNI_VERSION_NEWEST };

	call.command = command != NULL ? command : "";
	if (strcmp(call.command, "VERSION") == 0)
		return print_versions();
	return run(plugin, &call);
}
