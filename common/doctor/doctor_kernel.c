/* SPDX-License-Identifier: Apache-2.0 */
/* What every isolator needs of the kernel that it runs on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_host.h"
#include "common/doctor/doctor.h"
#include "common/privilege/capability.h"
#include "common/privilege/lsm.h"

enum { FLOOR_MAJOR = 5, FLOOR_MINOR = 12 };

#define FILE_MAX_BYTES ((size_t)64 << 10)

static void look_at_root(struct doctor *doctor)
{
	uint64_t bounds = 0, effective = 0;
	struct error ignored = { 0 };
	bool is_root = geteuid() == 0 &&
		       capability_get_bounds(&bounds, &effective, &ignored) == 0 &&
		       (effective & CAPABILITY_BIT(CAP_SYS_ADMIN)) != 0;

	doctor_say(doctor, "root",
		   (struct doctor_check){ .state = is_root ? DOCTOR_OK : DOCTOR_MISSING,
					  .found = is_root ? "root with CAP_SYS_ADMIN"
							   : "not root, or without CAP_SYS_ADMIN",
					  .mend = is_root ? "" : "run rkt as root" });
}

/* "6.1.0-13-amd64" */
static bool read_release(const char *release, uint32_t *ret_major, uint32_t *ret_minor)
{
	size_t first = strspn(release, "0123456789");
	size_t second = release[first] == '.' ? strspn(release + first + 1, "0123456789") : 0;
	char major[16], minor[16];

	if (first >= sizeof(major) || second >= sizeof(minor))
		return false;
	(void)snprintf(major, sizeof(major), "%.*s", (int)first, release);
	(void)snprintf(minor, sizeof(minor), "%.*s", (int)second, release + first + 1);
	return parse_u32(major, UINT16_MAX, ret_major) == 0 &&
	       parse_u32(minor, UINT16_MAX, ret_minor) == 0;
}

static void look_at_release(struct doctor *doctor)
{
	struct utsname name;
	uint32_t major = 0, minor = 0;
	bool known = uname(&name) == 0 && read_release(name.release, &major, &minor);
	bool new_enough = major > FLOOR_MAJOR || (major == FLOOR_MAJOR && minor >= FLOOR_MINOR);

	doctor_say(doctor, "kernel",
		   (struct doctor_check){
		       .state = known && new_enough ? DOCTOR_OK : DOCTOR_MISSING,
		       .found = known ? name.release : "of an unknown release",
		       .mend = known && new_enough ? "" : "Linux 5.12 or later is needed" });
}

static const char *layout_of(const struct cgroup_host *host)
{
	bool v1 = false, v2 = false;

	for (size_t i = 0; i < host->n; i++) {
		v1 = v1 || (host->items[i].version == 1 &&
			    (host->items[i].controllers & ~CGROUP_SYSTEMD) != 0);
		v2 = v2 || host->items[i].version == 2;
	}
	if (v1 && v2)
		return "v1 with a v2 tree beside it (hybrid)";
	return v2 ? "v2" : "v1";
}

static void look_at_cgroups(struct doctor *doctor)
{
	static const uint32_t wanted = CGROUP_MEMORY | CGROUP_CPU | CGROUP_PIDS;
	struct error problem = { 0 };
	auto_text struct text missing = { 0 };
	struct cgroup_host host;
	uint32_t lacking;

	if (cgroup_host_detect(doctor->arena, &host, &problem) < 0) {
		doctor_say(doctor, "cgroups",
			   (struct doctor_check){ .state = DOCTOR_MISSING,
						  .found = problem.text,
						  .mend = "mount cgroup2 at /sys/fs/cgroup" });
		return;
	}
	doctor_say(doctor, "cgroups", (struct doctor_check){ .found = layout_of(&host) });
	lacking = wanted & ~cgroup_host_controllers(&host);
	(void)cgroup_controllers_write(lacking, &missing);
	doctor_say(doctor, "limits",
		   lacking == 0
		       ? (struct doctor_check){ .found = "memory, cpu and pids can be limited" }
		       : (struct doctor_check){
			     .state = DOCTOR_LESS,
			     .found = arena_printf(doctor->arena, "no controller for %s",
						   text_string(&missing)),
			     .mend = "enable it in cgroup.subtree_control above rkt (Delegate=yes "
				     "in its unit), or boot with it" });
}

static bool file_has(const char *path, const char *word)
{
	auto_text struct text content = { 0 };
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && file_read_fd(fd, FILE_MAX_BYTES, &content) == 0 &&
	       strstr(text_string(&content), word) != NULL;
}

static void look_at_filters(struct doctor *doctor)
{
	bool can = file_has("/proc/sys/kernel/seccomp/actions_avail", "errno");

	doctor_say(
	    doctor, "system call filters",
	    (struct doctor_check){ .state = can ? DOCTOR_OK : DOCTOR_MISSING,
				   .found = can ? "seccomp with filters" : "no seccomp",
				   .mend = can ? "" : "a kernel with CONFIG_SECCOMP_FILTER" });
}

static void look_at_overlays(struct doctor *doctor)
{
	bool can = file_has("/proc/filesystems", "\toverlay\n");

	doctor_say(doctor, "overlays",
		   (struct doctor_check){
		       .state = can ? DOCTOR_OK : DOCTOR_LESS,
		       .found = can ? "overlayfs" : "the kernel does not know overlayfs (yet)",
		       .mend = can ? "" : "modprobe overlay, or run pods with --no-overlay" });
}

void doctor_look_at_kernel(struct doctor *doctor)
{
	look_at_root(doctor);
	look_at_release(doctor);
	look_at_cgroups(doctor);
	look_at_filters(doctor);
	look_at_overlays(doctor);
}

static bool is_zero(const char *path)
{
	auto_text struct text content = { 0 };
	struct error ignored = { 0 };

	return file_read_at(AT_FDCWD, path, 64, &content, &ignored) == 0 &&
	       strcmp(text_string(&content), "0\n") == 0;
}

void doctor_look_at_namespaces(struct doctor *doctor)
{
	static const char *const needed[] = { "mnt", "pid", "net", "ipc", "uts" };
	auto_text struct text missing = { 0 };
	bool users;

	for (size_t i = 0; i < ARRAY_LENGTH(needed); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", needed[i]);
		if (access(path, F_OK) < 0)
			(void)text_printf(&missing, "%s%s", missing.length > 0 ? ", " : "no ",
					  needed[i]);
	}
	doctor_say(
	    doctor, "namespaces",
	    (struct doctor_check){
		.state = missing.length == 0 ? DOCTOR_OK : DOCTOR_MISSING,
		.found = missing.length == 0 ? "mount, pid, net, ipc, uts" : text_string(&missing),
		.mend = missing.length == 0 ? "" : "a kernel with CONFIG_NAMESPACES" });
	users = access("/proc/self/ns/user", F_OK) == 0 &&
		!is_zero("/proc/sys/user/max_user_namespaces");
	doctor_say(doctor, "user namespaces",
		   (struct doctor_check){ .state = users ? DOCTOR_OK : DOCTOR_LESS,
					  .found = users ? "for --private-users"
							 : "none, so no --private-users",
					  .mend = users ? "" : "raise user.max_user_namespaces" });
}

void doctor_look_at_labels(struct doctor *doctor)
{
	struct lsm_active lsm = lsm_detect();
	bool any = lsm.apparmor || lsm.selinux;

	doctor_say(doctor, "security labels",
		   (struct doctor_check){
		       .state = any ? DOCTOR_OK : DOCTOR_LESS,
		       .found = lsm.apparmor && lsm.selinux ? "AppArmor and SELinux"
				: lsm.apparmor              ? "AppArmor"
				: lsm.selinux               ? "SELinux"
							    : "neither AppArmor nor SELinux",
		       .mend = any ? "" : "boot with one, if apps ask for its labels" });
}
