/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_record.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "tests/unit/test.h"

static const char single[] = "{\"name\":\"a\",\"type\":\"ptp\",\"own\":[1]}";
static const char list[] =
    "{\"name\":\"b\",\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"bridge\"}]}";

static struct network_definition define(struct arena *arena, const char *base, const char *text,
					const char *interface)
{
	struct network_definition definition = {
		.file = base, .base = base, .text = text, .length = strlen(text), .args = "A=b"
	};
	struct error err = { 0 };

	(void)snprintf(definition.interface, sizeof(definition.interface), "%s", interface);
	check_ok(network_definition_parse(arena, &definition, &err), &err);
	return definition;
}

static int open_place(char *path)
{
	int fd;

	test_make_directory(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(fd >= 0);
	return fd;
}

TEST(what_is_saved_is_loaded_again)
{
	const struct cni_port_mapping ports[] = {
		{ .host_port = 8080, .container_port = 80, .host_ip = "127.0.0.1" },
		{ .host_port = 53, .container_port = 5353, .udp = true },
	};
	char path[] = "/tmp/network-record-XXXXXX";
	auto_arena struct arena arena = { 0 };
	auto_close int fd = open_place(path);
	struct network_definition networks[] = {
		define(&arena, "10.conf", single, "eth0"),
		define(&arena, "10.conflist", list, "eth1"),
		define(&arena, "10.conf", single, "eth2"), /* of another directory */
	};
	const char *const programs[] = { "/opt/cni/bin/bridge", "/usr/lib/cni/portmap" };
	struct network_record record = { .container_id = "id",
					 .local_config = "/etc/other",
					 .networks = networks,
					 .n_networks = 3,
					 .ports = ports,
					 .n_ports = 2 };
	struct network_record loaded;
	struct error err = { 0 };

	check_ok(network_definition_add_ports(&arena, &networks[1], &err), &err);
	networks[1].programs = programs;
	check_ok(network_record_save(&arena, fd, &record, &err), &err);
	check_ok(network_record_load(&arena, fd, &loaded, &err), &err);
	check_text(loaded.container_id, "id");
	check_text(loaded.local_config, "/etc/other");
	check_true(loaded.networks[0].programs == NULL);
	check_text(loaded.networks[1].programs[1], "/usr/lib/cni/portmap");
	check_uint(loaded.n_networks, 3);
	check_text(loaded.networks[0].cni.name, "a");
	check_text(loaded.networks[0].args, "A=b");
	check_text(loaded.networks[1].interface, "eth1");
	check_uint(loaded.networks[1].cni.n_plugins, 2);
	check_text(loaded.networks[1].cni.plugins[1].type, "portmap");
	check_true(loaded.networks[1].ports_added && !loaded.networks[2].ports_added);
	check_text(loaded.networks[2].base, "eth2-10.conf");
	check_uint(loaded.n_ports, 2);
	check_text(loaded.ports[0].host_ip, "127.0.0.1");
	check_true(loaded.ports[1].udp && loaded.ports[1].host_ip == NULL);
	check_uint(loaded.ports[1].container_port, 5353);
}

TEST(a_result_is_kept_by_interface)
{
	char path[] = "/tmp/network-record-XXXXXX";
	auto_arena struct arena arena = { 0 };
	auto_close int fd = open_place(path);
	struct network_definition networks[] = { define(&arena, "10.conf", single, "eth0") };
	struct network_record record = { .container_id = "id",
					 .networks = networks,
					 .n_networks = 1 };
	struct error err = { 0 };

	check_ok(network_record_save(&arena, fd, &record, &err), &err);
	check_true(network_record_load_result(&arena, fd, "eth0") == NULL);
	check_ok(network_record_save_result(&arena, fd, "eth0", "{\"x\":1}", &err), &err);
	check_text(network_record_load_result(&arena, fd, "eth0"), "{\"x\":1}");
	check_true(network_record_load_result(&arena, fd, "eth1") == NULL);
}

TEST(what_was_removed_is_gone_and_can_be_removed_again)
{
	char path[] = "/tmp/network-record-XXXXXX";
	auto_arena struct arena arena = { 0 };
	auto_close int fd = open_place(path);
	struct network_record record = { .container_id = "id" };
	struct network_record loaded = { .n_networks = 99 };
	struct error err = { 0 };

	check_int(network_record_load(&arena, fd, &loaded, &err), -ENOENT);
	check_ok(network_record_save(&arena, fd, &record, &err), &err);
	check_ok(network_record_remove(fd, &err), &err);
	check_ok(network_record_remove(fd, &err), &err);
	check_int(network_record_load(&arena, fd, &loaded, &err), -ENOENT);
	check_uint(loaded.n_networks, 99);
}

TEST(a_record_that_was_not_written_here_is_refused)
{
	const struct {
		const char *text, *message;
	} cases[] = {
		{ "{", "networks.json: line 1" },
		{ "{\"networks\":[]}", "networks.json: containerId: missing" },
		{ "{\"containerId\":\"x\",\"networks\":[{\"name\":\"a\",\"file\":\"../../etc/"
		  "shadow\","
		  "\"interface\":\"eth0\",\"args\":\"\"}]}",
		  "networks.json: networks[0].file: \"../../etc/shadow\"" },
	};
	char path[] = "/tmp/network-record-XXXXXX";
	auto_close int fd = open_place(path);

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct network_record loaded;
		struct error err = { 0 };

		check_ok(file_replace_at(fd, "networks.json", cases[i].text, 0644, &err), &err);
		check_int(network_record_load(&arena, fd, &loaded, &err), -EINVAL);
		check_contains(err.text, cases[i].message);
	}
}
