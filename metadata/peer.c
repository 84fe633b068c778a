/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_reader.h"

#define NET_INFO_MAX ((size_t)1 << 20)

/* An IPv4 address, mapped or not, as the IPv6 one that it is mapped to. */
static bool address_of(const struct sockaddr *from, struct in6_addr *ret)
{
	if (from->sa_family == AF_INET6) {
		*ret = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
		return true;
	}
	if (from->sa_family != AF_INET)
		return false;
	*ret = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(&ret->s6_addr[12], &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	return true;
}

/* "172.16.28.2" or "172.16.28.2/24". */
static bool parse_address(const char *text, struct in6_addr *ret)
{
	char address[INET6_ADDRSTRLEN + sizeof("::ffff:")];
	size_t length = strcspn(text, "/");

	if (length >= INET6_ADDRSTRLEN)
		return false;
	(void)snprintf(address, sizeof(address), "%s%.*s",
		       memchr(text, ':', length) != NULL ? "" : "::ffff:", (int)length, text);
	return inet_pton(AF_INET6, address, ret) == 1;
}

static bool is_listed(const struct json_value *networks, const struct in6_addr *peer)
{
	for (size_t i = 0; networks->kind == JSON_VALUE_ARRAY && i < networks->array.n; i++) {
		const struct json_value *ip = json_value_member(&networks->array.items[i], "ip");
		struct in6_addr address;

		if (ip != NULL && ip->kind == JSON_VALUE_STRING &&
		    parse_address(ip->string, &address) && IN6_ARE_ADDR_EQUAL(&address, peer))
			return true;
	}
	return false;
}

static bool is_of_host(const struct in6_addr *peer, const struct sockaddr *own)
{
	struct in6_addr end;
	bool loopback =
	    IN6_IS_ADDR_LOOPBACK(peer) || (IN6_IS_ADDR_V4MAPPED(peer) && peer->s6_addr[12] == 127);

	return loopback || (own != NULL && address_of(own, &end) && IN6_ARE_ADDR_EQUAL(&end, peer));
}

bool peer_is_pod(int data_dir, const char *uuid, const struct sockaddr *peer,
		 const struct sockaddr *own)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct json_value networks;
	struct error err = { 0 };
	struct in6_addr address;
	char path[PATH_MAX];
	int r;

	if (data_dir < 0)
		return true;
	if (peer == NULL || !address_of(peer, &address))
		return false;
	(void)snprintf(path, sizeof(path), "pods/run/%s/net-info.json", uuid);
	r = file_read_at(data_dir, path, NET_INFO_MAX, &text, &err);
	if (r == -ENOENT)
		return is_of_host(&address, own);
	if (r == 0)
		r = json_read(&arena,
			      &(const struct json_source){ .text = text_string(&text),
							   .length = text.length,
							   .place = "net-info.json" },
			      &networks, &err);
	return r == 0 && (networks.kind == JSON_VALUE_ARRAY && networks.array.n > 0
			      ? is_listed(&networks, &address)
			      : is_of_host(&address, own));
}
