/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/hostname.h"

#include <errno.h>
#include <sched.h>
#include <sys/utsname.h>

#include "tests/unit/test.h"

TEST(names_are_set_in_a_namespace_of_its_own)
{
	struct error err = { 0 };
	struct utsname names;

	test_need_root();
	check_int(unshare(CLONE_NEWUTS), 0);
	check_ok(hostname_set("rkt-test", &err), &err);
	check_ok(hostname_set_domain("(none)", &err), &err);
	check_int(uname(&names), 0);
	check_text(names.nodename, "rkt-test");
	check_text(names.domainname, "(none)");
}

TEST(the_longest_name_has_64_characters)
{
	char name[66];
	struct error err = { 0 };
	struct utsname names;

	test_need_root();
	check_int(unshare(CLONE_NEWUTS), 0);
	memset(name, 'a', sizeof(name));
	name[65] = '\0';
	check_int(hostname_set(name, &err), -EINVAL);
	check_contains(err.text, "must have 1 to 64 characters");
	check_int(hostname_set("", &err), -EINVAL);
	check_int(hostname_set_domain(name, &err), -EINVAL);
	name[64] = '\0';
	check_ok(hostname_set(name, &err), &err);
	check_int(uname(&names), 0);
	check_text(names.nodename, name);
}
