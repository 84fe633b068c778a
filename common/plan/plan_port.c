/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pod's ports: which ports of the host lead to which of the pod's.
 */
#include <errno.h>
#include <string.h>

#include "common/plan/plan_parts.h"

/* What a pod's port means in the pod. */
struct inner_port {
	uint16_t port;
	uint32_t count;
	const char *protocol;
};

static bool find_inner(const struct pod_manifest *pod, const struct pod_port *port,
		       struct inner_port *ret)
{
	if (port->pod_port != 0) {
		*ret =
		    (struct inner_port){ .port = port->pod_port,
					 .count = 1,
					 .protocol = port->pod_protocol != NULL ? port->pod_protocol
										: "tcp" };
		return true;
	}
	for (size_t i = 0; i < pod->n_apps; i++) {
		const struct app *app = pod->apps[i].app;

		for (size_t j = 0; app != NULL && j < app->n_ports; j++) {
			if (strcmp(app->ports[j].name, port->name) != 0)
				continue;
			*ret = (struct inner_port){ .port = app->ports[j].port,
						    .count = app->ports[j].count,
						    .protocol = app->ports[j].protocol };
			return true;
		}
	}
	return false;
}

static bool share_address(const struct plan_port *a, const struct plan_port *b)
{
	return a->host_ip == NULL || b->host_ip == NULL || strcmp(a->host_ip, b->host_ip) == 0;
}

static int add_port(const struct plan_scope *scope, const struct plan_port *port, struct plan *ret,
		    struct plan_port *ports)
{
	for (size_t i = 0; i < ret->n_ports; i++)
		if (ports[i].host_port == port->host_port && ports[i].udp == port->udp &&
		    share_address(&ports[i], port))
			return plan_refuse(scope, EINVAL,
					   "port %s: port %u of the host is port %s already",
					   port->name, (unsigned)port->host_port, ports[i].name);
	if (ret->n_ports == PLAN_MAX_PORTS)
		return plan_refuse(scope, EINVAL, "port %s: more than %d ports", port->name,
				   PLAN_MAX_PORTS);
	ports[ret->n_ports++] = *port;
	return 0;
}

/* A range of ports is one for each. */
static int forward(const struct plan_scope *scope, const struct pod_port *port,
		   const struct inner_port *inner, struct plan_request request, struct plan *ret)
{
	bool udp = strcmp(inner->protocol, "udp") == 0;

	if (!udp && strcmp(inner->protocol, "tcp") != 0)
		return plan_say(scope, PLAN_IGNORED, request,
				"nothing forwards the protocol %s: tcp and udp only",
				inner->protocol);
	if (port->host_port + inner->count - 1 > UINT16_MAX)
		return plan_refuse(scope, EINVAL, "port %s: %u ports from %u end above 65535",
				   port->name, (unsigned)inner->count, (unsigned)port->host_port);
	for (uint32_t i = 0; i < inner->count; i++) {
		const struct plan_port one = { .name = port->name,
					       .udp = udp,
					       .host_port = (uint16_t)(port->host_port + i),
					       .pod_port = (uint16_t)(inner->port + i),
					       .host_ip = port->host_ip };
		int r = add_port(scope, &one, ret, (struct plan_port *)(uintptr_t)ret->ports);

		if (r < 0)
			return r;
	}
	if (inner->count > 1)
		return plan_say(scope, PLAN_ENFORCED, request, "to %s ports %u to %u of the pod",
				inner->protocol, (unsigned)inner->port,
				(unsigned)(inner->port + inner->count - 1));
	return plan_say(scope, PLAN_ENFORCED, request, "to %s port %u of the pod", inner->protocol,
			(unsigned)inner->port);
}

static int plan_port(const struct plan_scope *scope, const struct pod_manifest *pod,
		     const struct pod_port *port, struct plan *ret)
{
	const char *name = arena_printf(scope->arena, "port %s", port->name);
	struct plan_request request = { name,
					arena_printf(scope->arena, "%s:%u",
						     port->host_ip != NULL ? port->host_ip : "",
						     (unsigned)port->host_port) };
	struct inner_port inner;

	if (name == NULL)
		return plan_no_memory(scope);
	if (!find_inner(pod, port, &inner))
		return plan_say(scope, PLAN_IGNORED, request, "no app has a port of this name");
	if (ret->network == PLAN_NETWORK_PLUGINS)
		return forward(scope, port, &inner, request, ret);
	if (ret->network == PLAN_NETWORK_LOOPBACK)
		return plan_say(scope, PLAN_IGNORED, request,
				"nothing forwards to a pod that has loopback only");
	if (inner.port == port->host_port)
		return plan_say(scope, PLAN_ENFORCED, request, "the pod is in the host's network");
	return plan_say(scope, PLAN_IGNORED, request,
			"in the host's network nothing forwards: the app is at port %u itself",
			(unsigned)inner.port);
}

int plan_ports(const struct plan_scope *scope, const struct pod_manifest *pod, struct plan *ret)
{
	int r = 0;

	if (pod->n_ports == 0)
		return 0;
	if (pod->n_ports > PLAN_MAX_PORTS)
		return plan_refuse(scope, EINVAL, "%zu ports: at most %d", pod->n_ports,
				   PLAN_MAX_PORTS);
	ret->ports = arena_array(scope->arena, PLAN_MAX_PORTS, struct plan_port);
	if (ret->ports == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < pod->n_ports && r == 0; i++)
		r = plan_port(scope, pod, &pod->ports[i], ret);
	return r;
}
