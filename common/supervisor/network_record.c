/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "common/supervisor/network_plugin.h"

#define RECORD_FILE      "networks.json"
#define LEFT_FILE        "networks-left.json"
#define RECORD_MAX_BYTES ((size_t)1 << 20)
#define DIRECTORY        "net"

static int open_directory(int pod_fd, int *ret_fd, struct error *err)
{
	int fd = openat(pod_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening the directory " DIRECTORY);
	*ret_fd = fd;
	return 0;
}

/* Writes name anew and has it on disk; it is part of nothing before the record names it. */
static int write_synced(int dir_fd, const char *name, const char *data, size_t length,
			struct error *err)
{
	auto_close int fd =
	    openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		return error_from_errno(err, "creating %s", name);
	r = file_write_fd(fd, data, length);
	if (r < 0)
		return error_set(err, -r, "writing %s: %s", name, strerror(-r));
	return fsync(fd) < 0 ? error_from_errno(err, "writing %s", name) : 0;
}

/* The record and what it names may come from two directories with files of one name. */
static int choose_names(struct arena *arena, struct network_record *record)
{
	for (size_t i = 0; i < record->n_networks; i++)
		for (size_t k = 0; k < i; k++) {
			struct network_definition *network = &record->networks[i];

			if (strcmp(record->networks[k].base, network->base) != 0)
				continue;
			network->base =
			    arena_printf(arena, "%s-%s", network->interface, network->base);
			if (network->base == NULL)
				return -ENOMEM;
		}
	return 0;
}

static void put_network(struct json_writer *w, const struct network_definition *network)
{
	json_begin_object(w, NULL);
	json_put_string(w, "name", network->cni.name);
	json_put_string(w, "file", network->base);
	json_put_string(w, "interface", network->interface);
	json_put_string(w, "args", network->args);
	json_put_bool(w, "portsAdded", network->ports_added);
	if (network->programs != NULL)
		json_put_strings(w, "programs", network->programs, network->cni.n_plugins);
	json_end_object(w);
}

static int write_record(const struct network_record *record, struct text *out)
{
	struct json_writer w = { .out = out };

	json_begin_object(&w, NULL);
	json_put_string(&w, "containerId", record->container_id);
	if (record->local_config != NULL)
		json_put_string(&w, "localConfig", record->local_config);
	json_begin_array(&w, "networks");
	for (size_t i = 0; i < record->n_networks; i++)
		put_network(&w, &record->networks[i]);
	json_end_array(&w);
	json_begin_array(&w, "ports");
	for (size_t i = 0; i < record->n_ports; i++) {
		json_begin_object(&w, NULL);
		json_put_u64(&w, "hostPort", record->ports[i].host_port);
		json_put_u64(&w, "containerPort", record->ports[i].container_port);
		json_put_bool(&w, "udp", record->ports[i].udp);
		if (record->ports[i].host_ip != NULL)
			json_put_string(&w, "hostIP", record->ports[i].host_ip);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	return json_writer_finish(&w);
}

int network_record_save(struct arena *arena, int pod_fd, struct network_record *record,
			struct error *err)
{
	auto_text struct text text = { 0 };
	auto_close int dir = FD_NONE;
	int r;

	if (mkdirat(pod_fd, DIRECTORY, 0755) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the directory " DIRECTORY);
	r = open_directory(pod_fd, &dir, err);
	if (r < 0)
		return r;
	if (choose_names(arena, record) < 0 || write_record(record, &text) < 0)
		return error_set(err, ENOMEM, "writing " RECORD_FILE ": out of memory");
	for (size_t i = 0; r == 0 && i < record->n_networks; i++)
		r = write_synced(dir, record->networks[i].base, record->networks[i].text,
				 record->networks[i].length, err);
	if (r == 0 && fsync(dir) < 0)
		r = error_from_errno(err, "writing the directory " DIRECTORY);
	if (r == 0)
		r = write_synced(pod_fd, RECORD_FILE ".new", text_string(&text), text.length, err);
	if (r < 0)
		return r;
	if (renameat(pod_fd, RECORD_FILE ".new", pod_fd, RECORD_FILE) < 0 || fsync(pod_fd) < 0)
		return error_from_errno(err, "writing " RECORD_FILE);
	return 0;
}

static int check_base(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0' || string[0] == '.' || strchr(string, '/') != NULL)
		return json_refuse_string(decoder, string, "no name of a file in " DIRECTORY);
	return 0;
}

struct saved_network {
	const char *name, *file, *interface, *args;
	bool ports_added;
	const char *const *programs;
	size_t n_programs;
};

#define STRING(type, name_, member, ...)                                                           \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING, .offset = offsetof(type, member),      \
		.flags = JSON_REQUIRED, __VA_ARGS__                                                \
	}

static const struct json_field network_fields[] = {
	STRING(struct saved_network, "name", name),
	STRING(struct saved_network, "file", file, .check = check_base),
	STRING(struct saved_network, "interface", interface, .check = check_base),
	STRING(struct saved_network, "args", args),
	{ .name = "portsAdded",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct saved_network, ports_added) },
	{ .name = "programs",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct saved_network, programs),
	  .n_offset = offsetof(struct saved_network, n_programs),
	  .max = CNI_MAX_PLUGINS + 1 },
};
static const struct json_table network_table = JSON_TABLE(struct saved_network, network_fields);

static const struct json_field port_fields[] = {
	{ .name = "hostPort",
	  .kind = JSON_FIELD_U16,
	  .offset = offsetof(struct cni_port_mapping, host_port) },
	{ .name = "containerPort",
	  .kind = JSON_FIELD_U16,
	  .offset = offsetof(struct cni_port_mapping, container_port) },
	{ .name = "udp",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct cni_port_mapping, udp) },
	{ .name = "hostIP",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct cni_port_mapping, host_ip) },
};
static const struct json_table port_table = JSON_TABLE(struct cni_port_mapping, port_fields);

struct saved_record {
	const char *container_id;
	const char *local_config;
	const struct saved_network *networks;
	size_t n_networks;
	const struct cni_port_mapping *ports;
	size_t n_ports;
};

static const struct json_field record_fields[] = {
	STRING(struct saved_record, "containerId", container_id),
	{ .name = "localConfig",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct saved_record, local_config) },
	{ .name = "networks",
	  .kind = JSON_FIELD_ARRAY,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct saved_record, networks),
	  .n_offset = offsetof(struct saved_record, n_networks),
	  .table = &network_table },
	{ .name = "ports",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct saved_record, ports),
	  .n_offset = offsetof(struct saved_record, n_ports),
	  .table = &port_table },
};
static const struct json_table record_table = JSON_TABLE(struct saved_record, record_fields);

static int load_network(struct arena *arena, int dir, const struct saved_network *saved,
			struct network_definition *ret, struct error *err)
{
	struct network_definition network = { .base = saved->file, .args = saved->args };
	auto_text struct text text = { 0 };
	int r = file_read_at(dir, saved->file, CNI_NETWORK_MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	(void)snprintf(network.interface, sizeof(network.interface), "%s", saved->interface);
	network.file = arena_printf(arena, DIRECTORY "/%s", saved->file);
	network.text = arena_bytes(arena, text_string(&text), text.length);
	network.length = text.length;
	if (network.file == NULL || network.text == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", saved->file);
	r = network_definition_parse(arena, &network, err);
	if (r == 0 && saved->ports_added)
		r = network_definition_add_ports(arena, &network, err);
	if (r == 0 && saved->n_programs == network.cni.n_plugins)
		network.programs = saved->programs;
	if (r == 0)
		*ret = network;
	return r;
}

static int read_record(struct arena *arena, int pod_fd, const char *file, struct saved_record *ret,
		       struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = file, .err = err };
	auto_text struct text text = { 0 };
	struct json_source source = { .place = file };
	struct json_value value;
	int r = file_read_at(pod_fd, file, RECORD_MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	source.text = arena_bytes(arena, text_string(&text), text.length);
	source.length = text.length;
	if (source.text == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", file);
	r = json_read(arena, &source, &value, err);
	return r < 0 ? r : json_decode(&decoder, &value, &record_table, ret);
}

static int load(struct arena *arena, int pod_fd, const char *file, struct network_record *ret,
		struct error *err)
{
	struct saved_record saved = { 0 };
	struct network_record record;
	auto_close int dir = FD_NONE;
	int r = read_record(arena, pod_fd, file, &saved, err);

	if (r == 0)
		r = open_directory(pod_fd, &dir, err);
	if (r < 0)
		return r;
	record = (struct network_record){ .container_id = saved.container_id,
					  .local_config = saved.local_config,
					  .n_networks = saved.n_networks,
					  .ports = saved.ports,
					  .n_ports = saved.n_ports };
	record.networks = arena_array(arena, saved.n_networks + 1, struct network_definition);
	if (record.networks == NULL)
		return error_set(err, ENOMEM, "reading " RECORD_FILE ": out of memory");
	for (size_t i = 0; r == 0 && i < saved.n_networks; i++)
		r = load_network(arena, dir, &saved.networks[i], &record.networks[i], err);
	if (r == 0)
		*ret = record;
	return r;
}

int network_record_load(struct arena *arena, int pod_fd, struct network_record *ret,
			struct error *err)
{
	return load(arena, pod_fd, RECORD_FILE, ret, err);
}

int network_record_load_left(struct arena *arena, int pod_fd, struct network_record *ret,
			     struct error *err)
{
	return load(arena, pod_fd, LEFT_FILE, ret, err);
}

int network_record_set_left(int pod_fd, struct error *err)
{
	if (renameat(pod_fd, RECORD_FILE, pod_fd, LEFT_FILE) < 0 && errno != ENOENT)
		return error_from_errno(err, "renaming " RECORD_FILE);
	return 0;
}

int network_record_remove(int pod_fd, struct error *err)
{
	static const char *const files[] = { RECORD_FILE, LEFT_FILE };

	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		if (unlinkat(pod_fd, files[i], 0) < 0 && errno != ENOENT)
			return error_from_errno(err, "removing %s", files[i]);
	return 0;
}

int network_record_save_result(struct arena *arena, int pod_fd, const char *interface,
			       const char *result, struct error *err)
{
	const char *name = arena_printf(arena, "%s.result", interface);
	auto_close int dir = FD_NONE;
	int r = name == NULL ? error_set(err, ENOMEM, "saving a result: out of memory")
			     : open_directory(pod_fd, &dir, err);

	return r < 0 ? r : file_replace_at(dir, name, result, 0644, err);
}

const char *network_record_load_result(struct arena *arena, int pod_fd, const char *interface)
{
	const char *name = arena_printf(arena, DIRECTORY "/%s.result", interface);
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };

	if (name == NULL ||
	    file_read_at(pod_fd, name, NETWORK_ANSWER_MAX_BYTES, &text, &ignored) < 0)
		return NULL;
	return arena_bytes(arena, text_string(&text), text.length);
}
