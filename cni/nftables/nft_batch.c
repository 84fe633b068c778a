/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/nftables/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void put_generic(struct netlink_batch *batch, uint8_t family, uint16_t resource)
{
	struct nfgenmsg header = { .nfgen_family = family,
				   .version = NFNETLINK_V0,
				   .res_id = htons(resource) };

	netlink_put_header(batch, &header, sizeof(header));
}

static void begin(struct netlink_batch *batch, uint8_t family, uint16_t type, uint16_t flags)
{
	netlink_begin(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
	put_generic(batch, family, 0);
}

void nft_begin(struct netlink_batch *batch)
{
	netlink_begin(batch, NFNL_MSG_BATCH_BEGIN, 0);
	put_generic(batch, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	netlink_end(batch, "changing packet filter rules");
}

int nft_commit(struct netlink_socket *socket, struct netlink_batch *batch, struct error *err)
{
	size_t last = batch->last_offset;

	netlink_begin(batch, NFNL_MSG_BATCH_END, 0);
	put_generic(batch, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	netlink_end(batch, "changing packet filter rules");
	batch->last_offset = last; /* the end itself gets no receipt */
	return netlink_do(socket, batch, err);
}

void nft_add_table(struct netlink_batch *batch, const struct nft_place *place)
{
	begin(batch, place->family, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	netlink_put_string(batch, NFTA_TABLE_NAME, place->table);
	netlink_end(batch, "making the table %s", place->table);
}

void nft_delete_table(struct netlink_batch *batch, const struct nft_place *place)
{
	begin(batch, place->family, NFT_MSG_DELTABLE, 0);
	netlink_put_string(batch, NFTA_TABLE_NAME, place->table);
	netlink_end(batch, "removing the table %s", place->table);
}

void nft_add_chain(struct netlink_batch *batch, const struct nft_place *place,
		   const struct nft_chain *chain)
{
	size_t hook;

	begin(batch, place->family, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_put_string(batch, NFTA_CHAIN_TABLE, place->table);
	netlink_put_string(batch, NFTA_CHAIN_NAME, chain->name);
	if (chain->type != NULL) {
		hook = netlink_nest(batch, NFTA_CHAIN_HOOK);
		netlink_put_be32(batch, NFTA_HOOK_HOOKNUM, chain->hook);
		netlink_put_be32(batch, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
		netlink_unnest(batch, hook);
		netlink_put_be32(batch, NFTA_CHAIN_POLICY, NF_ACCEPT);
		netlink_put_string(batch, NFTA_CHAIN_TYPE, chain->type);
	}
	netlink_end(batch, "making the chain %s of table %s", chain->name, place->table);
}

void nft_add_set(struct netlink_batch *batch, const struct nft_place *place,
		 const struct nft_set *set)
{
	bool is_map = set->data_type != 0;

	begin(batch, place->family, NFT_MSG_NEWSET, NLM_F_CREATE);
	netlink_put_string(batch, NFTA_SET_TABLE, place->table);
	netlink_put_string(batch, NFTA_SET_NAME, set->name);
	netlink_put_be32(batch, NFTA_SET_ID, (uint32_t)batch->n_messages);
	netlink_put_be32(batch, NFTA_SET_FLAGS, is_map ? NFT_SET_MAP : 0);
	netlink_put_be32(batch, NFTA_SET_KEY_TYPE, set->key_type);
	netlink_put_be32(batch, NFTA_SET_KEY_LEN, set->key_bytes);
	if (is_map) {
		netlink_put_be32(batch, NFTA_SET_DATA_TYPE, set->data_type);
		netlink_put_be32(batch, NFTA_SET_DATA_LEN, set->data_bytes);
	}
	netlink_end(batch, "making the set %s of table %s", set->name, place->table);
}

static void put_value(struct netlink_batch *batch, uint16_t type, const void *value, size_t bytes)
{
	size_t data = netlink_nest(batch, type);

	netlink_put(batch, NFTA_DATA_VALUE, value, bytes);
	netlink_unnest(batch, data);
}

/* As nft(8) writes them: type 0, length, the text with its NUL. */
static void put_comment(struct netlink_batch *batch, const char *comment)
{
	char data[NFT_COMMENT_MAX + 3] = { 0 };
	size_t length = strnlen(comment, NFT_COMMENT_MAX);

	data[1] = (char)(length + 1);
	memcpy(data + 2, comment, length);
	netlink_put(batch, NFTA_SET_ELEM_USERDATA, data, length + 3);
}

static void put_element(struct netlink_batch *batch, const struct nft_place *place, const char *set,
			const struct nft_element *element)
{
	size_t list, item;

	netlink_put_string(batch, NFTA_SET_ELEM_LIST_TABLE, place->table);
	netlink_put_string(batch, NFTA_SET_ELEM_LIST_SET, set);
	list = netlink_nest(batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	item = netlink_nest(batch, NFTA_LIST_ELEM);
	put_value(batch, NFTA_SET_ELEM_KEY, element->key, element->key_bytes);
	if (element->data != NULL)
		put_value(batch, NFTA_SET_ELEM_DATA, element->data, element->data_bytes);
	if (element->comment != NULL)
		put_comment(batch, element->comment);
	netlink_unnest(batch, item);
	netlink_unnest(batch, list);
}

void nft_add_element(struct netlink_batch *batch, const struct nft_place *place, const char *set,
		     const struct nft_element *element)
{
	begin(batch, place->family, NFT_MSG_NEWSETELEM,
	      element->data != NULL ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_CREATE);
	put_element(batch, place, set, element);
	netlink_end(batch, "adding to the set %s of table %s", set, place->table);
}

void nft_delete_element(struct netlink_batch *batch, const struct nft_place *place, const char *set,
			const struct nft_element *element)
{
	struct nft_element key = { .key = element->key, .key_bytes = element->key_bytes };

	begin(batch, place->family, NFT_MSG_DELSETELEM, 0);
	put_element(batch, place, set, &key);
	netlink_end(batch, "removing from the set %s of table %s", set, place->table);
}

struct visit {
	const struct nft_walk *walk;
	int result;
};

static const void *read_value(const struct nlattr *attribute, size_t *ret_bytes)
{
	const struct nlattr *data[NFTA_DATA_VALUE + 1];

	if (attribute == NULL)
		return NULL;
	netlink_parse(netlink_data(attribute), netlink_size(attribute), data, NFTA_DATA_VALUE + 1);
	if (data[NFTA_DATA_VALUE] == NULL)
		return NULL;
	*ret_bytes = netlink_size(data[NFTA_DATA_VALUE]);
	return netlink_data(data[NFTA_DATA_VALUE]);
}

static const char *read_comment(const struct nlattr *attribute)
{
	const char *data = attribute != NULL ? netlink_data(attribute) : NULL;
	size_t size = attribute != NULL ? netlink_size(attribute) : 0;

	if (size < 3 || data[0] != 0 || (size_t)(unsigned char)data[1] + 2 > size ||
	    memchr(data + 2, '\0', (unsigned char)data[1]) == NULL)
		return NULL;
	return data + 2;
}

static void visit_element(struct visit *visit, const struct nlattr *item)
{
	const struct nlattr *attributes[NFTA_SET_ELEM_MAX + 1];
	struct nft_element element = { 0 };

	netlink_parse(netlink_data(item), netlink_size(item), attributes, NFTA_SET_ELEM_MAX + 1);
	element.key = read_value(attributes[NFTA_SET_ELEM_KEY], &element.key_bytes);
	element.data = read_value(attributes[NFTA_SET_ELEM_DATA], &element.data_bytes);
	element.comment = read_comment(attributes[NFTA_SET_ELEM_USERDATA]);
	if (element.key != NULL && visit->result == 0)
		visit->result = visit->walk->visitor(&element, visit->walk->context);
}

static int visit_message(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *attributes[NFTA_SET_ELEM_LIST_MAX + 1];
	const struct nfgenmsg *header = NLMSG_DATA(message);
	const struct nlattr *list;
	size_t left;

	if ((message->nlmsg_type & 0xff) != NFT_MSG_NEWSETELEM)
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      NFTA_SET_ELEM_LIST_MAX + 1);
	list = attributes[NFTA_SET_ELEM_LIST_ELEMENTS];
	if (list == NULL)
		return 0;
	left = netlink_size(list);
	for (const struct nlattr *item = netlink_data(list);
	     left >= sizeof(*item) && item->nla_len >= sizeof(*item) && item->nla_len <= left;) {
		size_t length =
		    NLMSG_ALIGN(item->nla_len) < left ? NLMSG_ALIGN(item->nla_len) : left;

		visit_element(context, item);
		left -= length;
		item = (const void *)((const char *)item + length);
	}
	return 0;
}

int nft_visit(struct netlink_socket *socket, const struct nft_walk *walk, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct visit visit = { .walk = walk };
	int r;

	begin(&batch, walk->place->family, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	netlink_put_string(&batch, NFTA_SET_ELEM_LIST_TABLE, walk->place->table);
	netlink_put_string(&batch, NFTA_SET_ELEM_LIST_SET, walk->set);
	netlink_end(&batch, "listing the set %s of table %s", walk->set, walk->place->table);
	r = netlink_call(socket, &batch, visit_message, &visit, err);
	return r < 0 ? r : visit.result;
}

int nft_find_table(struct netlink_socket *socket, const struct nft_place *place, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };

	begin(&batch, place->family, NFT_MSG_GETTABLE, 0);
	netlink_put_string(&batch, NFTA_TABLE_NAME, place->table);
	netlink_end(&batch, "looking for the table %s", place->table);
	return netlink_do(socket, &batch, err);
}

void nft_rule_begin(struct nft_rule *rule, struct netlink_batch *batch,
		    const struct nft_place *place, const char *chain)
{
	begin(batch, place->family, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_put_string(batch, NFTA_RULE_TABLE, place->table);
	netlink_put_string(batch, NFTA_RULE_CHAIN, chain);
	rule->batch = batch;
	rule->chain = chain;
	rule->expressions = netlink_nest(batch, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nft_rule *rule)
{
	netlink_unnest(rule->batch, rule->expressions);
	netlink_end(rule->batch, "adding a rule to the chain %s", rule->chain);
}
