/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/sysctl.h"

#include <errno.h>
#include <sched.h>
#include <sys/utsname.h>

#include "tests/unit/test.h"

static void enter_uts_namespace(void)
{
	test_need_root();
	check_int(unshare(CLONE_NEWUTS), 0);
}

TEST(a_key_is_set_in_the_callers_namespace)
{
	struct error err = { 0 };
	struct utsname name;

	enter_uts_namespace();
	check_ok(sysctl_write("kernel.domainname", "sysctl-test", &err), &err);
	check_int(uname(&name), 0);
	check_text(name.domainname, "sysctl-test");
}

TEST(a_slash_is_a_dot_within_a_name)
{
	struct error err = { 0 };

	enter_uts_namespace();
	check_int(sysctl_write("kernel/domainname", "x", &err), -ENOENT);
}

TEST(a_key_that_does_not_exist_is_named)
{
	struct error err = { 0 };

	enter_uts_namespace();
	check_int(sysctl_write("kernel.no-such-key", "1", &err), -ENOENT);
	check_contains(err.text, "setting the sysctl kernel.no-such-key");
}

TEST(what_is_no_key_is_refused)
{
	struct error err = { 0 };
	char key[300];

	check_int(sysctl_write("", "1", &err), -EINVAL);
	memset(key, 'a', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	check_int(sysctl_write(key, "1", &err), -EINVAL);
	check_contains(err.text, "not a key");
}

TEST(no_key_leads_out_of_proc_sys)
{
	struct error err = { 0 };

	enter_uts_namespace();
	/* ../../proc/self/comm, which could be written */
	check_true(sysctl_write("//.//.proc.self.comm", "gone", &err) < 0);
}

TEST(a_value_that_the_kernel_refuses_is_told)
{
	struct error err = { 0 };

	enter_uts_namespace();
	check_true(sysctl_write("kernel.ostype", "Minix", &err) < 0);
	check_contains(err.text, "kernel.ostype");
}
