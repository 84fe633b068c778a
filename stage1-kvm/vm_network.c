/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm_network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cni/ip_address.h"
#include "common/network/loopback.h"
#include "common/network/network_namespace.h"
#include "common/network/routing_rules.h"
#include "common/network/tap.h"
#include "common/supervisor/metadata_url.h"
#include "stage1-kvm/pod_files.h"

static int bring_up_loopback(void *context, struct error *err)
{
	(void)context;
	return loopback_bring_up(err);
}

static int make_namespace(int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = network_namespace_make(&fd, err);

	if (r == 0)
		r = network_namespace_call(fd, bring_up_loopback, NULL, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* What traffic control can hand to a tap, and a card of Ethernet can stand for. */
static int check_interface(const struct interface *interface, struct error *err)
{
	if (!interface->is_ethernet)
		return error_set(err, EPROTONOSUPPORT,
				 "%s is no Ethernet interface, as the network card of a virtual "
				 "machine is",
				 interface->name);
	if (interface->is_l3s)
		return error_set(err, EPROTONOSUPPORT,
				 "%s is an ipvlan in mode l3s, whose packets do not come by it: a "
				 "virtual machine would not see them (l2 and l3 can be had)",
				 interface->name);
	return 0;
}

static int check_rules(struct error *err)
{
	bool exist = false;
	int r = routing_rules_exist(&exist, err);

	if (r < 0 || !exist)
		return r;
	return error_set(err, EPROTONOSUPPORT,
			 "plugins have made rules that choose among tables of routes (as sbr and "
			 "vrf do), and the kernel of a virtual machine has one table");
}

static int add_nic(struct vm_network *network, const char *interface, struct error *err)
{
	struct vm_nic *nic = &network->nics[network->n];
	char tap[INTERFACE_NAME_SIZE];
	int r;

	if (network->n == VM_NETWORK_MAX)
		return error_set(err, E2BIG, "more than %d networks for a virtual machine",
				 VM_NETWORK_MAX);
	r = interface_read(network->pod.arena, interface, &nic->interface, err);
	if (r == -ENODEV) { /* a plugin need not make one */
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = check_interface(&nic->interface, err);
	if (r < 0)
		return r;
	(void)snprintf(tap, sizeof(tap), "tap%zu", network->n);
	r = tap_open(tap, nic->interface.mtu, &nic->tap, err);
	if (r < 0)
		return r;
	network->n++;
	return tap_connect(tap, interface, err);
}

/* In the pod's namespace. */
static int add_nics(void *context, struct error *err)
{
	struct vm_network *network = context;
	int r = check_rules(err);

	for (size_t i = 0; r == 0 && i < network->pod.record.n_networks; i++) {
		const struct network_definition *definition = &network->pod.record.networks[i];

		r = add_nic(network, definition->interface, err);
		if (r < 0)
			return error_prefix(err, "network %s (%s)", definition->cni.name,
					    definition->file);
	}
	return r;
}

int vm_network_join(const struct pod_run *run, struct vm_network *ret, struct error *err)
{
	int fd = FD_NONE;
	int r;

	if (run->plan->network != PLAN_NETWORK_PLUGINS)
		return 0;
	ret->pod = (struct pod_network){ .arena = run->arena,
					 .plan = run->plan,
					 .pod_fd = run->pod_fd,
					 .local_config = run->local_config };
	ret->has_pod = true;
	r = pod_network_prepare(&ret->pod, err);
	if (r == 0)
		r = make_namespace(&fd, err);
	if (r == 0)
		r = pod_network_join_consume(&ret->pod, fd, err);
	if (r == 0)
		r = network_namespace_call(ret->pod.handle.fd, add_nics, ret, err);
	return r;
}

static struct ip_address to_ip(const struct interface_address *address)
{
	struct ip_address ip = { .family = address->family };

	memcpy(ip.bytes, address->bytes, sizeof(ip.bytes));
	return ip;
}

/* "10.1.2.3/24"; "-": none. */
static const char *address_text(const struct interface_address *address, bool with_length,
				char buffer[IP_PREFIX_TEXT_SIZE])
{
	const struct ip_prefix prefix = { .address = to_ip(address), .length = address->length };

	if (address->family == 0)
		return "-";
	return with_length ? ip_prefix_text(&prefix, buffer)
			   : ip_address_text(&prefix.address, buffer);
}

static int order_link(const struct vm_nic *nic, size_t number, struct channel *channel,
		      struct error *err)
{
	const unsigned char *mac = nic->interface.mac;

	return pod_files_send_order(
	    channel, err, "link eth%zu %s %02x:%02x:%02x:%02x:%02x:%02x %u %s", number,
	    nic->interface.name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], nic->interface.mtu,
	    nic->interface.no_arp ? "noarp" : "arp");
}

static int order_addresses(const struct vm_nic *nic, struct channel *channel, struct error *err)
{
	const struct interface *interface = &nic->interface;
	char to[IP_PREFIX_TEXT_SIZE], gateway[IP_PREFIX_TEXT_SIZE], source[IP_PREFIX_TEXT_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < interface->n_addresses; i++)
		r = pod_files_send_order(channel, err, "address %s %s", interface->name,
					 address_text(&interface->addresses[i], true, to));
	for (size_t i = 0; r == 0 && i < interface->n_routes; i++) {
		const struct interface_route *route = &interface->routes[i];

		r = pod_files_send_order(channel, err, "route %s %s %s %s %u %u", interface->name,
					 address_text(&route->to, true, to),
					 address_text(&route->gateway, false, gateway),
					 address_text(&route->source, false, source), route->scope,
					 route->metric);
	}
	return r;
}

static int order_metadata(const struct vm_network *network, struct channel *channel,
			  struct error *err)
{
	const char *host = NULL;
	int r = pod_network_read_host(&network->pod, &host, err);

	return r < 0 || host == NULL ? r
				     : pod_files_send_text(channel, METADATA_HOST_FILE, host, err);
}

int vm_network_order(const struct vm_network *network, struct channel *channel, struct error *err)
{
	const char *resolv_conf = NULL;
	int r = 0;

	if (!network->has_pod)
		return 0;
	/* The last first: a card that takes another's name finds it given away already. */
	for (size_t i = network->n; r == 0 && i-- > 0;)
		r = order_link(&network->nics[i], i, channel, err);
	for (size_t i = 0; r == 0 && i < network->n; i++)
		r = order_addresses(&network->nics[i], channel, err);
	if (r == 0)
		r = pod_network_read_dns(&network->pod, &resolv_conf, err);
	if (r == 0 && resolv_conf != NULL)
		r = pod_files_send_text(channel, VM_NETWORK_FILE, resolv_conf, err);
	if (r == 0)
		r = order_metadata(network, channel, err);
	return r;
}

void vm_network_leave(struct vm_network *network, const char *program)
{
	struct error problem = { 0 };

	for (size_t i = 0; i < network->n; i++)
		cleanup_close(&network->nics[i].tap);
	network->n = 0;
	if (!network->has_pod)
		return;
	if (pod_network_leave(&network->pod, &problem) < 0)
		(void)dprintf(STDERR_FILENO,
			      "%s: warning: leaving networks, which gc will try again: %s\n",
			      program, problem.text);
	pod_network_release(&network->pod);
	network->has_pod = false;
}
