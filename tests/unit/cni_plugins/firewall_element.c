/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/firewall/firewall_element.h"

#include <arpa/inet.h>
#include <sched.h>

#include "tests/unit/test.h"

static struct ip_address address(const char *text)
{
	struct ip_address parsed = { 0 };

	check_int(ip_address_parse(text, &parsed), 0);
	return parsed;
}

TEST(a_tag_is_readable_or_a_hash)
{
	char container[201];
	struct firewall_tag short_one = firewall_tag_of("net", "pod", "eth0"), one, other;

	memset(container, 'c', sizeof(container) - 1);
	container[sizeof(container) - 1] = '\0';
	check_text(short_one.text, "net/pod/eth0");
	one = firewall_tag_of("net", container, "eth0");
	other = firewall_tag_of("net", container, "eth1");
	check_uint(strlen(one.text), 16);
	check_uint(strspn(one.text, "0123456789abcdef"), 16);
	check_true(strcmp(one.text, other.text) != 0);
	check_true(firewall_choose_tag(one.text, &one) && !firewall_choose_tag(one.text, &other));
}

static void enter_network(struct netlink_socket *socket)
{
	struct error err = { 0 };

	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
	check_ok(netlink_open(NETLINK_NETFILTER, socket, &err), &err);
	check_ok(firewall_ensure_inet(socket, &err), &err);
	check_ok(firewall_ensure_bridge(socket, &err), &err);
	check_ok(firewall_ensure_inet(socket, &err), &err); /* it is there now */
}

static int put_port(struct netlink_socket *socket, const struct firewall_port *port,
		    const struct firewall_tag *tag, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };

	nft_begin(&batch);
	firewall_put_port(&batch, port, tag);
	return nft_commit(socket, &batch, err);
}

TEST(a_port_belongs_to_one)
{
	auto_netlink struct netlink_socket socket = NETLINK_SOCKET_NONE;
	struct firewall_tag mine = firewall_tag_of("n", "one", "eth0"),
			    theirs = firewall_tag_of("n", "two", "eth0"), owner = { 0 };
	struct firewall_port port = { .host_port = 80,
				      .protocol = IPPROTO_TCP,
				      .pod = address("10.1.0.2"),
				      .pod_port = 8080 };
	struct error err = { 0 };
	size_t n = 0;

	enter_network(&socket);
	check_ok(put_port(&socket, &port, &mine, &err), &err);
	port.pod = address("10.1.0.3");
	check_int(put_port(&socket, &port, &theirs, &err), -EEXIST);
	check_true(firewall_port_owner(&socket, &port, &owner));
	check_text(owner.text, "n/one/eth0");
	port.host = address("192.0.2.1"); /* one address is another key */
	check_true(!firewall_port_owner(&socket, &port, &owner));
	error_clear(&err);
	check_ok(put_port(&socket, &port, &theirs, &err), &err);
	check_ok(firewall_remove_tagged(&socket, FIREWALL_PORTS, firewall_choose_tag, &mine, &err),
		 &err);
	check_ok(firewall_count(&socket, FIREWALL_PORTS, &mine, &n, &err), &err);
	check_uint(n, 0);
	check_ok(firewall_count(&socket, FIREWALL_PORTS, &theirs, &n, &err), &err);
	check_uint(n, 1);
}

TEST(elements_of_a_bridge_are_counted_and_removed_by_tag)
{
	auto_netlink struct netlink_socket socket = NETLINK_SOCKET_NONE;
	auto_batch struct netlink_batch batch = { 0 };
	struct firewall_tag tag = firewall_tag_of("n", "one", "eth0");
	const unsigned char mac[LINK_MAC_BYTES] = { 2, 0, 0, 0, 0, 1 };
	struct ip_address four = address("10.1.0.2"), six = address("fd00::2");
	struct error err = { 0 };
	size_t n = 0;

	enter_network(&socket);
	nft_begin(&batch);
	firewall_put_mac(&batch, "veth0", mac, &tag);
	firewall_put_address(&batch, "veth0", &four, &tag);
	firewall_put_address(&batch, "veth0", &six, &tag);
	firewall_put_masquerade(&batch, "br0", &four, &tag);
	check_ok(nft_commit(&socket, &batch, &err), &err);
	check_ok(firewall_count(&socket, FIREWALL_BRIDGE, &tag, &n, &err), &err);
	check_uint(n, 3);
	check_ok(firewall_count(&socket, FIREWALL_MASQUERADE, &tag, &n, &err), &err);
	check_uint(n, 1);
	check_ok(firewall_remove_tagged(&socket, FIREWALL_BRIDGE, firewall_choose_tag, &tag, &err),
		 &err);
	check_ok(firewall_count(&socket, FIREWALL_BRIDGE, &tag, &n, &err), &err);
	check_uint(n, 0);
}

TEST(what_fails_in_a_transaction_undoes_the_whole)
{
	auto_netlink struct netlink_socket socket = NETLINK_SOCKET_NONE;
	auto_batch struct netlink_batch batch = { 0 };
	struct firewall_tag tag = firewall_tag_of("n", "one", "eth0");
	struct ip_address four = address("10.1.0.2");
	struct error err = { 0 };
	size_t n = 9;

	enter_network(&socket);
	nft_begin(&batch);
	firewall_put_masquerade(&batch, "br0", &four, &tag);
	nft_delete_element(&batch, &firewall_inet, "no-such-set",
			   &(struct nft_element){ .key = "abcd", .key_bytes = 4 });
	check_int(nft_commit(&socket, &batch, &err), -ENOENT);
	check_contains(err.text, "removing from the set no-such-set of table rkt-cni");
	error_clear(&err);
	check_ok(firewall_count(&socket, FIREWALL_MASQUERADE, &tag, &n, &err), &err);
	check_uint(n, 0);
}

TEST(where_there_is_no_table_there_is_nothing_to_remove)
{
	auto_netlink struct netlink_socket socket = NETLINK_SOCKET_NONE;
	struct firewall_tag tag = firewall_tag_of("n", "one", "eth0");
	struct error err = { 0 };

	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
	check_ok(netlink_open(NETLINK_NETFILTER, &socket, &err), &err);
	check_ok(firewall_remove_tagged(&socket, FIREWALL_PORTS, firewall_choose_tag, &tag, &err),
		 &err);
}
