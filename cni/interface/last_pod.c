/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/last_pod.h"

#include <errno.h>
#include <sys/file.h>

#include "cni/firewall/firewall_element.h"
#include "cni/interface/forwarding.h"

static int lock(int netns, int operation, struct error *err)
{
	int r;

	do
		r = flock(netns, operation);
	while (r < 0 && errno == EINTR);
	return r < 0 ? error_from_errno(err, "locking the tables " FIREWALL_TABLE) : 0;
}

int last_pod_hold_tables(int netns, struct error *err)
{
	return lock(netns, LOCK_SH, err);
}

static int look_for_pods(struct netlink_socket *route, struct netlink_socket *firewall,
			 bool *ret_needed, struct error *err)
{
	int r = link_exists_in_group(route, LINK_GROUP_POD, LINK_GROUP_POD_MASK, ret_needed, err);

	return r < 0 || *ret_needed ? r : firewall_has_elements(firewall, ret_needed, err);
}

static int remove_unneeded(struct netlink_socket *route, struct netlink_socket *firewall,
			   struct error *err)
{
	bool needed = false, is_needed = false;
	int r = look_for_pods(route, firewall, &needed, err);

	if (r < 0 || needed)
		return r;
	r = forwarding_withdraw(firewall, &is_needed, err);
	if (r == 0)
		r = firewall_remove_bridge(firewall, err);
	return r < 0 || is_needed ? r : firewall_remove_inet(firewall, err);
}

int last_pod_remove_tables(int netns, struct netlink_socket *route, struct netlink_socket *firewall,
			   struct error *err)
{
	struct error second = { 0 };
	bool needed = false;
	int r = look_for_pods(route, firewall, &needed, err);

	if (r < 0 || needed)
		return r;
	r = lock(netns, LOCK_EX, err);
	if (r < 0)
		return r;
	r = remove_unneeded(route, firewall, err);
	return lock(netns, LOCK_UN, &second) < 0 ? error_set(err, second.code, "%s", second.text)
						 : r;
}
