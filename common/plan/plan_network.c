/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --net: the host's network, a namespace with loopback only, or one that plugins
 * connect to the networks named.
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

static int stay_alone(const struct plan_scope *scope, struct plan_request request, struct plan *ret)
{
	ret->network = PLAN_NETWORK_LOOPBACK;
	if (request.asked != NULL && strcmp(request.asked, "none") == 0)
		return plan_enforced(scope, request);
	if (request.asked != NULL && strcmp(request.asked, "default") == 0)
		return plan_say(scope, PLAN_MODIFIED, request,
				"a network of the pod's own with loopback only: this isolator "
				"connects it to nothing yet");
	return plan_say(scope, PLAN_IGNORED, request,
			"a network of the pod's own with loopback only: this isolator runs no "
			"network plugins");
}

static bool is_named(const struct plan_named_network *networks, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(networks[i].name, name) == 0)
			return true;
	return false;
}

/* "IP=10.1.2.3;k=v": pairs that a plugin gets as they are, in its environment. */
static bool are_arguments(const char *args)
{
	for (const char *pair = args; pair != NULL; pair = strchr(pair, ';')) {
		const char *equals;

		pair += pair != args;
		equals = strchr(pair, '=');
		if (equals == NULL || equals == pair || strcspn(pair, ";") < strcspn(pair, "="))
			return false;
	}
	for (const char *c = args; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return true;
}

static int name_network(const struct plan_scope *scope, const char *asked, struct plan *ret,
			struct plan_named_network *networks)
{
	size_t length = strcspn(asked, ":");
	const char *name = arena_bytes(scope->arena, asked, length);
	const char *args = asked[length] == ':' ? asked + length + 1 : "";

	if (name == NULL)
		return plan_no_memory(scope);
	if (name[0] == '\0')
		return plan_refuse(scope, EINVAL, "--net=%s: a network without a name", asked);
	if (asked[length] == ':' && !are_arguments(args))
		return plan_refuse(scope, EINVAL, "--net=%s: arguments are NAME=VALUE;…", asked);
	if (strcmp(name, "all") == 0) {
		ret->all_networks = true;
		return 0;
	}
	if (is_named(networks, ret->n_networks, name))
		return plan_refuse(scope, EINVAL, "--net=%s: %s is named already", asked, name);
	networks[ret->n_networks++] = (struct plan_named_network){ .name = name, .args = args };
	return 0;
}

/* A pod with networks of its own choice gets to the host as well, but not through it. */
static int connect_to(const struct plan_scope *scope, const char *const *asked, size_t n,
		      struct plan *ret)
{
	struct plan_request request = { "--net", networks_text(scope->arena, asked, n) };
	struct plan_named_network *networks;

	if (n > PLAN_MAX_NETWORKS)
		return plan_refuse(scope, EINVAL, "%zu networks: at most %d", n, PLAN_MAX_NETWORKS);
	networks = arena_array(scope->arena, n + 1, struct plan_named_network);
	if (networks == NULL)
		return plan_no_memory(scope);
	ret->network = PLAN_NETWORK_PLUGINS;
	ret->networks = networks;
	for (size_t i = 0; i < n; i++) {
		int r = name_network(scope, asked[i], ret, networks);

		if (r < 0)
			return r;
	}
	if (ret->all_networks || is_named(networks, ret->n_networks, "default") ||
	    is_named(networks, ret->n_networks, "default-restricted"))
		return plan_enforced(scope, request);
	networks[ret->n_networks++] =
	    (struct plan_named_network){ .name = "default-restricted", .args = "" };
	return plan_say(scope, PLAN_ENFORCED, request,
			"default-restricted as well, which leads to the host only");
}

int plan_networks(const struct plan_scope *scope, struct plan *ret)
{
	bool given = scope->options->n_networks > 0;
	const char *const *networks = given ? scope->options->networks : default_network;
	size_t n = given ? scope->options->n_networks : 1;
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
	if (!scope->traits->network_plugins || asks_for(networks, n, "none"))
		return stay_alone(scope, request, ret);
	return connect_to(scope, networks, n, ret);
}
