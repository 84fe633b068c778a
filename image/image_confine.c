/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/syscall.h"
#include "image/confine_filter.h"
#include "image/image_extract.h"
#include "image/image_id.h"

#define DEFAULT_MEMORY_BYTES ((uint64_t)1 << 30)
#define DEFAULT_CPU_SECONDS  3600
#define MAX_FDS              64

/* libcrypto reads its configuration when it is first used: while it still can. */
static int wake_libcrypto(struct error *err)
{
	struct image_hasher hasher = { 0 };
	struct image_id id;
	int r = image_hasher_begin(&hasher);

	r = r < 0 ? r : image_hasher_end(&hasher, &id);
	image_hasher_release(&hasher);
	return r < 0 ? error_set(err, -r, "preparing libcrypto: %s", strerror(-r)) : 0;
}

/* Makes the target, as a mount without set-id, devices and programs, all there is. */
static int enter_target(int target_fd, bool read_only, struct error *err)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			    (read_only ? MOUNT_ATTR_RDONLY : 0),
	};
	struct mount_attr private = { .propagation = MS_PRIVATE };
	auto_close int tree = FD_NONE;

	/* The working directory follows into the new namespace; an fd would stay in the old one. */
	if (fchdir(target_fd) < 0)
		return error_from_errno(err, "entering the extraction's target");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return error_from_errno(err, "making namespaces for the extraction");
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) < 0)
		return error_from_errno(err, "keeping the extraction's mounts to itself");
	tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return error_from_errno(err, "cloning the mount of the extraction's target");
	if (move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_from_errno(err, "mounting the extraction's target");
	if (fchdir(tree) < 0 || syscall_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		return error_from_errno(err, "making the target the extraction's root");
	return 0;
}

static int set_limit(__rlimit_resource_t resource, uint64_t value, const char *name,
		     struct error *err)
{
	struct rlimit limit = { .rlim_cur = value, .rlim_max = value };
	struct rlimit old;

	/* A lower one that is there already stays. */
	if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
		limit = (struct rlimit){ old.rlim_max, old.rlim_max };
	if (setrlimit(resource, &limit) < 0)
		return error_from_errno(err, "limiting the extraction's %s", name);
	return 0;
}

static int set_limits(const struct image_confine_limits *limits, struct error *err)
{
	uint64_t memory = limits->memory_bytes > 0 ? limits->memory_bytes : DEFAULT_MEMORY_BYTES;
	uint64_t file = limits->file_bytes > 0 ? limits->file_bytes : IMAGE_MAX_BYTES;
	uint64_t cpu = limits->cpu_seconds > 0 ? limits->cpu_seconds : DEFAULT_CPU_SECONDS;
	int r;

	/* A file that is too large shall be an error with a text, not a death. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return error_from_errno(err, "ignoring SIGXFSZ");
	r = set_limit(RLIMIT_FSIZE, file, "file size", err);
	r = r < 0 ? r : set_limit(RLIMIT_CPU, cpu, "time", err);
	r = r < 0 ? r : set_limit(RLIMIT_NOFILE, MAX_FDS, "open files", err);
	r = r < 0 ? r : set_limit(RLIMIT_CORE, 0, "core dumps", err);
#ifndef RKT_SANITIZED
	/* AddressSanitizer's shadow alone is larger than any sensible limit. */
	r = r < 0 ? r : set_limit(RLIMIT_AS, memory, "memory", err);
#endif
	(void)memory;
	return r;
}

/* What it takes to write any file with any owner, mode and file capability. */
static int drop_capabilities(const struct image_confine_limits *limits, struct error *err)
{
	const uint32_t writing = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
				 1U << CAP_FSETID | 1U << CAP_SETFCAP |
				 (limits->allow_devices ? 1U << CAP_MKNOD : 0);
	const uint32_t kept = limits->read_only ? 1U << CAP_DAC_READ_SEARCH : writing;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	/* All of these are below 32; CAP_SETFCAP is 31. */
	struct __user_cap_data_struct data[2] = { { .effective = kept, .permitted = kept } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_from_errno(err, "giving up new privileges");
	if (syscall(SYS_capset, &header, data) < 0)
		return error_from_errno(err, "dropping capabilities");
	return 0;
}

int image_confine_reader(struct error *err)
{
	static const struct image_confine_limits defaults;
	int r = wake_libcrypto(err);

	r = r < 0 ? r : set_limits(&defaults, err);
	/* Opening is what its descriptors spare it; the pipe and the archive are open. */
	r = r < 0 ? r : set_limit(RLIMIT_NOFILE, 0, "open files", err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_from_errno(err, "giving up new privileges");
	return confine_filter_load(false, err);
}

int image_confine(int target_fd, const struct image_confine_limits *limits, int *ret_target,
		  struct error *err)
{
	static const struct image_confine_limits defaults;
	auto_close int root = FD_NONE;
	int r;

	if (limits == NULL)
		limits = &defaults;
	r = wake_libcrypto(err);
	r = r < 0 ? r : enter_target(target_fd, limits->read_only, err);
	if (r < 0)
		return r;
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_from_errno(err, "opening the extraction's root");
	r = set_limits(limits, err);
	r = r < 0 ? r : drop_capabilities(limits, err);
	r = r < 0 ? r : confine_filter_load(limits->threads, err);
	if (r < 0)
		return r;
	*ret_target = take_fd(&root);
	return 0;
}
