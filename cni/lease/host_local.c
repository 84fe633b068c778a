/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/host_local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cni/lease/lease_definition.h"
#include "cni/lease/lease_store.h"
#include "cni/lease/resolv_conf.h"

struct taking {
	struct lease_definition definition;
	struct lease_store store;
	struct lease_owner owner;
	bool is_first; /* the attachment can have no address yet */
	bool used[64]; /* of definition.wanted */
	struct cni_ip *ips;
	size_t n_ips;
};

static int find_own(const struct lease_store *store, const struct ip_address *address,
		    const struct lease_owner *owner, void *context)
{
	const struct lease_owner *mine = context;

	(void)store;
	(void)address;
	return lease_owner_equal(owner, mine) ? 1 : 0;
}

static void note(struct taking *taking, const struct lease_range *range,
		 const struct ip_address *address)
{
	taking->ips[taking->n_ips++] =
	    (struct cni_ip){ .address = { .address = *address, .length = range->subnet.length },
			     .gateway = range->gateway };
}

static int take_wanted(struct taking *taking, size_t set, const struct ip_address *wanted,
		       struct error *err)
{
	const struct lease_range *range = lease_range_of(&taking->definition.sets[set], wanted);
	char text[IP_PREFIX_TEXT_SIZE];
	int r;

	(void)ip_address_text(wanted, text);
	if (ip_address_equal(wanted, &range->gateway))
		return error_set(err, EADDRINUSE, "%s, which was asked for, is the gateway's",
				 text);
	r = lease_store_take(&taking->store, &taking->owner, wanted, set, err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, EADDRINUSE, "%s, which was asked for, is taken", text);
	note(taking, range, wanted);
	return 0;
}

static int take_next(struct taking *taking, size_t set, struct error *err)
{
	struct ip_address last = lease_store_last(&taking->store, set), address;
	const struct lease_range *range;
	struct lease_walk walk;
	char text[IP_PREFIX_TEXT_SIZE];

	lease_walk_begin(&walk, &taking->definition.sets[set], &last);
	while ((range = lease_walk_next(&walk, &address)) != NULL) {
		int r = lease_store_take(&taking->store, &taking->owner, &address, set, err);

		if (r < 0)
			return r;
		if (r > 0) {
			note(taking, range, &address);
			return 0;
		}
	}
	return error_set(err, ENOSPC, "no address is left in %s%s",
			 ip_prefix_text(&taking->definition.sets[set].ranges[0].subnet, text),
			 taking->definition.sets[set].n > 1 ? " and the others of its set" : "");
}

static int take_of_set(struct taking *taking, size_t set, struct error *err)
{
	for (size_t i = 0; i < taking->definition.n_wanted; i++) {
		const struct ip_address *wanted = &taking->definition.wanted[i];

		if (taking->used[i] ||
		    lease_range_of(&taking->definition.sets[set], wanted) == NULL)
			continue;
		taking->used[i] = true;
		return take_wanted(taking, set, wanted, err);
	}
	return take_next(taking, set, err);
}

static int check_all_used(const struct taking *taking, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < taking->definition.n_wanted; i++)
		if (!taking->used[i])
			return error_set(err, EADDRNOTAVAIL,
					 "%s, which was asked for, is in no range of this network",
					 ip_address_text(&taking->definition.wanted[i], text));
	return 0;
}

static int take_all(struct taking *taking, struct error *err)
{
	int r = 0;

	if (!taking->is_first)
		r = lease_store_visit(&taking->store, find_own, &taking->owner, err);
	if (r > 0)
		return error_set(err, EEXIST, "%s has an address of this network already",
				 taking->owner.container);
	for (size_t i = 0; r == 0 && i < taking->definition.n_sets; i++)
		r = take_of_set(taking, i, err);
	return r == 0 ? check_all_used(taking, err) : r;
}

static void give_back(const struct taking *taking)
{
	struct error ignored = { 0 };

	for (size_t i = 0; i < taking->n_ips; i++)
		result_ignored(
		    lease_store_free(&taking->store, &taking->ips[i].address.address, &ignored));
}

static struct lease_owner owner_of(const struct plugin_call *call)
{
	return (struct lease_owner){ .container = call->container, .interface = call->interface };
}

static int prepare(struct plugin_call *call, struct taking *taking, struct cni_result *result,
		   struct error *err)
{
	int r = lease_definition_read(call, &taking->definition, err);

	if (r < 0)
		return r;
	if (taking->definition.n_wanted > ARRAY_LENGTH(taking->used))
		return error_set(err, E2BIG, "%zu addresses are asked for",
				 taking->definition.n_wanted);
	taking->ips = arena_array(call->arena, taking->definition.n_sets, struct cni_ip);
	if (taking->ips == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (taking->definition.resolv_conf == NULL || taking->definition.resolv_conf[0] == '\0')
		return 0;
	return resolv_conf_read(call->arena, taking->definition.resolv_conf, &result->dns, err);
}

static int add(struct plugin_call *call, struct taking *taking, struct cni_result *ret,
	       struct error *err)
{
	struct cni_result result = { .version = call->version };
	int r = prepare(call, taking, &result, err);

	if (r < 0)
		return r;
	r = lease_store_open(taking->definition.directory, call->network, true, &taking->store,
			     err);
	if (r < 0)
		return r;
	r = take_all(taking, err);
	if (r < 0) {
		give_back(taking);
		if (r == -ENOSPC || r == -EADDRINUSE)
			call->code = PLUGIN_ERROR_NO_ROOM;
		return r;
	}
	result.ips = taking->ips;
	result.n_ips = taking->n_ips;
	result.routes = taking->definition.routes.routes;
	result.n_routes = taking->definition.routes.n_routes;
	*ret = result;
	return 0;
}

static int add_and_close(struct plugin_call *call, bool is_first, struct cni_result *ret,
			 struct error *err)
{
	struct taking taking = { .store = LEASE_STORE_NONE,
				 .owner = owner_of(call),
				 .is_first = is_first };
	int r = add(call, &taking, ret, err);

	lease_store_close(&taking.store);
	return r < 0 ? error_prefix(err, "host-local") : 0;
}

int host_local_add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	return add_and_close(call, false, ret, err);
}

int host_local_take(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	return add_and_close(call, true, ret, err);
}

/* 0: it is open; 1: there is nothing; negative: a failure. */
static int open_existing(struct plugin_call *call, struct lease_store *ret, struct error *err)
{
	struct lease_definition definition;
	int r = lease_definition_read(call, &definition, err);

	if (r == 0)
		r = lease_store_open(definition.directory, call->network, false, ret, err);
	if (r != -ENOENT)
		return r;
	error_clear(err);
	return 1;
}

int host_local_undo(struct plugin_call *call, const struct cni_result *result, struct error *err)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	int r = open_existing(call, &store, err);

	for (size_t i = 0; r == 0 && i < result->n_ips; i++)
		r = lease_store_free(&store, &result->ips[i].address.address, err);
	return r < 0 ? r : 0;
}

struct sweep {
	const struct plugin_call *call;
	struct lease_owner owner;
	bool all_invalid; /* GC */
	struct error *err;
};

static int sweep_lease(const struct lease_store *store, const struct ip_address *address,
		       const struct lease_owner *owner, void *context)
{
	const struct sweep *sweep = context;
	bool free_it =
	    sweep->all_invalid
		? !plugin_attachment_is_valid(sweep->call, owner->container, owner->interface)
		: lease_owner_equal(owner, &sweep->owner);

	return free_it ? lease_store_free(store, address, sweep->err) : 0;
}

static int sweep(struct plugin_call *call, bool all_invalid, struct error *err)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct sweep how = {
		.call = call, .owner = owner_of(call), .all_invalid = all_invalid, .err = err
	};
	int r = open_existing(call, &store, err);

	if (r == 0)
		r = lease_store_visit(&store, sweep_lease, &how, err);
	return r < 0 ? error_prefix(err, "host-local") : 0;
}

int host_local_del(struct plugin_call *call, struct error *err)
{
	return sweep(call, false, err);
}

int host_local_gc(struct plugin_call *call, struct error *err)
{
	return sweep(call, true, err);
}

int host_local_check(struct plugin_call *call, struct error *err)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct lease_owner owner = owner_of(call);
	int r = open_existing(call, &store, err);

	if (r == 0)
		r = lease_store_visit(&store, find_own, &owner, err) == 1 ? 0 : 1;
	if (r < 0)
		return error_prefix(err, "host-local");
	if (r == 0)
		return 0;
	call->code = PLUGIN_ERROR_CHECK;
	return error_set(err, ENOENT, "host-local: %s has no address of this network",
			 call->container);
}

static int see_room(const struct lease_store *store, const struct lease_range_set *set,
		    size_t index, struct error *err)
{
	struct ip_address last = lease_store_last(store, index), address;
	struct lease_walk walk;
	char name[IP_PREFIX_TEXT_SIZE];

	lease_walk_begin(&walk, set, &last);
	while (lease_walk_next(&walk, &address) != NULL)
		if (faccessat(store->directory, ip_address_text(&address, name), F_OK, 0) < 0)
			return 0;
	return error_set(err, ENOSPC, "host-local: no address is left in %s",
			 ip_prefix_text(&set->ranges[0].subnet, name));
}

int host_local_status(struct plugin_call *call, struct error *err)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct lease_definition definition;
	int r = lease_definition_read(call, &definition, err);

	if (r == 0) {
		call->code = CNI_ERROR_UNAVAILABLE;
		r = lease_store_open(definition.directory, call->network, true, &store, err);
	}
	for (size_t i = 0; r == 0 && i < definition.n_sets; i++)
		r = see_room(&store, &definition.sets[i], i, err);
	return r;
}
