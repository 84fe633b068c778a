/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/firewall/firewall.h"

#include <errno.h>

const struct nft_place firewall_inet = { .family = NFPROTO_INET, .table = FIREWALL_TABLE };
const struct nft_place firewall_bridge = { .family = NFPROTO_BRIDGE, .table = FIREWALL_TABLE };

static int ensure(struct netlink_socket *socket, const struct nft_place *place,
		  void (*put)(struct netlink_batch *), struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r = nft_find_table(socket, place, err);

	if (r != -ENOENT)
		return r;
	error_clear(err);
	nft_begin(&batch);
	put(&batch);
	r = nft_commit(socket, &batch, err);
	if (r != -EEXIST)
		return r;
	error_clear(err); /* somebody else was quicker, with the same table */
	return 0;
}

int firewall_ensure_inet(struct netlink_socket *socket, struct error *err)
{
	return ensure(socket, &firewall_inet, firewall_put_inet, err);
}

int firewall_ensure_bridge(struct netlink_socket *socket, struct error *err)
{
	return ensure(socket, &firewall_bridge, firewall_put_bridge, err);
}

static int remove_table(struct netlink_socket *socket, const struct nft_place *place,
			struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r = nft_find_table(socket, place,
			       err); /* a transaction that fails costs ten milliseconds */

	if (r == 0) {
		nft_begin(&batch);
		nft_delete_table(&batch, place);
		r = nft_commit(socket, &batch, err);
	}
	if (r != -ENOENT)
		return r;
	error_clear(err);
	return 0;
}

int firewall_remove_inet(struct netlink_socket *socket, struct error *err)
{
	return remove_table(socket, &firewall_inet, err);
}

int firewall_remove_bridge(struct netlink_socket *socket, struct error *err)
{
	return remove_table(socket, &firewall_bridge, err);
}
