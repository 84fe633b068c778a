/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_plugin.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cni/cni_error.h"
#include "common/cni/host_end.h"
#include "common/json/json_reader.h"
#include "common/process/program_run.h"

#define COMPLAINTS_MAX_BYTES ((size_t)8 << 10)

enum { TIMEOUT_MS = 60000, OF_STAGE1 = 2, N_OF_RKT = 3, N_DIRECTORIES = 5 };

static const char clean_path[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

int network_plugins_open(struct arena *arena, const struct network_places *places,
			 struct network_plugins *ret, struct error *err)
{
	const char **directories = arena_array(arena, N_DIRECTORIES + 1, const char *);
	const char *paths[N_DIRECTORIES] = { NULL };
	struct stat st;

	if (directories == NULL)
		return error_set(err, ENOMEM, "looking for plugins: out of memory");
	directories[0] = arena_printf(arena, "%s/net.d", places->local_config);
	directories[1] = "/usr/lib/rkt/plugins/net";
	directories[2] = arena_printf(arena, "%s/usr/lib/rkt/plugins/net", places->stage1_root);
	directories[3] = "/usr/lib/cni";
	directories[4] = "/opt/cni/bin";
	paths[0] = directories[0];
	for (size_t i = 1; i < N_DIRECTORIES && paths[i - 1] != NULL && directories[2] != NULL; i++)
		paths[i] = arena_printf(arena, "%s:%s", paths[i - 1], directories[i]);
	if (directories[2] == NULL || paths[N_OF_RKT - 1] == NULL ||
	    paths[N_DIRECTORIES - 1] == NULL)
		return error_set(err, ENOMEM, "looking for plugins: out of memory");
	*ret = (struct network_plugins){ .stage1_owner =
					     stat(places->stage1_root, &st) == 0 ? st.st_uid : 0,
					 .directories = directories,
					 .path = paths[N_OF_RKT - 1],
					 .whole_path = paths[N_DIRECTORIES - 1],
					 .timeout_ms = TIMEOUT_MS };
	return 0;
}

/* Only root may decide what root executes. */
static int check_owner(const char *path, const struct stat *st, uid_t owner, struct error *err)
{
	if (st->st_uid != owner)
		return error_set(err, EPERM, "%s: not root's, but of uid %u", path,
				 (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return error_set(err, EPERM, "%s: can be written by others than root", path);
	return 0;
}

struct found {
	const char *path; /* NULL: nowhere */
	size_t where;     /* the index of its directory */
};

static int check_program(const struct network_plugins *plugins, const char *path,
			 const struct stat *st, size_t where, struct error *err)
{
	uid_t owner = where == OF_STAGE1 ? plugins->stage1_owner : 0;
	int length = (int)(strrchr(path, '/') - path);
	char directory[PATH_MAX];
	struct stat of_directory;
	int r = check_owner(path, st, owner, err);

	(void)snprintf(directory, sizeof(directory), "%.*s", length, path);
	if (r == 0 && stat(directory, &of_directory) == 0)
		r = check_owner(directory, &of_directory, owner, err);
	return r;
}

static int find(struct arena *arena, const struct network_plugins *plugins, const char *type,
		struct found *ret, struct error *err)
{
	for (size_t i = 0; plugins->directories[i] != NULL; i++) {
		const char *path = arena_printf(arena, "%s/%s", plugins->directories[i], type);
		struct stat st;

		if (path == NULL)
			return error_set(err, ENOMEM, "looking for plugin %s: out of memory", type);
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (check_program(plugins, path, &st, i, err) < 0)
			return error_prefix(err, "plugin %s", type);
		*ret = (struct found){ .path = path, .where = i };
		return 0;
	}
	*ret = (struct found){ .path = NULL };
	return 0;
}

/* The same, but it must be somewhere. */
static int need(struct arena *arena, const struct network_plugins *plugins, const char *type,
		struct found *ret, struct error *err)
{
	int r = find(arena, plugins, type, ret, err);

	if (r == 0 && ret->path == NULL)
		return error_set(err, ENOENT, "plugin %s: not found in %s", type,
				 plugins->whole_path);
	return r;
}

int network_plugin_find(struct arena *arena, const struct network_plugins *plugins,
			const char *type, const char **ret_path, struct error *err)
{
	struct found found = { 0 };
	int r = need(arena, plugins, type, &found, err);

	if (r == 0)
		*ret_path = found.path;
	return r;
}

/* The index of a program's directory; N_DIRECTORIES: it is in none of them. */
static size_t directory_of(const struct network_plugins *plugins, const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path), i = 0;

	while (plugins->directories[i] != NULL &&
	       (strlen(plugins->directories[i]) != length ||
		strncmp(plugins->directories[i], path, length) != 0))
		i++;
	return i;
}

bool network_plugin_is_own(const struct network_plugins *plugins, const char *program)
{
	return program != NULL && strchr(program, '/') != NULL &&
	       directory_of(plugins, program) == OF_STAGE1;
}

/* The program that was called before, as long as it is there. */
static int find_again(struct arena *arena, const struct network_call *call, struct found *ret,
		      struct error *err)
{
	struct found found = { .path = call->program };
	struct stat st;

	if (found.path == NULL || strchr(found.path, '/') == NULL || stat(found.path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return need(arena, call->plugins, call->type, ret, err);
	found.where = directory_of(call->plugins, found.path);
	if (check_program(call->plugins, found.path, &st, found.where, err) < 0)
		return error_prefix(err, "plugin %s", call->type);
	*ret = found;
	return 0;
}

/* rkt's own directories, as it has always told them, unless what is called is elsewhere. */
static const char *path_for(struct arena *arena, const struct network_call *call,
			    const struct found *program)
{
	struct found found = { 0 };
	struct error ignored = { 0 };

	if (program->where >= N_OF_RKT || call->delegates)
		return call->plugins->whole_path;
	if (call->ipam != NULL && (find(arena, call->plugins, call->ipam, &found, &ignored) < 0 ||
				   found.path == NULL || found.where >= N_OF_RKT))
		return call->plugins->whole_path;
	return call->plugins->path;
}

/* The first line of what a program said that has no better way to put it. */
static int first_line(const struct text *text, const char **ret)
{
	const char *start = text_string(text);

	start += strspn(start, " \t\r\n");
	*ret = start;
	return (int)strcspn(start, "\n");
}

static int explain_failure(struct arena *arena, const struct network_call *call,
			   const struct program_answer *answer, struct error *err)
{
	const struct text *out = &answer->out;
	const struct text *words = answer->complaints.length > 0 ? &answer->complaints : out;

	const struct json_source source = { .text = text_string(out),
					    .length = out->length,
					    .place = "answer" };
	struct cni_error said = { 0 };
	struct json_value value;
	struct error ignored = { 0 };
	const char *line;
	int n;

	if (json_read(arena, &source, &value, &ignored) == 0 &&
	    cni_error_read(arena, &value, "answer", &said, &ignored) == 0) {
		bool details = said.details != NULL && said.details[0] != '\0';

		return error_set(err, EIO, "plugin %s: %.240s%s%.200s", call->type, said.msg,
				 details ? ": " : "", details ? said.details : "");
	}
	n = first_line(words, &line);
	if (WIFSIGNALED(answer->wait_status))
		return error_set(err, EIO, "plugin %s: killed by signal %d%s%.*s", call->type,
				 WTERMSIG(answer->wait_status), n > 0 ? ": " : "", n, line);
	return error_set(err, EIO, "plugin %s: status %d%s%.*s", call->type,
			 WEXITSTATUS(answer->wait_status), n > 0 ? ": " : ", without a word", n,
			 line);
}

static const char *const *make_environment(struct arena *arena, const struct network_call *call,
					   const struct found *program)
{
	const char **items = arena_array(arena, 11, const char *);
	size_t n = 0;

	if (items == NULL)
		return NULL;
	items[n++] = clean_path;
	items[n++] = "CNI_VERSION=0.1.0"; /* rkt says so, whatever the definition is of */
	items[n++] = arena_printf(arena, "CNI_COMMAND=%s", call->command);
	items[n++] = arena_printf(arena, "CNI_CONTAINERID=%s", call->container_id);
	items[n++] = arena_printf(arena, "CNI_NETNS=%s", call->netns);
	items[n++] = arena_printf(arena, "CNI_IFNAME=%s", call->interface);
	items[n++] = arena_printf(arena, "CNI_ARGS=%s", call->args);
	items[n++] = arena_printf(arena, "CNI_PATH=%s", path_for(arena, call, program));
	if (call->netns_ends)
		items[n++] = CNI_NETNS_ENDS "=1";
	if (call->netns_ended)
		items[n++] = CNI_NETNS_ENDED "=1";
	for (size_t i = 0; i < n; i++)
		if (items[i] == NULL)
			return NULL;
	return items;
}

int network_plugin_call(struct arena *arena, const struct network_call *call,
			const char **ret_answer, struct error *err)
{
	auto_program_answer struct program_answer answer = { .out.cap = NETWORK_ANSWER_MAX_BYTES,
							     .complaints.cap =
								 COMPLAINTS_MAX_BYTES };
	struct text *out = &answer.out;
	const char *argv[] = { NULL, NULL };
	struct program_run run = { .argv = argv,
				   .input = call->input,
				   .input_length = strlen(call->input),
				   .timeout_ms = call->plugins->timeout_ms,
				   .uninterruptible = strcmp(call->command, "DEL") == 0 };
	struct found program = { .path = NULL };
	int r = find_again(arena, call, &program, err);

	if (r < 0)
		return r;
	run.environment = make_environment(arena, call, &program);
	if (run.environment == NULL)
		return error_set(err, ENOMEM, "plugin %s: out of memory", call->type);
	argv[0] = run.path = program.path;
	r = program_run(&run, &answer, err);
	if (r < 0)
		return error_prefix(err, "plugin %s", call->type);
	if (answer.wait_status != 0)
		return explain_failure(arena, call, &answer, err);
	while (out->length > 0 && strchr(" \t\r\n", out->data[out->length - 1]) != NULL)
		out->length--;
	*ret_answer = arena_bytes(arena, text_string(out), out->length);
	return *ret_answer == NULL ? error_set(err, ENOMEM, "plugin %s: out of memory", call->type)
				   : 0;
}
