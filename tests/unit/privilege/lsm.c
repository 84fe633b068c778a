/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/kernel/procfs.h"
#include "tests/unit/test.h"

static int open_proc(void)
{
	struct error err = { 0 };
	int fd = -1;

	check_ok(procfs_open(&fd, &err), &err);
	return fd;
}

TEST(labels_that_would_be_more_than_a_label_are_refused)
{
	static const char *const bad[] = { "", "a\nb", "a\tb", "\x7f" };
	int proc = open_proc();
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_int(lsm_set_apparmor_profile(proc, bad[i], &err), -EINVAL);
		check_int(lsm_set_selinux_context(proc, bad[i], &err), -EINVAL);
	}
	check_contains(err.text, "SELinux context");
}

TEST(a_label_that_goes_on_for_ever_is_refused)
{
	static char label[5000];
	struct error err = { 0 };

	memset(label, 'a', sizeof(label) - 1);
	check_int(lsm_set_apparmor_profile(open_proc(), label, &err), -EINVAL);
}

TEST(without_the_module_a_label_is_an_error_and_not_silence)
{
	struct lsm_active active = lsm_detect();
	struct error err = { 0 };
	int proc = open_proc();

	if (active.apparmor || active.selinux)
		test_skip("a module is active here");
	check_true(lsm_set_apparmor_profile(proc, "docker-default", &err) < 0);
	check_contains(err.text, "setting the AppArmor profile docker-default: ");
	check_true(lsm_set_selinux_context(proc, "u:r:t:s0", &err) < 0);
	check_contains(err.text, "setting the SELinux context u:r:t:s0: ");
}

TEST(a_directory_that_is_no_proc_takes_no_label)
{
	struct error err = { 0 };
	int fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	check_int(lsm_set_selinux_context(fd, "u:r:t:s0", &err), -ENOENT);
	(void)close(fd);
}
