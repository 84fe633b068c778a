/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/boot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/network/loopback.h"
#include "common/process/child.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/guest/layer.h"

#define CGROUPS         "/sys/fs/cgroup"
#define PORT_WAIT_MS    10000

/* What a login has on ordinary distributions. */
#define OPEN_FILES_SOFT 1024
#define OPEN_FILES_HARD 524288

struct place {
	const char *type, *path, *options;
	unsigned long flags;
};

static int make_root_place(struct error *err)
{
	auto_close int run = open(GUEST_RUN, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (run < 0)
		return error_from_errno(err, "opening " GUEST_RUN);
	return file_make_directories(run, &GUEST_ROOT[strlen(GUEST_RUN "/")], 0755, err);
}

static int mount_places(struct error *err)
{
	static const struct place places[] = {
		{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
		{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
		{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID },
		{ "cgroup2", CGROUPS, "nsdelegate", MS_NOSUID | MS_NODEV | MS_NOEXEC },
		{ "tmpfs", GUEST_RUN, "mode=0755", MS_NOSUID | MS_NODEV },
		/* PID 1 of the pod makes this its root, so it is a mount. */
		{ "tmpfs", GUEST_ROOT, "mode=0755", MS_NOSUID | MS_NODEV },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		const struct place *place = &places[i];

		if (strcmp(place->path, GUEST_ROOT) == 0 && make_root_place(err) < 0)
			return -err->code;
		/* The kernel may have mounted /dev already. */
		if (mount(place->type, place->path, place->type, place->flags, place->options) <
			0 &&
		    errno != EBUSY)
			return error_from_errno(err, "mounting %s", place->path);
	}
	return 0;
}

static int make_places(struct error *err)
{
	static const char *const places[] = {
		"pts",
		"shm",
		NULL,
		"pod/stage1/rootfs/opt/stage2",
		"pod/stage1/rootfs/etc",
		"pod/stage1/rootfs/dev",
		"pod/stage1/rootfs/proc",
		"pod/stage1/rootfs/store",
		"pod/stage1/rootfs/sys",
		"pod/host/etc",
		"shares",
		"written",
	};
	auto_close int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int run = open(GUEST_RUN, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int at = dev;
	int r = 0;

	if (dev < 0 || run < 0)
		return error_from_errno(err, "opening " GUEST_RUN);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(places); i++) {
		if (places[i] == NULL)
			at = run;
		else
			r = file_make_directories(at, places[i], 0755, err);
	}
	return r;
}

/* The kernel gives us a console, or nothing at all. */
static int open_stdio(struct error *err)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return error_from_errno(err, "opening /dev/null");
	(void)close(fd);
	return 0;
}

/*
 * A machine is as big as its pod's limits, so a promise of memory cannot be held against it:
 * what is used counts, as in a cgroup of a bigger machine.
 */
static int promise_memory(struct error *err)
{
	auto_close int vm = open("/proc/sys/vm", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (vm < 0)
		return error_from_errno(err, "opening /proc/sys/vm");
	return file_write_at(vm, "overcommit_memory", "1", err);
}

/*
 * What the first pod would make the kernel do is done here, before the guest is saved: to account
 * for a first cgroup, code is patched, which an emulator then has to translate again.  Nobody is
 * ever in this one; it stays, since the last one's end would patch it back.
 */
static int prepare_cgroups(struct error *err)
{
	auto_close int root = open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return error_from_errno(err, "opening " CGROUPS);
	r = file_write_at(root, "cgroup.subtree_control", "+cpu +memory +pids +io", err);
	if (r == 0 && mkdirat(root, "kept", 0755) < 0)
		return error_from_errno(err, "making the cgroup kept");
	return r;
}

/*
 * The machine's one pod shares these with us.  They are not the kernel's first ones, whose numbers
 * are the same everywhere, so that they differ from the host's to whoever compares.
 */
static int prepare_namespaces(struct error *err)
{
	if (unshare(CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return error_from_errno(err, "making the namespaces of the machine");
	return 0;
}

/* For the processes of a first pid namespace the kernel makes a cache, which stays. */
static int prepare_pids(struct error *err)
{
	const struct child_options options = { .namespaces = CLONE_NEWPID, .cgroup_fd = FD_NONE };
	auto_child struct child child = CHILD_NONE;
	int wait_status;
	int r = child_start(&options, &child, err);

	if (r == 0)
		_exit(0);
	return r < 0 ? r : child_wait(&child, &wait_status, err);
}

int boot_mount(struct error *err)
{
	const struct rlimit open_files = { OPEN_FILES_SOFT, OPEN_FILES_HARD };
	int r;

	umask(0022);
	r = mount_places(err);
	if (r == 0)
		r = open_stdio(err);
	if (r == 0)
		r = promise_memory(err);
	if (r == 0)
		r = make_places(err);
	if (r == 0 && mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			    "newinstance,ptmxmode=0666,mode=0620") < 0)
		return error_from_errno(err, "mounting /dev/pts");
	if (r == 0 && setrlimit(RLIMIT_NOFILE, &open_files) < 0)
		return error_from_errno(err, "setting the limit of open files");
	if (r == 0)
		r = prepare_cgroups(err);
	if (r == 0)
		r = prepare_namespaces(err);
	if (r == 0)
		r = prepare_pids(err);
	return r < 0 ? r : loopback_bring_up(err);
}

static int make_directory(const char *path, struct error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s", path);
	return 0;
}

int boot_mount_written(struct error *err)
{
	int r;

	/* Its inode tables are holes, that is zero, already. */
	if (mount("/dev/" GUEST_WRITTEN_DISK, GUEST_WRITTEN, "ext4", MS_NODEV,
		  "discard,noinit_itable") < 0)
		return error_from_errno(err, "mounting the disk for what apps write");
	r = layer_prepare_first(err);
	if (r == 0)
		r = make_directory(GUEST_WRITTEN "/volumes", err);
	if (r == 0)
		r = make_directory(GUEST_POD "/" VOLUMES_DIRECTORY, err);
	if (r == 0 && mount(GUEST_WRITTEN "/volumes", GUEST_POD "/" VOLUMES_DIRECTORY, NULL,
			    MS_BIND, NULL) < 0)
		return error_from_errno(err, "showing the empty volumes");
	sync();
	return r;
}

/* vport0p1: port 1 of some virtio device; there is one with ports. */
static bool is_port(const char *name)
{
	size_t length = strlen(name);

	return strncmp(name, "vport", 5) == 0 && length > 2 && strcmp(name + length - 2, "p1") == 0;
}

/* FD_NONE: not yet. */
static int find_port(DIR *dev)
{
	const struct dirent *entry;

	rewinddir(dev);
	while ((entry = readdir(dev)) != NULL) {
		if (is_port(entry->d_name))
			return openat(dirfd(dev), entry->d_name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	return FD_NONE;
}

int boot_open_port(int *ret_fd, struct error *err)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	DIR *dev = opendir("/dev");
	int fd = FD_NONE;

	/* The driver learns of its ports by messages of its own, after we were started. */
	for (int i = 0; dev != NULL && fd < 0 && i < PORT_WAIT_MS; i++) {
		fd = find_port(dev);
		if (fd < 0)
			(void)nanosleep(&pause, NULL);
	}
	if (dev != NULL)
		(void)closedir(dev);
	if (fd < 0)
		return error_set(err, ENODEV, "opening the port to the host: there is none");
	*ret_fd = fd;
	return 0;
}

static int add_entropy(const unsigned char *entropy, size_t length, struct error *err)
{
	auto_close int device = open("/dev/urandom", O_RDWR | O_CLOEXEC);
	auto_free struct rand_pool_info *pool = calloc(1, sizeof(*pool) + length);

	if (device < 0 || pool == NULL)
		return error_from_errno(err, "opening /dev/urandom");
	pool->entropy_count = (int)length * 8;
	pool->buf_size = (int)length;
	memcpy(pool->buf, entropy, length);
	if (ioctl(device, RNDADDENTROPY, pool) < 0 || ioctl(device, RNDRESEEDCRNG, NULL) < 0)
		return error_from_errno(err, "seeding random numbers");
	return 0;
}

int boot_wake(const unsigned char *entropy, size_t length, uint64_t seconds, uint64_t nanoseconds,
	      struct error *err)
{
	const struct timespec now = { .tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds };
	int r = add_entropy(entropy, length, err);

	if (r == 0 && clock_settime(CLOCK_REALTIME, &now) < 0)
		return error_from_errno(err, "setting the clock");
	return r;
}

void boot_end(void)
{
	sync();
	(void)reboot(RB_AUTOBOOT);
	_exit(1);
}
