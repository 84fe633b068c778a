/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest is booted once for all pods of its size, saved while it waits for orders, and
 * from then on restored.  What cannot be restored, or goes wrong on the way, is booted cold.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "stage1-kvm/guest_files.h"
#include "stage1-kvm/template/template_store.h"
#include "stage1-kvm/vm_disks.h"
#include "stage1-kvm/vm_launch.h"
#include "stage1-kvm/waking.h"
#include "stage1-kvm/writable_disk.h"

/* How long a guest may take to come up, and a saved one to answer, in ms.  It does within 0.1 s on
 * an idle machine. */
static const int boot_ms = 60000;
static const int wake_ms = 4000;

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

/* What was changed by hand has another time: it gets a template of its own, and is compared for
 * that. */
static int add_time(struct template_key *key, const struct pod_run *run, const char *path,
		    struct error *err)
{
	struct stat status;
	uint64_t facts[3];

	if (fstatat(run->pod_fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "looking at %s", path);
	facts[0] = (uint64_t)status.st_size;
	facts[1] = (uint64_t)status.st_mtim.tv_sec;
	facts[2] = (uint64_t)status.st_mtim.tv_nsec;
	template_key_add(key, facts, sizeof(facts));
	return 0;
}

/* By the digests of the build: reading 20 MB at each start would be a tenth of it. */
static int add_guest(struct template_key *key, const struct pod_run *run, struct error *err)
{
	static const char *const files[] = { GUEST_KERNEL, GUEST_ROOT, GUEST_DISK };
	auto_close int fd = openat(run->pod_fd, GUEST_DIGESTS, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening " GUEST_DIGESTS);
	r = template_key_add_content(key, fd, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(files); i++)
		r = add_time(key, run, files[i], err);
	return r;
}

/* The command line of the guest that is saved, whatever numbers its descriptors will have. */
static int add_command(struct template_key *key, const struct vm_launch *launch, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct hypervisor_command command = { .arena = &arena };
	const int disks[VM_DISKS_MAX] = { [0 ... VM_DISKS_MAX - 1] = FD_NONE };
	const struct hypervisor_machine machine = { .way = HYPERVISOR_SAVE,
						    .hardware = launch->accelerator->hardware,
						    .memory_bytes =
							launch->request->size->memory_bytes,
						    .cpus = launch->request->size->cpus,
						    .disks = disks,
						    .n_disks = launch->disks->n,
						    .nics = disks, /* no number counts */
						    .n_nics = launch->request->network->n };
	int r = launch->hypervisor->write_command(&machine, &command, err);

	for (size_t i = 0; r == 0 && i < command.n; i++)
		template_key_add_text(key, command.words[i]);
	return r;
}

static int fill_key(struct template_key *key, const struct vm_launch *launch, struct error *err)
{
	int r = add_guest(key, launch->request->run, err);

	if (r == 0)
		r = template_key_add_identity(key, launch->hypervisor->program, err);
	if (r == 0)
		r = add_command(key, launch, err);
	if (r == 0)
		accelerator_add_to_key(launch->accelerator, key);
	return r;
}

static int name_template(const struct vm_launch *launch, char ret[TEMPLATE_KEY_SIZE],
			 struct error *err)
{
	struct template_key *key = template_key_new();
	int r;

	if (key == NULL)
		return error_set(err, ENOMEM, "naming a template: out of memory");
	r = fill_key(key, launch, err);
	if (r == 0)
		template_key_digest(key, ret);
	template_key_free(key);
	return r;
}

static int make_template(const struct vm_launch *wanted, int store, const char *key,
			 struct error *err)
{
	struct template_draft draft = TEMPLATE_DRAFT_NONE;
	struct vm vm = VM_NONE;
	auto_close int control = FD_NONE;
	struct vm_launch launch = *wanted;
	int64_t deadline_ms = deadline_after_ms(boot_ms);
	int r = template_draft_open(store, wanted->request->size->memory_bytes, &draft, err);

	if (r < 0)
		return r;
	launch.way = HYPERVISOR_SAVE;
	launch.memory = draft.files.memory;
	launch.writable = draft.files.disk;
	r = writable_disk_format(draft.files.disk, wanted->request->run->pod_fd, err);
	if (r == 0)
		r = writable_disk_check_holes(draft.files.disk, err);
	if (r == 0)
		r = vm_launch(&launch, &vm, &control, err);
	if (r == 0)
		r = waking_await_hello(vm.channel_fd, deadline_ms, err);
	if (r == 0)
		r = wanted->hypervisor->save(control, draft.files.state, deadline_ms, err);
	if (r < 0)
		console_add_to_error(&vm.console, err);
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
	auto_close int disk = FD_NONE;
	struct vm_launch launch = *wanted;
	struct vm vm = VM_NONE;
	int none;
	int r = writable_disk_copy(wanted->request->run->pod_fd, files->disk, &disk, err);

	launch.way = HYPERVISOR_RESTORE;
	launch.memory = files->memory;
	launch.state = files->state;
	launch.writable = disk;
	if (r == 0)
		r = vm_launch(&launch, &vm, &none, err);
	if (r == 0)
		r = waking_wake(vm.channel_fd, vm.process.pid, wake_ms, err);
	if (r < 0) {
		console_add_to_error(&vm.console, err);
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
	int r = template_store_open(wanted->request->run->pod_fd, &store, err);

	if (r == 0)
		r = name_template(wanted, key, err);
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

/* One line at each run, unless an operator has said that he knows. */
static void tell_emulated(const struct pod_run *run, const struct accelerator *accelerator)
{
	if (!accelerator->hardware && !template_store_accepts_emulation(run->pod_fd))
		(void)dprintf(STDERR_FILENO,
			      "%s: warning: the machine is emulated, hence slow: %s (the file "
			      "vm-templates/emulated in the data directory silences this)\n",
			      run->program, accelerator->why_not.text);
}

/* A new disk to write to, or the one that its apps have written to before. */
static int boot(struct vm_launch *cold, bool anew, struct vm *ret, struct error *err)
{
	int pod_fd = cold->request->run->pod_fd;
	auto_close int disk = FD_NONE;
	int none;
	int r =
	    anew ? writable_disk_make(pod_fd, &disk, err) : writable_disk_open(pod_fd, &disk, err);

	cold->writable = disk;
	return r < 0 ? r : vm_launch(cold, ret, &none, err);
}

static bool has_written(const struct pod_run *run)
{
	return faccessat(run->pod_fd, WRITABLE_DISK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int vm_start(const struct vm_request *request, struct vm *ret, struct error *err)
{
	const struct pod_run *run = request->run;
	bool anew = !has_written(run);
	struct accelerator accelerator;
	struct vm_launch cold = { .request = request,
				  .accelerator = &accelerator,
				  .way = HYPERVISOR_COLD,
				  .memory = FD_NONE,
				  .state = FD_NONE,
				  .writable = FD_NONE };
	struct error reason = { 0 };
	struct vm_disks disks;
	int r = hypervisor_find(&cold.hypervisor, err);

	if (r < 0)
		return r;
	r = vm_disks_find(run->arena, run->pod_fd, run->plan, &disks, err);
	if (r < 0)
		return r;
	cold.disks = &disks;
	accelerator_choose(&accelerator);
	tell_emulated(run, &accelerator);
	/* A saved guest has a disk of its own mounted. */
	if (anew && vm_cold_reason(run->plan) == NULL && disks.is_whole) {
		if (restore(&cold, ret, &reason) == 0)
			return 0;
		tell_cold(run, &reason);
	}
	return boot(&cold, anew, ret, err);
}
