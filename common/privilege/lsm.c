/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/kernel_floor.h"
#include "common/kernel/syscall.h"

#define MAX_LABEL_SIZE 1024

#define SELINUX_EXEC   "thread-self/attr/exec"
#define APPARMOR_EXEC  "thread-self/attr/apparmor/exec" /* Linux 5.8; before, AppArmor has exec */

static bool apparmor_is_active(void)
{
	auto_close int fd =
	    open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char enabled = 'N';

	return fd >= 0 && read(fd, &enabled, 1) == 1 && enabled == 'Y';
}

/* Its file system is mounted by whoever loads a policy, and by nobody else. */
static bool selinux_is_active(void)
{
	struct statfs info;

	return statfs("/sys/fs/selinux", &info) == 0 && (unsigned long)info.f_type == SELINUX_MAGIC;
}

struct lsm_active lsm_detect(void)
{
	return (struct lsm_active){
		.apparmor = apparmor_is_active(),
		.selinux = selinux_is_active(),
	};
}

/* A file of this very /proc, whatever anybody has mounted over it (M3). */
static int open_attribute(int proc_fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDWR | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};

	return syscall_openat2(proc_fd, path, &how);
}

static bool is_label(const char *label)
{
	size_t length = strlen(label);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)label[i] < ' ' || label[i] == 127)
			return false;
	}
	return length > 0 && length < MAX_LABEL_SIZE - 32;
}

/* Writes the label and reads it back: written to something else than an attribute, it would be
 * gone. */
static int write_label(int fd, const char *written, const char *label)
{
	char got[MAX_LABEL_SIZE];
	size_t length = strlen(label);
	ssize_t n = write(fd, written, strlen(written));

	if (n < 0)
		return -errno;
	n = pread(fd, got, sizeof(got) - 1, 0);
	if (n < 0)
		return -errno;
	got[n] = '\0';
	/* AppArmor adds " (enforce)", both may add a newline or a NUL. */
	if (strncmp(got, label, length) != 0 || strchr(" \n", got[length]) == NULL)
		return -EPROTO;
	return 0;
}

static int set_label(int fd, const char *written, const char *what, const char *label,
		     struct error *err)
{
	int r;

	if (!is_label(label))
		return error_set(err, EINVAL, "setting the %s: \"%s\" is none", what, label);
	if (fd < 0)
		return kernel_floor_error(err, "openat2", "setting the %s %s", what, label);
	r = write_label(fd, written, label);
	if (r == -EPROTO)
		return error_set(err, EPROTO, "setting the %s %s: the kernel says another", what,
				 label);
	if (r < 0)
		return error_set(err, -r, "setting the %s %s: %s", what, label, strerror(-r));
	return 0;
}

int lsm_set_apparmor_profile(int proc_fd, const char *profile, struct error *err)
{
	char written[MAX_LABEL_SIZE];
	auto_close int fd = open_attribute(proc_fd, APPARMOR_EXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open_attribute(proc_fd, SELINUX_EXEC);
	(void)snprintf(written, sizeof(written), "exec %.*s", MAX_LABEL_SIZE - 32, profile);
	return set_label(fd, written, "AppArmor profile", profile, err);
}

int lsm_set_selinux_context(int proc_fd, const char *context, struct error *err)
{
	auto_close int fd = open_attribute(proc_fd, SELINUX_EXEC);

	return set_label(fd, context, "SELinux context", context, err);
}
