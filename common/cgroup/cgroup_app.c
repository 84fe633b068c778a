/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_app.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_name.h"

/* Opens the app's cgroup in one hierarchy and adds it. */
static int add_item(const struct cgroup_pod_item *of_pod, const char *directory,
		    struct cgroup_app *app, struct error *err)
{
	auto_close int fd =
	    openat(of_pod->slice_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int procs_fd;

	if (fd < 0)
		return error_from_errno(err, "opening the cgroup %s", directory);
	procs_fd = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (procs_fd < 0)
		return error_from_errno(err, "opening cgroup.procs of %s", directory);
	app->items[app->n].manager = of_pod->manager;
	app->items[app->n].controllers = of_pod->controllers;
	app->items[app->n].fd = take_fd(&fd);
	app->items[app->n].procs_fd = procs_fd;
	app->n++;
	return 0;
}

static int set_rules(const struct cgroup_pod_item *of_pod, int fd, bool is_new,
		     const struct cgroup_app_request *request, struct error *err)
{
	const struct cgroup_manager *manager = of_pod->manager;
	uint32_t controllers = of_pod->controllers;
	int r = manager->set_limits(fd, controllers, &request->limits, err);

	if (r == 0 && is_new)
		r = manager->set_app_rules(fd, controllers, err);
	if (r == 0 && request->device_policy && (controllers & CGROUP_DEVICES) != 0)
		r = manager->set_devices(fd, err);
	return r;
}

static int make_item(const struct cgroup_pod_item *of_pod, const char *directory,
		     const struct cgroup_app_request *request, struct cgroup_app *app,
		     struct error *err)
{
	bool is_new = mkdirat(of_pod->slice_fd, directory, 0755) == 0;
	int r;

	if (!is_new && (errno != EEXIST || !request->may_exist))
		return error_from_errno(err, "making the cgroup %s", directory);
	r = add_item(of_pod, directory, app, err);
	if (r == 0)
		r = set_rules(of_pod, app->items[app->n - 1].fd, is_new, request, err);
	if (r < 0)
		(void)unlinkat(of_pod->slice_fd, directory, AT_REMOVEDIR);
	return r;
}

/* Whether every limit and policy has a hierarchy that enforces it. */
static int check_controllers(const struct cgroup_pod *pod, const struct cgroup_app_request *request,
			     struct error *err)
{
	uint32_t missing = cgroup_limits_controllers(&request->limits);
	auto_text struct text names = { 0 };

	missing |= request->device_policy ? CGROUP_DEVICES : 0;
	for (size_t i = 0; i < pod->n; i++)
		missing &= ~pod->items[i].controllers;
	if (missing == 0)
		return 0;
	(void)cgroup_controllers_write(missing, &names);
	return error_set(err, ENOTSUP, "the pod has no cgroup with the controllers %s",
			 text_string(&names));
}

int cgroup_app_create(const struct cgroup_pod *pod, const struct cgroup_app_request *request,
		      struct cgroup_app *ret, struct error *err)
{
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	char directory[CGROUP_APP_NAME_SIZE];
	int r = cgroup_app_name(request->name, directory, err);

	if (r == 0)
		r = check_controllers(pod, request, err);
	for (size_t i = 0; r == 0 && i < pod->n; i++) {
		r = make_item(&pod->items[i], directory, request, &app, err);
		/* What was made before goes as well; what was there before stays. */
		for (size_t j = 0; r < 0 && j < i; j++)
			(void)unlinkat(pod->items[j].slice_fd, directory, AT_REMOVEDIR);
	}
	if (r < 0)
		return error_prefix(err, "app %s", request->name);
	*ret = app;
	app.n = 0;
	return 0;
}

int cgroup_app_open(const struct cgroup_pod *pod, const char *name, struct cgroup_app *ret,
		    struct error *err)
{
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	char directory[CGROUP_APP_NAME_SIZE];
	int r = cgroup_app_name(name, directory, err);

	for (size_t i = 0; r == 0 && i < pod->n; i++)
		r = add_item(&pod->items[i], directory, &app, err);
	if (r < 0)
		return error_prefix(err, "app %s", name);
	*ret = app;
	app.n = 0;
	return 0;
}

int cgroup_app_clone_fd(const struct cgroup_app *app)
{
	return app->n > 0 && app->items[0].manager->version == 2 ? app->items[0].fd : FD_NONE;
}

int cgroup_app_join(const struct cgroup_app *app, bool born_inside, struct error *err)
{
	for (size_t i = born_inside ? 1 : 0; i < app->n; i++) {
		if (write(app->items[i].procs_fd, "0", 1) < 0)
			return error_from_errno(err, "joining the cgroup of the app");
	}
	return 0;
}

void cgroup_app_release(struct cgroup_app *app)
{
	for (size_t i = 0; i < app->n; i++) {
		cleanup_close(&app->items[i].fd);
		cleanup_close(&app->items[i].procs_fd);
	}
	app->n = 0;
}
