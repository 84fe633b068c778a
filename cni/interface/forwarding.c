/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/forwarding.h"

#include <string.h>

#include "cni/interface/interface_setting.h"
#include "cni/netlink/address.h"

/* What one interface's own switch is called; NULL: this kernel has none. */
static const char *switch_of(int family, const char *interface)
{
	if (family == AF_INET)
		return "forwarding";
	return interface_setting_read(AF_INET6, interface, "force_forwarding") >= 0
		   ? "force_forwarding"
		   : NULL;
}

/* The machine goes on believing in routers, which a router does not do by itself. */
static int keep_advertisements(const char *interface, struct error *err)
{
	if (interface_setting_read(AF_INET6, interface, "accept_ra") != 1)
		return 0;
	return interface_setting_write(AF_INET6, interface, "accept_ra", "2", err);
}

#define ONLY_FOR_PODS "forwards only since pods need it"

static int other_family(int family)
{
	return family == AF_INET ? AF_INET6 : AF_INET;
}

/* By its own switch, or since all interfaces do. */
static bool does_forward(int family, const char *interface)
{
	const char *own = switch_of(family, interface);

	return interface_setting_read(family, "all", "forwarding") == 1 ||
	       (own != NULL && interface_setting_read(family, interface, own) > 0);
}

/*
 * How an uplink is noted that does not forward a family yet: what it forwards later is for pods,
 * but for the other family when that was on before.
 */
static const char *comment_for(int family, const char *interface)
{
	if (!does_forward(other_family(family), interface))
		return ONLY_FOR_PODS;
	return family == AF_INET ? "IPv4: " ONLY_FOR_PODS : "IPv6: " ONLY_FOR_PODS;
}

static int note_uplink(const struct forwarding *forwarding, int family, const char *interface,
		       struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	char name[IFNAMSIZ] = { 0 };
	struct nft_element element = { .key = name,
				       .key_bytes = sizeof(name),
				       .comment = comment_for(family, interface) };

	(void)strncpy(name, interface, IFNAMSIZ - 1);
	nft_begin(&batch);
	nft_add_element(&batch, &firewall_inet, "uplinks", &element);
	return nft_commit(forwarding->firewall, &batch, err);
}

static int open_uplink(const struct forwarding *forwarding, int family, const struct link *link,
		       struct error *err)
{
	const char *own = switch_of(family, link->name);
	int r = 0;

	if (strcmp(link->name, "lo") == 0 || strcmp(link->name, forwarding->interface) == 0 ||
	    (link->group & LINK_GROUP_OUR_MASK) == LINK_GROUP_POD)
		return 0;
	if (own == NULL)
		return keep_advertisements(link->name, err);
	if (interface_setting_read(family, link->name, own) > 0)
		return 0; /* by an administrator, or by us before */
	r = note_uplink(forwarding, family, link->name, err); /* first the lock, then the door */
	if (r == 0)
		r = interface_setting_write(family, link->name, own, "1", err);
	return r;
}

static int open_uplinks(const struct forwarding *forwarding, int family, struct error *err)
{
	struct route_uplinks uplinks;
	int r = route_uplinks(forwarding->route, family, &uplinks, err);

	for (size_t i = 0; r == 0 && i < uplinks.n; i++) {
		struct link link;

		r = link_get(forwarding->route, NULL, uplinks.links[i], &link, err);
		if (r == 0)
			r = open_uplink(forwarding, family, &link, err);
		if (r == -ENODEV || r == -ENOENT) { /* it has gone meanwhile */
			error_clear(err);
			r = 0;
		}
	}
	return r;
}

int forwarding_enable(const struct forwarding *forwarding, int family, struct error *err)
{
	const char *own = switch_of(family, forwarding->interface);
	int r;

	if (interface_setting_read(family, "all", "forwarding") == 1)
		return 0;
	r = open_uplinks(forwarding, family, err);
	if (r < 0)
		return error_prefix(err, "letting the machine forward");
	if (own == NULL)
		return interface_setting_write(family, "all", "forwarding", "1", err);
	return interface_setting_write(family, forwarding->interface, own, "1", err);
}

/* When the machine was made a router later, its interfaces are no longer ours to switch. */
static int switch_off(int family, const char *interface, struct error *err)
{
	const char *own = switch_of(family, interface);

	if (own == NULL || interface_setting_read(family, "all", "forwarding") == 1)
		return 0;
	return interface_setting_write_if_there(family, interface, own, "0", err);
}

struct withdrawal {
	bool is_foreign; /* an element that is not ours */
	struct error *err;
};

static int withdraw_uplink(const struct nft_element *element, void *context)
{
	struct withdrawal *withdrawal = context;
	const char *comment = element->comment != NULL ? element->comment : "";
	const char *text = strstr(comment, ONLY_FOR_PODS);
	char name[IFNAMSIZ] = { 0 };
	int r = 0;

	if (text == NULL || element->key_bytes != IFNAMSIZ) {
		withdrawal->is_foreign = true;
		return 0;
	}
	memcpy(name, element->key, IFNAMSIZ - 1);
	if (text == comment || strncmp(comment, "IPv4", 4) == 0)
		r = switch_off(AF_INET, name, withdrawal->err);
	if (r == 0 && (text == comment || strncmp(comment, "IPv6", 4) == 0))
		r = switch_off(AF_INET6, name, withdrawal->err);
	return r;
}

int forwarding_withdraw(struct netlink_socket *firewall, bool *ret_is_needed, struct error *err)
{
	struct withdrawal withdrawal = { .err = err };
	const struct nft_walk uplinks = { .place = &firewall_inet,
					  .set = "uplinks",
					  .visitor = withdraw_uplink,
					  .context = &withdrawal };
	int r = nft_visit(firewall, &uplinks, err);

	if (r == -ENOENT) { /* no table */
		error_clear(err);
		r = 0;
	}
	*ret_is_needed = withdrawal.is_foreign;
	return r;
}
