/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

/* A directory with net.d, and a plugin in it. */
struct place {
	char path[64];
	struct arena arena;
	struct network_plugins plugins;
	struct error err;
};

static void make_place(struct place *place, const char *script)
{
	const struct network_places places = { .local_config = place->path,
					       .stage1_root = "/nowhere" };
	auto_close int dir = FD_NONE;
	char path[sizeof(place->path) + sizeof("/net.d")];

	test_need_root();
	test_make_directory(place->path);
	(void)snprintf(path, sizeof(path), "%s/net.d", place->path);
	check_int(mkdir(path, 0755), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(dir >= 0);
	check_ok(file_replace_at(dir, "plug", script, 0755, &place->err), &place->err);
	check_ok(network_plugins_open(&place->arena, &places, &place->plugins, &place->err),
		 &place->err);
	place->plugins.timeout_ms = 500;
}

static int call(struct place *place, const char *type, const char **ret_answer)
{
	const struct network_call call = { .plugins = &place->plugins,
					   .command = "ADD",
					   .container_id = "id",
					   .netns = "/proc/1/fd/1",
					   .interface = "eth0",
					   .args = "",
					   .type = type,
					   .input = "{}" };

	return network_plugin_call(&place->arena, &call, ret_answer, &place->err);
}

#define PLACE                                                                                      \
	{                                                                                          \
		.path = "/tmp/network-plugin-XXXXXX"                                               \
	}

TEST(an_answer_is_returned_without_the_white_space_around_it)
{
	struct place place = PLACE;
	const char *answer;

	make_place(&place, "#!/bin/sh\ncat; echo; echo\n");
	check_ok(call(&place, "plug", &answer), &place.err);
	check_text(answer, "{}");
	arena_release(&place.arena);
}

TEST(a_plugin_that_hangs_is_ended)
{
	struct place place = PLACE;
	const char *answer = "untouched";

	make_place(&place, "#!/bin/sh\nsleep 1000\n");
	check_int(call(&place, "plug", &answer), -ETIMEDOUT);
	check_text(place.err.text, "plugin plug: it has not ended after 500 ms");
	check_text(answer, "untouched");
	arena_release(&place.arena);
}

TEST(a_plugin_that_is_nowhere_is_named_with_all_directories)
{
	struct place place = PLACE;
	const char *answer;

	make_place(&place, "");
	check_int(call(&place, "no-such-plugin", &answer), -ENOENT);
	check_contains(place.err.text, "plugin no-such-plugin: not found in /tmp/network-plugin-");
	check_contains(place.err.text, ":/usr/lib/rkt/plugins/net:/nowhere/usr/lib/rkt/plugins/net:"
				       "/usr/lib/cni:/opt/cni/bin");
	arena_release(&place.arena);
}

TEST(what_can_not_be_executed_is_named)
{
	struct place place = PLACE;
	const char *answer;

	make_place(&place, "no program at all");
	check_int(call(&place, "plug", &answer), -ENOEXEC);
	check_contains(place.err.text, "plugin plug: executing ");
	arena_release(&place.arena);
}
