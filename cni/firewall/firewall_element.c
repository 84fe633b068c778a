/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/firewall/firewall_element.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 64 /* the longest key: an interface's name and an address of IPv6 */

struct key {
	unsigned char bytes[KEY_MAX];
	size_t length; /* a multiple of four, as registers are */
};

struct firewall_tag firewall_tag_of(const char *network, const char *container,
				    const char *interface)
{
	struct firewall_tag tag;
	uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a */
	const char *parts[] = { network, "/", container, "/", interface };
	int n = snprintf(tag.text, sizeof(tag.text), "%s/%s/%s", network, container, interface);

	if (n < (int)sizeof(tag.text))
		return tag;
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		for (const char *c = parts[i]; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3U;
	(void)snprintf(tag.text, sizeof(tag.text), "%016llx", (unsigned long long)hash);
	return tag;
}

static void add_bytes(struct key *key, const void *bytes, size_t length)
{
	memcpy(key->bytes + key->length, bytes, length);
	key->length += (length + 3) & ~(size_t)3;
}

static void add_interface(struct key *key, const char *name)
{
	size_t length = strnlen(name, IFNAMSIZ - 1);

	memcpy(key->bytes + key->length, name, length);
	key->length += IFNAMSIZ;
}

static void add_address(struct key *key, const struct ip_address *address)
{
	add_bytes(key, address->bytes, ip_family_bytes(address->family));
}

static void add_port(struct key *key, uint16_t port)
{
	uint16_t number = htons(port);

	add_bytes(key, &number, sizeof(number));
}

static bool is_six(const struct ip_address *address)
{
	return address->family == AF_INET6;
}

static void put(struct netlink_batch *batch, const struct nft_place *place, const char *set,
		const struct key *key, const struct firewall_tag *tag)
{
	struct nft_element element = { .key = key->bytes,
				       .key_bytes = key->length,
				       .comment = tag->text };

	nft_add_element(batch, place, set, &element);
}

static void put_pair(struct netlink_batch *batch, const char *map, const struct key *key,
		     const struct key *data, const struct firewall_tag *tag)
{
	struct nft_element element = { .key = key->bytes,
				       .key_bytes = key->length,
				       .data = data->bytes,
				       .data_bytes = data->length,
				       .comment = tag->text };

	nft_add_element(batch, &firewall_inet, map, &element);
}

void firewall_put_mac(struct netlink_batch *batch, const char *port,
		      const unsigned char mac[LINK_MAC_BYTES], const struct firewall_tag *tag)
{
	struct key key = { 0 };

	add_interface(&key, port);
	add_bytes(&key, mac, LINK_MAC_BYTES);
	put(batch, &firewall_bridge, "macs", &key, tag);
}

void firewall_put_address(struct netlink_batch *batch, const char *port,
			  const struct ip_address *address, const struct firewall_tag *tag)
{
	struct key key = { 0 };

	add_interface(&key, port);
	add_address(&key, address);
	put(batch, &firewall_bridge, is_six(address) ? "addresses6" : "addresses4", &key, tag);
}

void firewall_put_masquerade(struct netlink_batch *batch, const char *interface,
			     const struct ip_address *address, const struct firewall_tag *tag)
{
	struct key key = { 0 };

	add_interface(&key, interface);
	add_address(&key, address);
	put(batch, &firewall_inet, is_six(address) ? "masquerade6" : "masquerade4", &key, tag);
}

void firewall_put_hairpin(struct netlink_batch *batch, const char *interface,
			  const struct ip_address *address, const struct firewall_tag *tag)
{
	struct key key = { 0 };

	add_interface(&key, interface);
	add_address(&key, address);
	put(batch, &firewall_inet, is_six(address) ? "hairpin6" : "hairpin4", &key, tag);
}

/* Returns the map that the port belongs to. */
static const char *key_of_port(const struct firewall_port *port, bool with_host, struct key *key)
{
	bool is_bound = with_host && port->host.family != AF_UNSPEC;

	if (is_bound)
		add_address(key, &port->host);
	add_bytes(key, &port->protocol, sizeof(port->protocol));
	add_port(key, port->host_port);
	if (is_bound)
		return is_six(&port->pod) ? "bound6" : "bound4";
	return is_six(&port->pod) ? "ports6" : "ports4";
}

void firewall_put_port(struct netlink_batch *batch, const struct firewall_port *port,
		       const struct firewall_tag *tag)
{
	struct key key = { 0 }, data = { 0 };
	const char *map = key_of_port(port, true, &key);

	add_address(&data, &port->pod);
	add_port(&data, port->pod_port);
	put_pair(batch, map, &key, &data, tag);
}

void firewall_put_loopback(struct netlink_batch *batch, const struct firewall_port *port,
			   const struct ip_address *source, const struct firewall_tag *tag)
{
	struct key key = { 0 }, data = { 0 };

	(void)key_of_port(port, false, &key);
	add_address(&data, source);
	put_pair(batch, is_six(&port->pod) ? "loopback6" : "loopback4", &key, &data, tag);
}

struct owner_search {
	const struct key *key;
	struct firewall_tag *tag;
};

static int see_owner(const struct nft_element *element, void *context)
{
	struct owner_search *search = context;

	if (element->key_bytes != search->key->length || element->comment == NULL ||
	    memcmp(element->key, search->key->bytes, element->key_bytes) != 0)
		return 0;
	(void)snprintf(search->tag->text, sizeof(search->tag->text), "%s", element->comment);
	return 1;
}

bool firewall_port_owner(struct netlink_socket *socket, const struct firewall_port *port,
			 struct firewall_tag *ret_tag)
{
	struct key key = { 0 };
	const char *map = key_of_port(port, true, &key);
	struct owner_search search = { .key = &key, .tag = ret_tag };
	struct nft_walk walk = {
		.place = &firewall_inet, .set = map, .visitor = see_owner, .context = &search
	};
	struct error ignored = { 0 };

	return nft_visit(socket, &walk, &ignored) > 0;
}

struct set_name {
	enum firewall_part part;
	const struct nft_place *place;
	const char *name;
};

static const struct set_name sets[] = {
	{ FIREWALL_BRIDGE, &firewall_bridge, "macs" },
	{ FIREWALL_BRIDGE, &firewall_bridge, "addresses4" },
	{ FIREWALL_BRIDGE, &firewall_bridge, "addresses6" },
	{ FIREWALL_MASQUERADE, &firewall_inet, "masquerade4" },
	{ FIREWALL_MASQUERADE, &firewall_inet, "masquerade6" },
	{ FIREWALL_PORTS, &firewall_inet, "bound4" },
	{ FIREWALL_PORTS, &firewall_inet, "bound6" },
	{ FIREWALL_PORTS, &firewall_inet, "ports4" },
	{ FIREWALL_PORTS, &firewall_inet, "ports6" },
	{ FIREWALL_PORTS, &firewall_inet, "loopback4" },
	{ FIREWALL_PORTS, &firewall_inet, "loopback6" },
	{ FIREWALL_PORTS, &firewall_inet, "hairpin4" },
	{ FIREWALL_PORTS, &firewall_inet, "hairpin6" },
};

struct walk {
	firewall_chooser *chooser;
	const void *context;
	const struct set_name *set;
	struct netlink_batch *removals; /* NULL: only to be counted */
	size_t n;
};

static int see_element(const struct nft_element *element, void *context)
{
	struct walk *walk = context;

	if (element->comment == NULL || !walk->chooser(element->comment, walk->context))
		return 0;
	walk->n++;
	if (walk->removals != NULL)
		nft_delete_element(walk->removals, walk->set->place, walk->set->name, element);
	return 0;
}

/* Over the sets of a part.  A table or set that is not there has no elements. */
static int visit_part(struct netlink_socket *socket, enum firewall_part part, struct walk *walk,
		      struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sets); i++) {
		struct nft_walk all = { .place = sets[i].place,
					.set = sets[i].name,
					.visitor = see_element,
					.context = walk };
		int r;

		if (sets[i].part != part)
			continue;
		walk->set = &sets[i];
		r = nft_visit(socket, &all, err);
		if (r < 0 && r != -ENOENT)
			return r;
		error_clear(err);
	}
	return 0;
}

static int remove_once(struct netlink_socket *socket, enum firewall_part part, struct walk *walk,
		       struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	nft_begin(&batch);
	walk->removals = &batch;
	walk->n = 0;
	r = visit_part(socket, part, walk, err);
	if (r < 0 || walk->n == 0)
		return r;
	return nft_commit(socket, &batch, err);
}

int firewall_remove_tagged(struct netlink_socket *socket, enum firewall_part part,
			   firewall_chooser *chooser, const void *context, struct error *err)
{
	struct walk walk = { .chooser = chooser, .context = context };
	int r = -ENOENT;

	/* -ENOENT: somebody else removed the same meanwhile. */
	for (int i = 0; i < 3 && r == -ENOENT; i++) {
		error_clear(err);
		r = remove_once(socket, part, &walk, err);
	}
	return r;
}

bool firewall_choose_tag(const char *tag, const void *context)
{
	const struct firewall_tag *wanted = context;

	return strcmp(tag, wanted->text) == 0;
}

int firewall_count(struct netlink_socket *socket, enum firewall_part part,
		   const struct firewall_tag *tag, size_t *ret_n, struct error *err)
{
	struct walk walk = { .chooser = firewall_choose_tag, .context = tag };
	int r = visit_part(socket, part, &walk, err);

	if (r == 0)
		*ret_n = walk.n;
	return r;
}

static int see_any(const struct nft_element *element, void *context)
{
	(void)element;
	(void)context;
	return 1;
}

int firewall_has_elements(struct netlink_socket *socket, bool *ret_has, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(sets); i++) {
		struct nft_walk all = { .place = sets[i].place,
					.set = sets[i].name,
					.visitor = see_any };

		r = nft_visit(socket, &all, err);
		if (r == -ENOENT) {
			error_clear(err);
			r = 0;
		}
	}
	if (r >= 0)
		*ret_has = r > 0;
	return r < 0 ? r : 0;
}
