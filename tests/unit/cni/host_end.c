/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/host_end.h"

#include <string.h>

#include "tests/unit/test.h"

static const char *name_of(const char *network, const char *container, const char *interface)
{
	static char names[2][CNI_HOST_END_SIZE];
	static int turn;

	turn = !turn;
	cni_host_end_name(network, container, interface, names[turn]);
	return names[turn];
}

TEST(a_name_is_as_long_as_names_can_be)
{
	check_uint(strlen(name_of("default", "c", "eth0")), CNI_HOST_END_SIZE - 1);
	check_int(strncmp(name_of("", "", ""), "veth", 4), 0);
}

TEST(the_same_attachment_has_the_same_name_and_no_other)
{
	check_text(name_of("n", "c", "eth0"), name_of("n", "c", "eth0"));
	check_true(strcmp(name_of("n", "c", "eth0"), name_of("n", "c", "eth1")) != 0);
	check_true(strcmp(name_of("n", "c", "eth0"), name_of("m", "c", "eth0")) != 0);
	check_true(strcmp(name_of("ab", "c", "eth0"), name_of("a", "bc", "eth0")) != 0);
}
