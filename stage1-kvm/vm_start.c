/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest is booted once for all pods of its size, saved while it waits for orders, and
 * from then on restored.  What cannot be restored, or goes wrong on the way, is booted cold.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "stage1-kvm/guest_files.h"
#include "stage1-kvm/template/monitor.h"
#include "stage1-kvm/template/template_store.h"
#include "stage1-kvm/vm_launch.h"
#include "stage1-kvm/waking.h"

/* How long a guest may take to come up, a saved one to be loaded, and then to answer, in ms.  It
 * answers within 0.1 s on an idle machine. */
static const int boot_ms = 60000;
static const int load_ms = 20000;
static const int wake_ms = 6000;

/* To be changed with what vm.c gives to the hypervisor beside vm_machine and vm_command_line. */
#define ARGUMENTS_VERSION "1"

#define STATE(command)                                                                             \
	"{\"execute\":\"" command "\",\"arguments\":{\"uri\":\"fd:" MONITOR_FD "\"}}\n"

#define CAPABILITIES                                                                               \
	"{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["              \
	"{\"capability\":\"x-ignore-shared\",\"state\":true},"                                     \
	"{\"capability\":\"events\",\"state\":true}]}}\n"

static bool has_disks(const struct pod_run *run)
{
	char path[512];

	for (size_t i = 0; i < run->plan->n_apps; i++) {
		int n = snprintf(path, sizeof(path), "appsinfo/%s/image.squashfs",
				 run->plan->apps[i].name);

		if (n < 0 || n >= (int)sizeof(path) ||
		    faccessat(run->pod_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
	}
	return true;
}

const char *vm_cold_reason(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		for (size_t j = 0; j < plan->apps[i].n_mounts; j++) {
			if (plan->apps[i].mounts[j].kind == PLAN_MOUNT_HOST)
				return "volumes of the host are no part of a saved guest";
		}
	}
	return NULL;
}

static int add_guest(struct template_key *key, const struct pod_run *run, const char *path,
		     struct error *err)
{
	auto_close int fd = openat(run->pod_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	return template_key_add_content(key, fd, err);
}

static int fill_key(struct template_key *key, const struct pod_run *run, const struct size *size,
		    struct error *err)
{
	uint64_t numbers[] = { size->memory_bytes, size->cpus, run->plan->n_apps };
	int r = add_guest(key, run, GUEST_KERNEL, err);

	if (r == 0)
		r = add_guest(key, run, GUEST_ROOT, err);
	if (r == 0)
		r = template_key_add_identity(key, VM_PROGRAM, err);
	if (r < 0)
		return r;
	template_key_add_text(key, ARGUMENTS_VERSION);
	template_key_add_text(key, vm_machine);
	template_key_add_text(key, vm_command_line);
	template_key_add(key, numbers, sizeof(numbers));
	return 0;
}

static int name_template(const struct pod_run *run, const struct size *size,
			 char ret[TEMPLATE_KEY_SIZE], struct error *err)
{
	struct template_key *key = template_key_new();
	int r;

	if (key == NULL)
		return error_set(err, ENOMEM, "naming a template: out of memory");
	r = fill_key(key, run, size, err);
	if (r == 0)
		template_key_digest(key, ret);
	template_key_free(key);
	return r;
}

static int save(const struct vm *vm, int control, int state, struct error *err)
{
	struct monitor monitor = { .fd = control, .deadline_ms = deadline_after_ms(boot_ms) };
	int r = monitor_open(&monitor, err);

	if (r == 0)
		r = waking_await_hello(vm->channel_fd, monitor.deadline_ms, err);
	if (r == 0)
		r = monitor_execute(&monitor, "{\"execute\":\"stop\"}\n", err);
	if (r == 0)
		r = monitor_execute(&monitor, CAPABILITIES, err);
	if (r == 0)
		r = monitor_give_fd(&monitor, state, err);
	if (r == 0)
		r = monitor_execute(&monitor, STATE("migrate"), err);
	return r < 0 ? r : monitor_await(&monitor, "MIGRATION", "completed", err);
}

static int load(int control, int state, struct error *err)
{
	struct monitor monitor = { .fd = control, .deadline_ms = deadline_after_ms(load_ms) };
	int r = monitor_open(&monitor, err);

	if (r == 0)
		r = monitor_execute(&monitor, CAPABILITIES, err);
	if (r == 0)
		r = monitor_give_fd(&monitor, state, err);
	if (r == 0)
		r = monitor_execute(&monitor, STATE("migrate-incoming"), err);
	if (r == 0)
		r = monitor_await(&monitor, "MIGRATION", "completed", err);
	/* It was stopped when it was saved. */
	return r < 0 ? r : monitor_execute(&monitor, "{\"execute\":\"cont\"}\n", err);
}

static int make_template(const struct vm_launch *wanted, int store, const char *key,
			 struct error *err)
{
	struct template_draft draft = TEMPLATE_DRAFT_NONE;
	struct vm vm = VM_NONE;
	auto_close int monitor = FD_NONE;
	struct vm_launch launch = *wanted;
	int r = template_draft_open(store, wanted->size->memory_bytes, &draft, err);

	if (r < 0)
		return r;
	launch.way = VM_SAVE;
	launch.memory = draft.files.memory;
	r = vm_launch(&launch, &vm, &monitor, err);
	if (r == 0)
		r = save(&vm, monitor, draft.files.state, err);
	if (r < 0)
		vm_add_console(&vm, err);
	vm_release(&vm);
	if (r == 0)
		r = template_draft_keep(&draft, key, err);
	template_draft_release(&draft);
	return r < 0 ? error_prefix(err, "making a template") : 0;
}

static int find_template(const struct vm_launch *wanted, int store, const char *key,
			 struct template_files *ret, struct error *err)
{
	int r = template_store_find(store, key, ret, err);

	if (r != -ENOENT && r != -EBADMSG)
		return r;
	error_clear(err);
	r = make_template(wanted, store, key, err);
	return r < 0 ? r : template_store_find(store, key, ret, err);
}

static int restore_from(const struct vm_launch *wanted, const struct template_files *files,
			struct vm *ret, struct error *err)
{
	auto_close int monitor = FD_NONE;
	struct vm_launch launch = *wanted;
	struct vm vm = VM_NONE;
	int r;

	launch.way = VM_RESTORE;
	launch.memory = files->memory;
	r = vm_launch(&launch, &vm, &monitor, err);
	if (r == 0)
		r = load(monitor, files->state, err);
	if (r == 0)
		r = waking_wake(vm.channel_fd, deadline_after_ms(wake_ms), err);
	if (r < 0) {
		vm_add_console(&vm, err);
		vm_release(&vm);
		return error_prefix(err, "restoring it");
	}
	vm.restored = true;
	*ret = vm;
	return 0;
}

/* 0: it runs; else err says why it has to be booted. */
static int restore(const struct vm_launch *wanted, struct vm *ret, struct error *err)
{
	auto_close int store = FD_NONE;
	struct template_files files = TEMPLATE_FILES_NONE;
	char key[TEMPLATE_KEY_SIZE];
	int r = template_store_open(wanted->run->pod_fd, &store, err);

	if (r == 0)
		r = name_template(wanted->run, wanted->size, key, err);
	if (r == 0)
		r = find_template(wanted, store, key, &files, err);
	if (r < 0)
		return r;
	r = restore_from(wanted, &files, ret, err);
	template_files_close(&files);
	if (r < 0) { /* nobody else should try */
		struct error ignored = { 0 };

		result_ignored(template_store_remove(store, key, &ignored));
	}
	return r;
}

/* Slower and larger than others of its kind: said unless it is meant, or another pod's turn. */
static void tell_cold(const struct pod_run *run, const struct error *reason)
{
	if (reason->code != EPERM && reason->code != EBUSY)
		(void)dprintf(STDERR_FILENO,
			      "%s: warning: the machine is booted, not restored: %s\n",
			      run->program, reason->text);
}

int vm_start(const struct pod_run *run, const struct size *size, const struct cgroup_app *cgroup,
	     struct vm *ret, struct error *err)
{
	const struct vm_launch cold = {
		.run = run, .size = size, .cgroup = cgroup, .way = VM_COLD, .memory = FD_NONE
	};
	struct error reason = { 0 };
	int none;

	if (vm_cold_reason(run->plan) == NULL && has_disks(run)) {
		if (restore(&cold, ret, &reason) == 0)
			return 0;
		tell_cold(run, &reason);
	}
	return vm_launch(&cold, ret, &none, err);
}
