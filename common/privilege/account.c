/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/parse.h"
#include "common/base/text.h"
#include "common/kernel/path_in_root.h"
#include "common/privilege/account_file.h"

#define DEFAULT_HOME  "/"
#define DEFAULT_SHELL "/bin/sh"
#define SHOWN_MAX     100 /* of a name, in messages: what is wrong with it follows */

/* A specification and how far it was understood. */
struct named {
	const char *kind; /* "user", "group": for messages */
	const char *file;
	const char *spec;
};

/* Reads a root's file; one that is missing is an empty one. */
static int read_accounts(int root_fd, const char *file, struct text *ret, struct error *err)
{
	struct error mine = { 0 };
	int r = path_read_file(root_fd, file, ACCOUNT_MAX_FILE, ret, &mine);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0 && err != NULL)
		*err = mine;
	return r < 0 ? r : 0;
}

static const char *shown_rest(const char *spec)
{
	return strlen(spec) > SHOWN_MAX ? "..." : "";
}

/* Who owns a file of the root: "/path". */
static int owner_of(int root_fd, const struct named *named, struct stat *ret, struct error *err)
{
	int r = path_stat(root_fd, named->spec, ret, err);

	if (r == -ENOENT || r == -ENOTDIR)
		return error_set(
		    err, ENOENT,
		    "\"%.*s%s\" %s not found: no such file or directory in the app's root",
		    SHOWN_MAX, named->spec, shown_rest(named->spec), named->kind);
	return r < 0
		   ? error_prefix(err, "looking for the %s that owns %s", named->kind, named->spec)
		   : 0;
}

/* What is left when no name fits; root needs no entry. */
static int as_number(const struct named *named, uint32_t *ret, struct error *err)
{
	int r = parse_id(named->spec, ret);

	if (r < 0 && strcmp(named->spec, "root") == 0) {
		*ret = 0;
		return 0;
	}
	if (r == -ERANGE)
		return error_set(err, EINVAL, "%s %s: not within 0 and %" PRIu32, named->kind,
				 named->spec, (uint32_t)PARSE_ID_MAX);
	if (r < 0)
		return error_set(
		    err, ENOENT, "\"%.*s%s\" %s not found: not in the app's %s, and no number",
		    SHOWN_MAX, named->spec, shown_rest(named->spec), named->kind, named->file);
	return 0;
}

/* The entry for the name, else the first for the uid (name NULL); false: none. */
static bool find_user(const struct text *passwd, const char *name, uint32_t uid,
		      struct arena *arena, struct account_user *ret)
{
	char *rest = arena_string(arena, text_string(passwd));

	while (rest != NULL && account_file_next_user(&rest, ret)) {
		if (name != NULL ? strcmp(ret->name, name) == 0 : ret->uid == uid)
			return true;
	}
	return false;
}

static bool find_group(const struct text *groups, const char *name, struct arena *arena,
		       struct account_group *ret)
{
	char *rest = arena_string(arena, text_string(groups));

	while (rest != NULL && account_file_next_group(&rest, ret)) {
		if (strcmp(ret->name, name) == 0)
			return true;
	}
	return false;
}

static const char *or_default(const char *text, const char *fallback)
{
	return text[0] == '\0' ? fallback : text;
}

/* No entry: what a program can do with. */
static int invent(struct arena *arena, uint32_t uid, struct account *ret)
{
	ret->uid = uid;
	ret->gid = 0;
	ret->name = uid == 0 ? "root" : arena_printf(arena, "%" PRIu32, uid);
	ret->home = uid == 0 ? "/root" : DEFAULT_HOME;
	ret->shell = DEFAULT_SHELL;
	return ret->name == NULL ? -ENOMEM : 0;
}

static int resolve_user(struct arena *arena, int root_fd, const char *spec, struct account *ret,
			struct error *err)
{
	const struct named named = { .kind = "user", .file = "/etc/passwd", .spec = spec };
	auto_text struct text passwd = { 0 };
	struct account_user user;
	struct stat info;
	uint32_t uid = 0;
	bool found = false;
	int r = read_accounts(root_fd, named.file, &passwd, err);

	if (r < 0)
		return r;
	if (spec[0] == '/') {
		r = owner_of(root_fd, &named, &info, err);
		uid = r < 0 ? 0 : info.st_uid;
	} else {
		found = find_user(&passwd, spec, 0, arena, &user);
		r = found ? 0 : as_number(&named, &uid, err);
	}
	if (r < 0)
		return r;
	if (!found && !find_user(&passwd, NULL, uid, arena, &user)) {
		if (invent(arena, uid, ret) < 0)
			return error_set(err, ENOMEM, "looking for user %s: out of memory", spec);
		return 0;
	}
	*ret = (struct account){
		.uid = user.uid,
		.gid = user.gid,
		.name = user.name,
		.home = or_default(user.home, DEFAULT_HOME),
		.shell = or_default(user.shell, DEFAULT_SHELL),
	};
	return 0;
}

static int resolve_group(struct arena *arena, int root_fd, const char *spec, uint32_t *ret,
			 struct error *err)
{
	const struct named named = { .kind = "group", .file = "/etc/group", .spec = spec };
	auto_text struct text groups = { 0 };
	struct account_group group;
	struct stat info;
	int r;

	if (spec[0] == '/') {
		r = owner_of(root_fd, &named, &info, err);
		if (r == 0)
			*ret = info.st_gid;
		return r;
	}
	r = read_accounts(root_fd, named.file, &groups, err);
	if (r < 0)
		return r;
	if (!find_group(&groups, spec, arena, &group))
		return as_number(&named, ret, err);
	*ret = group.gid;
	return 0;
}

int account_resolve(struct arena *arena, int root_fd, const struct account_names *names,
		    struct account *ret, struct error *err)
{
	struct account account;
	int r = resolve_user(arena, root_fd, names->user, &account, err);

	if (r == 0 && names->group[0] != '\0')
		r = resolve_group(arena, root_fd, names->group, &account.gid, err);
	if (r < 0)
		return r;
	*ret = account;
	return 0;
}
