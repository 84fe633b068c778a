/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/mount/mount_tree.h"
#include "common/privilege/capability.h"
#include "common/privilege/credentials.h"
#include "common/privilege/no_new_privileges.h"
#include "common/privilege/rlimit.h"

#define HOME_BYTES   ((uint64_t)16 << 20)
#define MEMORY_BYTES ((uint64_t)1 << 30)
#define CPU_SECONDS  3600
#define PROCESSES    16 /* of a user that nobody else is; threads count, too */

static int write_map(const char *path, uint32_t id, struct error *err)
{
	char map[40];

	(void)snprintf(map, sizeof(map), "%u %u 1\n", id, id);
	return file_write_at(AT_FDCWD, path, map, err);
}

/* A namespace of a caller who is not root, in which he is nobody else: 1, 0 it is not allowed here.
 */
static int enter_user_namespace(struct error *err)
{
	uint32_t uid = geteuid(), gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return 0;
	r = file_write_at(AT_FDCWD, "/proc/self/setgroups", "deny", err);
	if (r == 0)
		r = write_map("/proc/self/uid_map", uid, err);
	if (r == 0)
		r = write_map("/proc/self/gid_map", gid, err);
	return r < 0 ? r : 1;
}

static int confine_mounts(enum jail_kind kind, struct error *err)
{
	const struct mount_tree_attr read_only = { .read_only = true };
	const struct mount_tree_tmpfs wanted = {
		.size_bytes = HOME_BYTES,
		.mode = 01777,
		.attr = { .no_suid = true, .no_dev = true, .no_exec = true },
	};
	int isolated = kind == JAIL_OPENPGP ? CLONE_NEWNET | CLONE_NEWIPC : 0;
	auto_close int root = FD_NONE, home = FD_NONE;
	int r;

	if (unshare(CLONE_NEWNS | isolated) < 0)
		return error_from_errno(err, "making namespaces");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_from_errno(err, "opening /");
	r = mount_tree_confine(root, &read_only, MOUNT_TREE_ALL, MOUNT_TREE_PRIVATE, err);
	if (r < 0 || kind != JAIL_OPENPGP)
		return r;
	r = mount_tree_tmpfs(&wanted, &home, err);
	return r < 0 ? r : mount_tree_attach(home, root, &JAIL_HOME[1], err);
}

static int set_limits(struct error *err)
{
	static const struct rlimit_value limits[] = {
		{ RLIMIT_CORE, 0, 0 },
		{ RLIMIT_NOFILE, 256, 256 },
		{ RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS },
		{ RLIMIT_NPROC, PROCESSES, PROCESSES },
		{ RLIMIT_FSIZE, HOME_BYTES, HOME_BYTES },
#ifndef RKT_SANITIZED
		/* AddressSanitizer's shadow alone is larger than any sensible limit. */
		{ RLIMIT_AS, MEMORY_BYTES, MEMORY_BYTES },
#endif
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(limits) && r == 0; i++) {
		/* A user who is not root has other processes. */
		if (limits[i].resource == RLIMIT_NPROC && geteuid() != 0)
			continue;
		r = rlimit_set(&limits[i], err);
	}
	return r;
}

static const int forbidden[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(kill),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(tkill),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(kexec_load),
	SCMP_SYS(init_module),
	SCMP_SYS(personality),
	SCMP_SYS(finit_module),
	SCMP_SYS(pidfd_send_signal),
};

/* glibc makes threads by clone3, and by clone where there is none; a filter can look into that. */
static int add_thread_rules(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (r < 0)
		return r;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

static int load_filter(struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter == NULL ? -ENOMEM : add_thread_rules(filter);

	for (size_t i = 0; i < ARRAY_LENGTH(forbidden) && r == 0; i++)
		if (forbidden[i] >= 0) /* negative: a call that this architecture does not have */
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? error_set(err, -r, "loading a system call filter: %s", strerror(-r)) : 0;
}

/* After the change of user, which would undo it. */
static int end_with_parent(pid_t parent, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_from_errno(err, "tying rkt-fetch to rkt");
	if (getppid() != parent)
		return error_set(err, ESRCH, "rkt has ended");
	return 0;
}

int jail_enter(enum jail_kind kind, struct error *err)
{
	uint32_t id = JAIL_FIRST_UID + (uint32_t)getpid();
	const struct credentials nobody = { .uid = id, .gid = id };
	bool is_root = geteuid() == 0;
	pid_t parent = getppid();
	int r = 0;

	/* A write beyond a limit shall be an error with a text, not a death. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return error_from_errno(err, "ignoring signals");
	r = is_root || kind != JAIL_OPENPGP ? is_root : enter_user_namespace(err);
	if (r > 0)
		r = confine_mounts(kind, err);
	r = r < 0 ? r : set_limits(err);
	if (r == 0 && !is_root)
		r = capability_hold(0, err);
	if (r == 0 && is_root)
		r = credentials_set(&nobody, false, err);
	r = r < 0 ? r : no_new_privileges_set(err);
	r = r < 0 ? r : end_with_parent(parent, err);
	if (r == 0 && kind == JAIL_NETWORK)
		r = load_filter(err);
	return r < 0 ? error_prefix(err, "confining rkt-fetch") : 0;
}
