/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --net and the pod's ports.  Networks here are the host's, or a namespace with
 * loopback; what was asked beyond that is a verdict.
 */
#include <errno.h>
#include <string.h>

#include "common/plan/plan_parts.h"

static const char *const default_network[] = { "default" };

/* "a:IP=10.1.2.3" is the network a. */
static bool network_is(const char *asked, const char *name)
{
	size_t length = strcspn(asked, ":");

	return strlen(name) == length && strncmp(asked, name, length) == 0;
}

static bool asks_for(const char *const *networks, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (network_is(networks[i], name))
			return true;
	return false;
}

/* "default, a:IP=10.1.2.3" */
static const char *networks_text(struct arena *arena, const char *const *networks, size_t n)
{
	const char *all = networks[0];

	for (size_t i = 1; i < n && all != NULL; i++)
		all = arena_printf(arena, "%s, %s", all, networks[i]);
	return all;
}

static int share_host(const struct plan_scope *scope, struct plan_request request, bool asked_host,
		      struct plan *ret)
{
	ret->network = PLAN_NETWORK_HOST;
	if (asked_host)
		return plan_enforced(scope, request);
	/* rkt passes --net=default even when nobody asked: without a network of its own, an
	 * isolator like fly has always meant the host's by it. */
	if (request.asked != NULL && strcmp(request.asked, "default") == 0)
		return 0;
	return plan_say(scope, PLAN_IGNORED, request,
			"pods of this isolator are in the host's network");
}

static int plan_namespace(const struct plan_scope *scope, const char *const *networks, size_t n,
			  struct plan *ret)
{
	struct plan_request request = { "--net", networks_text(scope->arena, networks, n) };
	bool host = asks_for(networks, n, "host");

	if (n > 1 && (host || asks_for(networks, n, "none")))
		return plan_refuse(scope, EINVAL, "--net=%s: host and none stand alone",
				   request.asked != NULL ? request.asked : networks[0]);
	if (host && !scope->traits->host_network)
		return plan_refuse(
		    scope, ENOTSUP,
		    "--net=host: pods of this isolator cannot be in the host's network");
	if (host || !scope->traits->own_network)
		return share_host(scope, request, host, ret);
	ret->network = PLAN_NETWORK_LOOPBACK;
	if (asks_for(networks, n, "none"))
		return plan_enforced(scope, request);
	if (n == 1 && network_is(networks[0], "default"))
		return plan_say(scope, PLAN_MODIFIED, request,
				"a network of the pod's own with loopback only: this isolator "
				"connects it to nothing yet");
	return plan_say(scope, PLAN_IGNORED, request,
			"a network of the pod's own with loopback only: this isolator runs no "
			"network plugins");
}

/* The port in the pod that a pod's port means; 0: no app has one of its name. */
static uint16_t inner_port(const struct pod_manifest *pod, const struct pod_port *port)
{
	if (port->pod_port != 0)
		return port->pod_port;
	for (size_t i = 0; i < pod->n_apps; i++) {
		const struct app *app = pod->apps[i].app;

		for (size_t j = 0; app != NULL && j < app->n_ports; j++)
			if (strcmp(app->ports[j].name, port->name) == 0)
				return app->ports[j].port;
	}
	return 0;
}

static int plan_port(const struct plan_scope *scope, const struct pod_manifest *pod,
		     const struct pod_port *port, enum plan_network network)
{
	const char *name = arena_printf(scope->arena, "port %s", port->name);
	struct plan_request request = { name,
					arena_printf(scope->arena, "%s:%u",
						     port->host_ip != NULL ? port->host_ip : "",
						     (unsigned)port->host_port) };
	uint16_t inner = inner_port(pod, port);

	if (name == NULL)
		return plan_no_memory(scope);
	if (inner == 0)
		return plan_say(scope, PLAN_IGNORED, request, "no app has a port of this name");
	if (network == PLAN_NETWORK_LOOPBACK)
		return plan_say(scope, PLAN_IGNORED, request,
				"nothing forwards to a pod that has loopback only");
	if (inner == port->host_port)
		return plan_say(scope, PLAN_ENFORCED, request, "the pod is in the host's network");
	return plan_say(scope, PLAN_IGNORED, request,
			"in the host's network nothing forwards: the app is at port %u itself",
			(unsigned)inner);
}

int plan_networks(const struct plan_scope *scope, const struct pod_manifest *pod, struct plan *ret)
{
	const struct plan_options *options = scope->options;
	bool given = options->n_networks > 0;
	int r = plan_namespace(scope, given ? options->networks : default_network,
			       given ? options->n_networks : 1, ret);

	if (r == 0 && pod->n_ports > PLAN_MAX_PORTS)
		return plan_refuse(scope, EINVAL, "%zu ports: at most %d", pod->n_ports,
				   PLAN_MAX_PORTS);
	for (size_t i = 0; i < pod->n_ports && r == 0; i++)
		r = plan_port(scope, pod, &pod->ports[i], ret->network);
	return r;
}
