/* SPDX-License-Identifier: Apache-2.0 */
/* loopback: sets lo up, whatever name the runtime gives. */
#include <errno.h>
#include <string.h>

#include "cni/interface/pod_link.h"
#include "cni/netlink/address.h"
#include "cni/plugin/plugin.h"

#define LOOPBACK      "lo"
#define MAX_ADDRESSES 2 /* one of each family */

/* -ENOENT: the namespace has gone. */
static int open_loopback(struct plugin_call *call, struct pod_link *link, struct error *err)
{
	const struct pod_link_attachment attachment = { .network = call->network,
							.container = call->container,
							.interface = LOOPBACK };
	int r = pod_link_open(call->netns, &attachment, link, err);

	if (r == -ENOENT)
		call->code = CNI_ERROR_UNKNOWN_CONTAINER;
	if (r == 0)
		r = link_get(&link->pod_socket, LOOPBACK, 0, &link->pod, err);
	return r;
}

static bool is_loopback(const struct ip_address *address)
{
	static const unsigned char six[16] = { [15] = 1 };

	return address->family == AF_INET ? address->bytes[0] == 127
					  : memcmp(address->bytes, six, sizeof(six)) == 0;
}

static int describe_addresses(struct plugin_call *call, struct pod_link *link,
			      struct cni_result *result, struct error *err)
{
	struct address_list found;
	bool seen[2] = { false, false };
	char text[IP_PREFIX_TEXT_SIZE];
	int r = address_list(&link->pod_socket, link->pod.index, AF_UNSPEC, &found, err);

	result->ips = arena_array(call->arena, MAX_ADDRESSES, struct cni_ip);
	if (r == 0 && result->ips == NULL)
		r = error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		bool *is_known = &seen[found.items[i].address.family == AF_INET6];

		if (!is_loopback(&found.items[i].address))
			return error_set(err, EADDRNOTAVAIL, "lo of the pod has the address %s",
					 ip_prefix_text(&found.items[i], text));
		if (*is_known)
			continue;
		*is_known = true;
		result->ips[result->n_ips++] =
		    (struct cni_ip){ .address = found.items[i], .has_interface = true };
	}
	return r;
}

static int describe(struct plugin_call *call, struct pod_link *link, struct cni_result *ret,
		    struct error *err)
{
	struct cni_interface *interface = arena_new(call->arena, struct cni_interface);
	struct cni_result result = { .interfaces = interface, .n_interfaces = 1 };
	int r;

	if (call->has_previous) { /* a chain: what came before stays */
		*ret = call->previous;
		return 0;
	}
	if (interface == NULL)
		return error_set(err, ENOMEM, "out of memory");
	interface->name = LOOPBACK;
	interface->mac = "00:00:00:00:00:00";
	interface->sandbox = call->netns;
	r = describe_addresses(call, link, &result, err);
	if (r == 0)
		*ret = result;
	return r;
}

static int add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	auto_batch struct netlink_batch batch = { 0 };
	int r = open_loopback(call, &link, err);

	if (r < 0)
		return r;
	link_set_up(&batch, link.pod.index);
	r = netlink_do(&link.pod_socket, &batch, err);
	return r == 0 ? describe(call, &link, ret, err) : r;
}

static int del(struct plugin_call *call, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	if (call->netns[0] == '\0')
		return 0;
	r = open_loopback(call, &link, err);
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	link_set_down(&batch, link.pod.index);
	return netlink_do(&link.pod_socket, &batch, err);
}

static int check(struct plugin_call *call, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	int r = open_loopback(call, &link, err);

	if (r == 0 && !link.pod.is_up) {
		call->code = PLUGIN_ERROR_CHECK;
		r = error_set(err, ENETDOWN, "lo of the pod is down");
	}
	return r;
}

/* There is nothing to be collected, and nothing that could be missing. */
static int do_nothing(struct plugin_call *call, struct error *err)
{
	(void)call;
	(void)err;
	return 0;
}

const struct plugin plugin_loopback = { .name = "loopback",
					.add = add,
					.del = del,
					.check = check,
					.gc = do_nothing,
					.status = do_nothing };
