/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_resources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/kernel/path_in_root.h"
#include "common/mount/mount_tree.h"
#include "common/mount/volume.h"
#include "common/plan/seccomp_sets.h"
#include "common/supervisor/notify_relay.h"
#include "common/supervisor/prebuilt_filter.h"

/* The most that a host's /etc/resolv.conf or /etc/hosts may hold to be copied. */
#define ETC_MAX_BYTES        ((size_t)64 << 10)

#define CAP_SYS_ADMIN_NUMBER 21 /* <linux/capability.h> */

/* Ids of a user namespace's app, where the root's files say the host's. */
static void unmap_account(const struct plan *plan, struct account *account)
{
	if (!plan->own_user)
		return;
	if (account->uid >= plan->user_base && account->uid - plan->user_base < plan->user_count)
		account->uid -= plan->user_base;
	if (account->gid >= plan->user_base && account->gid - plan->user_base < plan->user_count)
		account->gid -= plan->user_base;
}

static bool has_variable(const struct plan_strings *environment, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < environment->n; i++) {
		if (strncmp(environment->items[i], name, length) == 0 &&
		    environment->items[i][length] == '=')
			return true;
	}
	return false;
}

/* SHELL, USER, LOGNAME and HOME in front, unless the manifest has them. */
static int assemble_environment(struct arena *arena, const struct plan_app *app,
				struct app_resources *resources)
{
	const struct account *account = &resources->account;
	const struct {
		const char *name, *value;
	} ours[] = { { "SHELL", account->shell },
		     { "USER", account->name },
		     { "LOGNAME", account->name },
		     { "HOME", account->home } };
	const char **all =
	    arena_array(arena, ARRAY_LENGTH(ours) + app->environment.n + 2, const char *);
	size_t n = 0;

	if (all == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LENGTH(ours); i++) {
		if (has_variable(&app->environment, ours[i].name))
			continue;
		all[n] = arena_printf(arena, "%s=%s", ours[i].name, ours[i].value);
		if (all[n++] == NULL)
			return -ENOMEM;
	}
	if (app->environment.n > 0)
		memcpy(all + n, app->environment.items, app->environment.n * sizeof(*all));
	if (resources->notify_tree >= 0)
		all[n + app->environment.n] = "NOTIFY_SOCKET=" NOTIFY_RELAY_TARGET;
	resources->environment = all;
	return 0;
}

/* A copy, as a program owns its instructions. */
static int copy_filter(const struct prebuilt_filter *filter, struct seccomp_program *ret)
{
	ret->instructions = calloc(filter->n, sizeof(*ret->instructions));
	if (ret->instructions == NULL)
		return -ENOMEM;
	memcpy(ret->instructions, filter->instructions, filter->n * sizeof(*ret->instructions));
	ret->n = filter->n;
	return 0;
}

static bool is_same(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static const struct prebuilt_filter *find_prebuilt(const struct plan_seccomp *seccomp,
						   unsigned guards)
{
	if (seccomp->known_set == NULL || seccomp->mode != PLAN_SECCOMP_ALLOW_LIST)
		return NULL;
	for (const struct prebuilt_filter *filter = prebuilt_filters; filter->set != NULL;
	     filter++) {
		if (filter->guards == guards && strcmp(filter->set, seccomp->known_set) == 0 &&
		    is_same(filter->errno_name, seccomp->errno_name))
			return filter;
	}
	return NULL;
}

static int make_filter(struct arena *arena, const struct plan_app *app,
		       struct app_resources *resources, struct error *err)
{
	const struct plan_seccomp *seccomp = &app->seccomp;
	struct seccomp_list list = { .allow = seccomp->mode == PLAN_SECCOMP_ALLOW_LIST,
				     .names = seccomp->calls.items,
				     .n_names = seccomp->calls.n,
				     .errno_name = seccomp->errno_name,
				     .guards = SECCOMP_GUARD_TERMINAL | SECCOMP_GUARD_SOCKETS };
	const struct prebuilt_filter *prebuilt;
	int r = 0;

	if (seccomp->mode == PLAN_SECCOMP_NONE)
		return 0;
	if ((app->capabilities & (UINT64_C(1) << CAP_SYS_ADMIN_NUMBER)) == 0)
		list.guards |= SECCOMP_GUARD_USER_NAMESPACES;
	if (app->protect_paths)
		list.guards |= SECCOMP_GUARD_DEVICES;
	prebuilt = find_prebuilt(seccomp, list.guards);
	if (prebuilt != NULL)
		r = copy_filter(prebuilt, &resources->seccomp);
	else if (seccomp->known_set != NULL)
		r = seccomp_set_calls(seccomp_set_find(seccomp->known_set), arena, &list.names,
				      &list.n_names);
	if (r < 0)
		return error_set(err, ENOMEM, "making the system call filter: out of memory");
	if (prebuilt != NULL)
		return 0;
	r = seccomp_compile(&list, &resources->seccomp, err);
	/* In a list of what is allowed, a call that does not exist changes nothing. */
	if (r == 0 && !list.allow && resources->seccomp.n_unknown > 0)
		return error_set(err, EINVAL,
				 "os/linux/seccomp-remove-set: no system call is called \"%s\"",
				 resources->seccomp.unknown);
	return r;
}

static int open_host_volume(const struct plan *plan, const struct plan_mount *mount,
			    const struct app_places *places, int *ret_tree, struct error *err)
{
	char share[PATH_MAX];

	if (places->shares != NULL &&
	    snprintf(share, sizeof(share), "%s/%s", places->shares, mount->volume) >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "volume %s: its name", mount->volume);
	return volume_open_host(
	    &(struct volume_source){ .name = mount->volume,
				     .path = places->shares != NULL ? share : mount->source,
				     .read_only = mount->read_only,
				     .recursive = mount->recursive,
				     .host_flags = !plan->own_api_file_systems,
				     .user_namespace = places->user_namespace },
	    ret_tree, err);
}

/* Whether what is copied from a root has the owners on disk that a pod's own users have. */
static bool is_owned_by_pod(const struct plan *plan, int directory)
{
	struct stat st;

	return plan->own_user && fstat(directory, &st) == 0 && st.st_uid >= plan->user_base &&
	       st.st_uid - plan->user_base < plan->user_count;
}

/* The image's directory that a volume starts as; FD_NONE: there is none, it starts empty. */
static int open_content(const struct plan_mount *mount, const struct app_places *places,
			int *ret_fd, struct error *err)
{
	int r;

	if (!mount->from_image)
		return 0;
	r = path_open(places->app_root, mount->target, O_RDONLY | O_DIRECTORY, ret_fd, err);
	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	error_clear(err);
	return 0;
}

static int open_volume(const struct plan *plan, const struct plan_mount *mount,
		       const struct app_places *places, int *ret_tree, struct error *err)
{
	auto_close int content = FD_NONE;
	struct volume_empty wanted = {
		.name = mount->volume,
		.owner = { .mode = mount->mode, .uid = mount->uid, .gid = mount->gid },
		.read_only = mount->read_only,
		.user_namespace = places->user_namespace,
	};
	int r;

	if (mount->kind == PLAN_MOUNT_HOST)
		return open_host_volume(plan, mount, places, ret_tree, err);
	r = open_content(mount, places, &content, err);
	if (r < 0)
		return error_prefix(err, "volume %s", mount->volume);
	wanted.content = content;
	if (content >= 0 && is_owned_by_pod(plan, content))
		wanted.user_namespace = FD_NONE;
	return volume_open_empty(places->empty_volumes, &wanted, ret_tree, err);
}

static int open_volumes(const struct plan *plan, const struct plan_app *app,
			const struct app_places *places, struct app_resources *resources,
			struct error *err)
{
	int r = 0;

	if (places->empty_volumes < 0 || app->n_mounts == 0)
		return 0;
	resources->volumes = malloc(app->n_mounts * sizeof(*resources->volumes));
	if (resources->volumes == NULL)
		return error_set(err, ENOMEM, "opening %zu volumes: out of memory", app->n_mounts);
	for (size_t i = 0; i < app->n_mounts; i++)
		resources->volumes[i] = FD_NONE;
	for (size_t i = 0; r == 0 && i < app->n_mounts; i++)
		r = open_volume(plan, &app->mounts[i], places, &resources->volumes[i], err);
	return r;
}

/* The host's own file: trusted as the host is, bounded all the same. */
static int read_host_file(struct arena *arena, int root, const char *path, const char **ret_content,
			  struct error *err)
{
	auto_text struct text text = { 0 };
	int r = path_read_file(root, path, ETC_MAX_BYTES, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		*ret_content = NULL;
		return 0;
	}
	if (r < 0)
		return r;
	*ret_content = arena_bytes(arena, text_string(&text), text.length);
	return *ret_content == NULL ? error_set(err, ENOMEM, "reading %s: out of memory", path) : 0;
}

static int read_etc_file(struct arena *arena, const struct plan_etc_file *file,
			 const struct app_places *places, struct app_etc_file *ret,
			 struct error *err)
{
	char of_stage0[32];

	(void)snprintf(of_stage0, sizeof(of_stage0), "/etc/rkt-%s", ret->name);
	ret->content = file->content;
	ret->if_missing = file->source == PLAN_ETC_GENERATED_IF_MISSING;
	if (file->source == PLAN_ETC_STAGE0)
		return read_host_file(arena, places->stage1_root, of_stage0, &ret->content, err);
	if (file->source == PLAN_ETC_HOST)
		return read_host_file(arena, places->host_root, ret->target, &ret->content, err);
	if (file->source == PLAN_ETC_KEEP || file->source == PLAN_ETC_NETWORKS)
		ret->content = NULL;
	return 0;
}

static int read_etc_files(struct arena *arena, const struct plan_app *app,
			  const struct app_places *places, struct app_resources *resources,
			  struct error *err)
{
	struct app_etc_file *files = resources->etc_files;
	int r;

	if (places->host_root < 0)
		return 0;
	files[0] = (struct app_etc_file){ .name = "hosts", .target = "/etc/hosts" };
	files[1] = (struct app_etc_file){ .name = "resolv.conf", .target = "/etc/resolv.conf" };
	files[2] = (struct app_etc_file){ .name = "hostname", .target = "/etc/hostname" };
	r = read_etc_file(arena, &app->hosts, places, &files[0], err);
	if (r == 0)
		r = read_etc_file(arena, &app->resolv_conf, places, &files[1], err);
	if (r == 0)
		r = read_etc_file(arena, &app->hostname, places, &files[2], err);
	return r;
}

void app_resources_take_dns(struct app_resources *resources, const char *resolv_conf)
{
	struct app_etc_file *file = &resources->etc_files[1];

	if (resources->app->resolv_conf.source != PLAN_ETC_NETWORKS || file->name == NULL)
		return;
	file->content = resolv_conf;
	file->before_volume = true;
}

static int open_all(struct arena *arena, const struct plan *plan, const struct app_places *places,
		    struct app_resources *resources, struct error *err)
{
	const struct plan_app *app = resources->app;
	int r;

	r = account_resolve(arena, places->app_root,
			    &(struct account_names){ .user = app->user, .group = app->group },
			    &resources->account, err);
	if (r < 0)
		return r;
	unmap_account(plan, &resources->account);
	if (places->notify_file >= 0)
		r = mount_tree_clone(places->notify_file, MOUNT_TREE_TOP, &resources->notify_tree,
				     err);
	if (r < 0)
		return r;
	if (assemble_environment(arena, app, resources) < 0)
		return error_set(err, ENOMEM, "assembling the environment: out of memory");
	r = make_filter(arena, app, resources, err);
	if (r == 0)
		r = open_volumes(plan, app, places, resources, err);
	if (r == 0)
		r = read_etc_files(arena, app, places, resources, err);
	return r;
}

int app_resources_open(struct arena *arena, const struct plan *plan,
		       const struct app_places *places, struct app_resources *resources,
		       struct error *err)
{
	int r;

	*resources = (struct app_resources){ .app = resources->app, .notify_tree = FD_NONE };
	r = open_all(arena, plan, places, resources, err);
	if (r < 0) {
		app_resources_release(resources);
		return error_prefix(err, "app %s", resources->app->name);
	}
	return 0;
}

void app_resources_release(struct app_resources *resources)
{
	for (size_t i = 0; resources->volumes != NULL && i < resources->app->n_mounts; i++)
		cleanup_close(&resources->volumes[i]);
	free(resources->volumes);
	resources->volumes = NULL;
	cleanup_close(&resources->notify_tree);
	seccomp_program_release(&resources->seccomp);
	cgroup_app_release(&resources->cgroup);
}
