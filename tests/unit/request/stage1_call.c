/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "stage0/command.h"
#include "stage0/launch/stage1_call.h"
#include "stage0/pods/stage1_program.h"
#include "tests/unit/request/request_fixture.h"

static struct image_manifest stage1_of(const char *version)
{
	struct manifest_pair *pairs = arena_array(fixture_arena(), 2, struct manifest_pair);

	pairs[0] = (struct manifest_pair){ STAGE1_RUN, "/run" };
	pairs[1] = (struct manifest_pair){ STAGE1_VERSION, version };
	return (struct image_manifest){ .name = "test",
					.annotations = { pairs, version != NULL ? 2 : 1 } };
}

/* The arguments, each followed by a space; warnings, each on a line, after "|". */
static const char *line_of(const char *version, const struct stage1_run *run)
{
	struct image_manifest stage1 = stage1_of(version);
	struct option_list argv = { 0 }, warnings = { 0 };
	auto_text struct text out = { 0 };

	check_int(stage1_run_argv(fixture_arena(), &stage1, run, &argv, &warnings), 0);
	for (size_t i = 0; i < argv.n; i++)
		(void)text_printf(&out, "%s ", argv.items[i]);
	for (size_t i = 0; i < warnings.n; i++)
		(void)text_printf(&out, "|%s", warnings.items[i]);
	check_true(argv.items[argv.n] == NULL);
	return arena_string(fixture_arena(), text_string(&out));
}

static const struct option_list no_networks;

#define INSECURE " --disable-capabilities-restriction --disable-paths --disable-seccomp"

TEST(older_stage1s_get_what_the_original_gives_them)
{
	static const struct {
		const char *version, *line;
	} cases[] = {
		{ NULL, "/run --net=default --local-config=/etc/rkt UUID "
			"|--hostname option is not supported by stage1"
			"|--dns-conf-mode option not supported by stage1"
			"|--insecure-options of the run are not supported by stage1"
			"|--ipc option is not supported by stage1" },
		{ "2", "/run --net=default --local-config=/etc/rkt --hostname=h UUID "
		       "|--dns-conf-mode option not supported by stage1"
		       "|--insecure-options of the run are not supported by stage1"
		       "|--ipc option is not supported by stage1" },
		{ "3", "/run --net=default --local-config=/etc/rkt --hostname=h" INSECURE " UUID "
		       "|--dns-conf-mode option not supported by stage1"
		       "|--ipc option is not supported by stage1" },
		{ "5", "/run --net=default --local-config=/etc/rkt --hostname=h "
		       "--dns-conf-mode=resolv=stage0,hosts=host" INSECURE " UUID "
		       "|--ipc option is not supported by stage1" },
		{ "6", "/run --net=default --local-config=/etc/rkt --hostname=h "
		       "--dns-conf-mode=resolv=stage0,hosts=host" INSECURE " --ipc=parent UUID " },
	};
	const struct stage1_run run = {
		.program = "/run",
		.uuid = "UUID",
		.networks = &no_networks,
		.local_config = "/etc/rkt",
		.hostname = "h",
		.dns_conf_mode = "resolv=stage0,hosts=host",
		.ipc = "parent",
		.insecure = INSECURE_ALL_RUN,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check_text(line_of(cases[i].version, &run), cases[i].line);
}

TEST(flags_stand_where_the_original_puts_them)
{
	struct option_list networks = { 0 };
	struct stage1_run run = { .program = "/r",
				  .uuid = "U",
				  .networks = &networks,
				  .debug = true,
				  .interactive = true,
				  .has_private_users = true,
				  .user_base = 2055602176U,
				  .user_count = 65536 };

	check_int(option_list_add(fixture_arena(), &networks, "default:IP=172.16.28.77"), 0);
	check_int(option_list_add(fixture_arena(), &networks, "foo:A=1;B=2"), 0);
	check_text(line_of("6", &run), "/r --debug --net=default:IP=172.16.28.77,foo:A=1;B=2 "
				       "--private-users=2055602176:65536 --interactive U ");
	run = (struct stage1_run){ .program = "/r",
				   .uuid = "U",
				   .networks = &no_networks,
				   .insecure = INSECURE_PATHS | INSECURE_IMAGE };
	check_text(line_of("6", &run), "/r --net=default --disable-paths U ");
}

TEST(an_entrypoint_is_an_absolute_path_inside_the_stage1)
{
	static const char *const bad[] = { "", "run", "/../run", "/a/../../run", "/a/.." };
	struct manifest_pair pair = { STAGE1_RUN, "/a/..b/run" };
	struct image_manifest stage1 = { .name = "test", .annotations = { &pair, 1 } };
	const char *path = "untouched";
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		pair.value = bad[i];
		check_int(stage1_entrypoint(&stage1, STAGE1_RUN, &path, &err), -EINVAL);
		check_text(path, "untouched");
	}
	check_int(stage1_entrypoint(&stage1, STAGE1_EXPLAIN, &path, &err), -ENOENT);
	check_contains(err.text, "has no annotation " STAGE1_EXPLAIN);
	pair.value = "/a/..b/run";
	check_ok(stage1_entrypoint(&stage1, STAGE1_RUN, &path, &err), &err);
	check_text(path, "/a/..b/run");
}
