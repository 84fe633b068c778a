/* SPDX-License-Identifier: Apache-2.0 */
/* One program, as many names: which plugin it is, it knows by the name it is called by. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cni/plugin/plugin.h"
#include "common/base/file.h"

static const struct plugin *const plugins[] = {
	&plugin_bridge, &plugin_host_local, &plugin_loopback, &plugin_portmap, &plugin_ptp,
};

static int say_names(void)
{
	static const char text[] = "rkt-cni: call it by the name of a plugin: ";
	auto_text struct text names = { 0 };

	(void)text_append(&names, text);
	for (size_t i = 0; i < ARRAY_LENGTH(plugins); i++)
		(void)text_printf(&names, "%s%s", i > 0 ? ", " : "", plugins[i]->name);
	(void)text_append_char(&names, '\n');
	result_ignored(file_write_fd(STDERR_FILENO, text_string(&names), names.length));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = argc == 0 ? "" : slash != NULL ? slash + 1 : argv[0];

	for (size_t i = 0; i < ARRAY_LENGTH(plugins); i++)
		if (strcmp(plugins[i]->name, name) == 0)
			return plugin_run(plugins[i]);
	return say_names();
}
