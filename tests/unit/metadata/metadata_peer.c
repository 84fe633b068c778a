/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

#define POD "0b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage ret = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
	} else {
		check_int(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
	}
	return ret;
}

static int data_dir(const char *net_info)
{
	char path[] = "/tmp/metadata-peer-XXXXXX";
	struct error err = { 0 };
	int fd;

	test_make_directory(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(file_make_directories(fd, "pods/run/" POD, 0700, &err), &err);
	if (net_info != NULL) {
		auto_close int pod =
		    openat(fd, "pods/run/" POD, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		check_ok(file_replace_at(pod, "net-info.json", net_info, 0644, &err), &err);
	}
	return fd;
}

static bool is_pod(int data, const char *peer, const char *own)
{
	struct sockaddr_storage from = address(peer), here = address(own);

	return peer_is_pod(data, POD, (struct sockaddr *)&from, (struct sockaddr *)&here);
}

TEST(a_pod_with_networks_has_their_addresses_only)
{
	auto_close int data = data_dir("[{\"netName\":\"a\",\"ip\":\"172.16.28.2\"},"
				       "{\"netName\":\"b\",\"ip\":\"fd00::2/64\"}]");

	check_true(is_pod(data, "172.16.28.2", "172.16.28.1"));
	check_true(is_pod(data, "::ffff:172.16.28.2", "::ffff:172.16.28.1"));
	check_true(is_pod(data, "fd00::2", "fd00::1"));
	check_true(!is_pod(data, "172.16.28.3", "172.16.28.1"));
	check_true(!is_pod(data, "fd00::3", "fd00::1"));
	check_true(!is_pod(data, "127.0.0.1", "127.0.0.1"));
	check_true(!is_pod(data, "172.16.28.1", "172.16.28.1"));
}

static void check_host(int data)
{
	check_true(is_pod(data, "127.0.0.1", "127.0.0.1"));
	check_true(is_pod(data, "127.8.8.8", "127.0.0.1"));
	check_true(is_pod(data, "::ffff:127.0.0.1", "::ffff:127.0.0.1"));
	check_true(is_pod(data, "::1", "::1"));
	check_true(is_pod(data, "192.0.2.7", "192.0.2.7"));
	check_true(!is_pod(data, "192.0.2.8", "192.0.2.7"));
	check_true(!is_pod(data, "2001:db8::1", "2001:db8::2"));
}

TEST(a_pod_in_the_network_of_the_host_has_its_addresses)
{
	auto_close int absent = data_dir(NULL);

	check_host(absent);
}

TEST(a_pod_with_an_empty_list_is_in_the_network_of_the_host)
{
	auto_close int empty = data_dir("[]");

	check_host(empty);
}

TEST(a_damaged_list_is_nobodys)
{
	auto_close int data = data_dir("[{\"ip\":");

	check_true(!is_pod(data, "127.0.0.1", "127.0.0.1"));
}

TEST(without_a_data_directory_the_token_alone_counts)
{
	check_true(is_pod(FD_NONE, "192.0.2.8", "192.0.2.7"));
}
