/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_network.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/network/veth.h"
#include "common/supervisor/metadata_url.h"
#include "common/supervisor/network_dns.h"
#include "common/supervisor/network_lock.h"
#include "common/supervisor/network_report.h"

#define DEFAULT_LOCAL_CONFIG "/etc/rkt"
#define DNS_MAX_BYTES        ((size_t)1 << 20)

struct network_places pod_network_places(const char *local_config)
{
	return (struct network_places){
		.local_config = local_config != NULL ? local_config : DEFAULT_LOCAL_CONFIG,
		.stage1_root = "stage1/rootfs",
	};
}

static int find_plugins(const struct pod_network *network, struct network_definition *definition,
			struct error *err)
{
	size_t n = definition->cni.n_plugins;
	const char **programs = arena_array(network->arena, n, const char *);
	int r = programs == NULL ? error_set(err, ENOMEM, "out of memory") : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = network_plugin_find(network->arena, &network->plugins,
					definition->cni.plugins[i].type, &programs[i], err);
	definition->programs = programs;
	return r < 0 ? error_prefix(err, "network %s (%s)", definition->cni.name, definition->file)
		     : 0;
}

static struct network_chain chain_of(const struct pod_network *network, size_t index)
{
	return (struct network_chain){ .plugins = &network->plugins,
				       .record = &network->record,
				       .network = &network->record.networks[index],
				       .netns = network->handle.path,
				       .netns_ends = network->is_ending,
				       .only_own = network->was_left };
}

static int list_ports(struct pod_network *network, struct error *err)
{
	size_t n = network->plan->n_ports;
	struct cni_port_mapping *ports =
	    arena_array(network->arena, n + 1, struct cni_port_mapping);

	if (ports == NULL)
		return error_set(err, ENOMEM, "forwarding %zu ports: out of memory", n);
	for (size_t i = 0; i < n; i++) {
		const struct plan_port *port = &network->plan->ports[i];

		ports[i] = (struct cni_port_mapping){ .host_port = port->host_port,
						      .container_port = port->pod_port,
						      .udp = port->udp,
						      .host_ip = port->host_ip };
	}
	network->record.ports = ports;
	network->record.n_ports = n;
	return 0;
}

static int prepare(struct pod_network *network, struct error *err)
{
	struct network_places places = pod_network_places(network->local_config);
	struct network_definitions definitions = { 0 };
	int r;

	network->handle = (struct network_handle)NETWORK_HANDLE_NONE;
	network->dns_file = memfd_create("resolv.conf", MFD_CLOEXEC);
	network->host_file = memfd_create("host", MFD_CLOEXEC);
	if (network->dns_file < 0 || network->host_file < 0)
		return error_from_errno(err, "making a file for what networks say of DNS");
	network->record.container_id = network->plan->uuid;
	network->record.local_config = places.local_config;
	r = network_definitions_select(network->arena, &places, network->plan, &definitions, err);
	network->record.networks = definitions.items;
	network->record.n_networks = definitions.n;
	if (r == 0)
		r = network_plugins_open(network->arena, &places, &network->plugins, err);
	for (size_t i = 0; r == 0 && i < definitions.n; i++)
		r = find_plugins(network, &definitions.items[i], err);
	if (r == 0)
		r = list_ports(network, err);
	for (size_t i = 0; r == 0 && i < definitions.n; i++) {
		struct network_chain chain = chain_of(network, i);

		r = network_chain_status(network->arena, &chain, err);
	}
	if (r < 0)
		return r;
	network->results =
	    arena_array(network->arena, network->record.n_networks + 1, struct cni_result);
	return network->results == NULL ? error_set(err, ENOMEM, "joining networks: out of memory")
					: 0;
}

/* In the words of the original, which scripts look for. */
static int say_setup_failed(struct error *err)
{
	return error_prefix(err, "stage1: failed to setup network");
}

int pod_network_prepare(struct pod_network *network, struct error *err)
{
	return prepare(network, err) < 0 ? say_setup_failed(err) : 0;
}

static int write_dns(const struct pod_network *network, struct error *err)
{
	auto_text struct text text = { 0 };
	int r =
	    network_dns_write(network->arena, network->results, network->record.n_networks, &text);

	if (r == 0)
		r = file_write_fd(network->dns_file, text_string(&text), text.length);
	return r < 0 ? error_set(err, -r, "writing what networks say of DNS: %s", strerror(-r)) : 0;
}

int pod_network_read_dns(const struct pod_network *network, const char **ret, struct error *err)
{
	auto_text struct text text = { 0 };
	const char *copy = NULL;
	int r;

	if (lseek(network->dns_file, 0, SEEK_SET) < 0)
		return error_from_errno(err, "reading what networks say of DNS");
	r = file_read_fd(network->dns_file, DNS_MAX_BYTES, &text);
	if (r == 0 && text.length > 0) {
		copy = arena_bytes(network->arena, text_string(&text), text.length);
		r = copy == NULL ? -ENOMEM : 0;
	}
	if (r < 0)
		return error_set(err, -r, "reading what networks say of DNS: %s", strerror(-r));
	*ret = copy;
	return 0;
}

static int write_host(const struct pod_network *network, struct error *err)
{
	char buffer[IP_PREFIX_TEXT_SIZE];
	const char *host = NULL;
	int r;

	if (network->plan->metadata_token == NULL)
		return 0;
	r = metadata_host_find(network->results, network->record.n_networks, buffer, &host, err);
	if (r < 0)
		return r;
	if (host == NULL)
		return error_set(
		    err, ENONET,
		    "--mds-token: no network of the pod has a gateway that is an address of this "
		    "host, so its metadata service cannot be reached there");
	r = file_write_fd(network->host_file, host, strlen(host));
	if (r < 0)
		return error_set(err, -r, "writing the host's address: %s", strerror(-r));
	return file_replace_at(network->pod_fd, METADATA_HOST_FILE, host, 0644, err);
}

int pod_network_read_host(const struct pod_network *network, const char **ret, struct error *err)
{
	char buffer[IP_PREFIX_TEXT_SIZE];
	ssize_t n = pread(network->host_file, buffer, sizeof(buffer) - 1, 0);

	if (n < 0)
		return error_from_errno(err, "reading the host's address");
	*ret = n == 0 ? NULL : arena_bytes(network->arena, buffer, (size_t)n);
	return n > 0 && *ret == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

static bool knows_gc(const struct network_record *record)
{
	for (size_t i = 0; i < record->n_networks; i++)
		if (record->networks[i].cni.version >= CNI_1_1_0)
			return true;
	return false;
}

/* Who collects what belongs to nobody finds by this name who is alive. */
static int need_name(const struct pod_network *network, struct error *err)
{
	if (!knows_gc(&network->record) || network_handle_is_named(&network->handle))
		return 0;
	return error_set(err, EROFS,
			 "no link can be made in " NETWORK_HANDLE_DIRECTORY
			 ", which networks of CNI 1.1.0 need");
}

static int lock(const struct network_record *record, int *ret_fd, struct error *err)
{
	return knows_gc(record) ? network_lock_shared(ret_fd, err) : 0;
}

/* The real namespace has gone with the pod.  Without a stand-in plugins do what they can. */
static void stand_in(struct pod_network *network, const char *interface,
		     const struct cni_result *result)
{
	struct error ignored = { 0 };

	result_ignored(network_handle_make_stand_in(interface, result, &network->handle, &ignored));
}

/*
 * What plugins that have not seen the real namespace leave to the kernel, which removes it when
 * it gets to it.
 */
static int remove_host_ends(const struct cni_result *result, struct error *err)
{
	int status = 0;

	for (size_t i = 0; i < result->n_interfaces; i++) {
		const struct cni_interface *interface = &result->interfaces[i];
		const char *mac =
		    interface->mac != NULL && interface->mac[0] != '\0' ? interface->mac : NULL;
		int r = 0;

		if (interface->sandbox == NULL || interface->sandbox[0] == '\0')
			r = veth_remove(interface->name, mac, err);
		if (r < 0)
			status = r;
	}
	return status;
}

/* One that was never joined as a whole may have nothing to leave, and its plugin complain. */
static bool is_worth_another_try(int r, const char *answer)
{
	return answer != NULL && r != -ENOENT;
}

static int leave_one(struct pod_network *network, size_t index, struct error *ret_warning,
		     struct error *err)
{
	const char *interface = network->record.networks[index].interface;
	const char *answer = network_record_load_result(network->arena, network->pod_fd, interface);
	bool is_gone = network->handle.fd < 0;
	struct cni_result result = { 0 };
	struct error mine = { 0 };
	struct network_chain chain;
	bool is_known = is_gone && !network->was_left && answer != NULL &&
			network_chain_read(network->arena, answer, "result", &result, &mine) == 0;
	int r;

	error_clear(&mine);
	if (is_known)
		stand_in(network, interface, &result);
	chain = chain_of(network, index);
	r = network_chain_del(network->arena, &chain, answer, &mine);
	if (is_gone)
		network_handle_release(&network->handle);
	if (r == 0 && is_known)
		r = remove_host_ends(&result, &mine);
	if (r == 0)
		return 0;
	if (is_worth_another_try(r, answer))
		return error_set(err, mine.code, "%s", mine.text);
	*ret_warning = mine;
	return 0;
}

/* The first n networks of the record, last to first; all of them, whatever goes wrong. */
static int leave_all(struct pod_network *network, size_t n, struct error *ret_warning,
		     struct error *err)
{
	auto_close int locked = FD_NONE;
	int status = lock(&network->record, &locked, err);

	if (status < 0)
		return status;
	for (size_t i = n; i-- > 0;) {
		int r = leave_one(network, i, ret_warning, err);

		if (r < 0)
			status = r;
	}
	network_handle_unlink(network->record.container_id);
	return status;
}

/* Leaves what was joined; settle: what becomes of the record then. */
static int leave_joined(struct pod_network *network, int (*settle)(int pod_fd, struct error *err),
			struct error *err)
{
	size_t n = network->n_joined;
	struct error ignored = { 0 };
	int r;

	network->n_joined = 0;
	if (network->handle.fd < 0) /* nothing was begun */
		return 0;
	r = leave_all(network, n, &ignored, err);
	return r < 0 ? r : settle(network->pod_fd, err);
}

/* Counted as joined before it is: what fails half way is left like the others. */
static int join_one(struct pod_network *network, struct error *err)
{
	size_t index = network->n_joined++;
	struct network_chain chain = chain_of(network, index);
	const char *answer;
	int r = network_chain_add(network->arena, &chain, &network->results[index], &answer, err);

	return r < 0 ? r
		     : network_record_save_result(network->arena, network->pod_fd,
						  chain.network->interface, answer, err);
}

static int join_all(struct pod_network *network, struct error *err)
{
	int r = 0;

	while (r == 0 && network->n_joined < network->record.n_networks)
		r = join_one(network, err);
	if (r == 0)
		r = network_report_save(network, err);
	if (r == 0)
		r = write_host(network, err);
	return r < 0 ? r : write_dns(network, err);
}

int pod_network_join_consume(struct pod_network *network, int namespace_fd, struct error *err)
{
	struct error ignored = { 0 };
	auto_close int locked = FD_NONE;
	int r = lock(&network->record, &locked, err);

	/* First of all, the namespace's name as well: who finds the record removes that, too. */
	if (r == 0)
		r = network_record_save(network->arena, network->pod_fd, &network->record, err);
	if (r == 0)
		r = network_handle_open_consume(namespace_fd, network->plan->uuid, &network->handle,
						err);
	else
		(void)close(namespace_fd);
	if (r == 0)
		r = need_name(network, err);
	if (r == 0)
		r = join_all(network, err);
	if (r == 0)
		return 0;
	/* Nothing is left to gc, or to the end of the namespace. */
	result_ignored(leave_joined(network, network_record_remove, &ignored));
	return say_setup_failed(err);
}

int pod_network_leave(struct pod_network *network, struct error *err)
{
	network->is_ending = true;
	return leave_joined(network, network_record_set_left, err);
}

void pod_network_release(struct pod_network *network)
{
	network_handle_release(&network->handle);
	cleanup_close(&network->dns_file);
	cleanup_close(&network->host_file);
}

int pod_network_collect(struct arena *arena, int pod_fd, const char *local_config,
			struct error *ret_warning, struct error *err)
{
	struct pod_network network = { .arena = arena,
				       .pod_fd = pod_fd,
				       .handle = NETWORK_HANDLE_NONE,
				       .dns_file = FD_NONE,
				       .host_file = FD_NONE };
	struct network_places places;
	int r = network_record_load(arena, pod_fd, &network.record, err);

	if (r == -ENOENT) {
		error_clear(err);
		network.was_left = true;
		r = network_record_load_left(arena, pod_fd, &network.record, err);
	}
	if (r == -ENOENT) { /* no networks */
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	places = pod_network_places(
	    network.record.local_config != NULL ? network.record.local_config : local_config);
	r = network_plugins_open(arena, &places, &network.plugins, err);
	if (r == 0)
		r = leave_all(&network, network.record.n_networks, ret_warning, err);
	return r < 0 ? r : network_record_remove(pod_fd, err);
}
