/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/manifest/name.h"
#include "stage0/request/request.h"

/* Labels of letters, digits, '-' and, as the kernel and the original take it, '_'. */
static bool is_host_name(const char *name)
{
	size_t length = strlen(name);
	size_t label = 0;

	if (length == 0 || length > 63)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9');

		if (*p == '.' && label == 0)
			return false;
		if (!plain && *p != '.' && *p != '-' && *p != '_')
			return false;
		if (*p == '-' && label == 0)
			return false;
		label = *p == '.' ? 0 : label + 1;
	}
	return name[length - 1] != '-';
}

/* Nothing of these may start a new line or a new word in resolv.conf and hosts. */
static bool is_plain_word(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return text[0] != '\0';
}

static bool is_ip(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool holds(const struct option_list *list, const char *item)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

static int check_words(const struct option_list *list, const char *option, struct error *err)
{
	for (size_t i = 0; i < list->n; i++)
		if (!is_plain_word(list->items[i]))
			return error_set(err, EINVAL, "%s: \"%s\" is not valid", option,
					 list->items[i]);
	return 0;
}

static int check_dns(const struct request *request, struct error *err)
{
	bool magic = holds(&request->dns, "host") || holds(&request->dns, "none");
	bool others = request->dns.n > 1 || request->dns_search.n > 0 || request->dns_opt.n > 0 ||
		      request->dns_domain != NULL;
	int r;

	if (magic && others)
		return error_set(err, EINVAL, "--dns=%s goes with no other --dns option",
				 holds(&request->dns, "host") ? "host" : "none");
	for (size_t i = 0; !magic && i < request->dns.n; i++)
		if (!is_ip(request->dns.items[i]))
			return error_set(err, EINVAL, "--dns: \"%s\" is no IP address",
					 request->dns.items[i]);
	r = check_words(&request->dns_search, "--dns-search", err);
	if (r == 0)
		r = check_words(&request->dns_opt, "--dns-opt", err);
	if (r == 0 && request->dns_domain != NULL && !is_plain_word(request->dns_domain))
		return error_set(err, EINVAL, "--dns-domain: \"%s\" is not valid",
				 request->dns_domain);
	return r;
}

static int check_hosts_entry(const char *entry, struct error *err)
{
	const char *equals = strchr(entry, '=');
	char address[INET6_ADDRSTRLEN];
	size_t length = equals != NULL ? (size_t)(equals - entry) : 0;

	if (length == 0 || length >= sizeof(address) || !is_plain_word(equals + 1))
		return error_set(err, EINVAL, "--hosts-entry: \"%s\" is not IP=NAME", entry);
	memcpy(address, entry, length);
	address[length] = '\0';
	if (!is_ip(address))
		return error_set(err, EINVAL, "--hosts-entry: \"%s\" is no IP address", address);
	return 0;
}

static int check_hosts(const struct option_list *entries, struct error *err)
{
	if (holds(entries, "host")) {
		if (entries->n > 1)
			return error_set(err, EINVAL,
					 "--hosts-entry=host goes with no other entry");
		return 0;
	}
	for (size_t i = 0; i < entries->n; i++) {
		int r = check_hosts_entry(entries->items[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_network(const struct request *request, struct error *err)
{
	const struct option_list *networks = &request->networks;

	for (size_t i = 0; i < networks->n; i++)
		if (networks->items[i][0] == '\0')
			return error_set(err, EINVAL, "--net: an empty name");
	if (networks->n > 1 && (holds(networks, "host") || holds(networks, "none")))
		return error_set(err, EINVAL, "--net: host and none go with no other network");
	if (request->hostname != NULL && !is_host_name(request->hostname))
		return error_set(err, EINVAL, "--hostname: \"%s\" is no host name",
				 request->hostname);
	if (request->mds_register && holds(networks, "none"))
		return error_set(err, EINVAL,
				 "--mds-register: --net=none leads to no metadata service");
	return 0;
}

/* What of the request a manifest leaves no room for (run.md); NULL: nothing. */
static const char *find_conflict(const struct request *request)
{
	const struct {
		const char *what;
		bool given;
	} asked[] = {
		{ "an image", request->n_images > 0 },
		{ "--volume", request->n_volumes > 0 },
		{ "--mount", request->n_mounts > 0 },
		{ "--port", request->n_ports > 0 },
		{ "--annotation", request->annotations.n > 0 },
		{ "--inherit-env", request->inherit_env },
		{ "--set-env", request->set_env.n > 0 },
		{ "--set-env-file", request->set_env_files.n > 0 },
		{ "--no-store", request->no_store },
		{ "--store-only", request->store_only },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(asked); i++)
		if (asked[i].given)
			return asked[i].what;
	return NULL;
}

static int check_manifest(const struct request *request, struct error *err)
{
	const char *conflict;

	if (request->pod_manifest == NULL) {
		if (request->n_images == 0)
			return error_set(err, EINVAL, "an image or --pod-manifest must be given");
		return 0;
	}
	conflict = find_conflict(request);
	if (conflict == NULL)
		return 0;
	/* Scripts look for the original's words. */
	return error_set(err, EINVAL, "conflicting flags set with --pod-manifest (see --help): %s",
			 conflict);
}

static int check_image(const struct request_image *image, struct error *err)
{
	if (image->name != NULL && !name_is_ac_name(image->name))
		return error_set(err, EINVAL, "--name: \"%s\" is no valid app name", image->name);
	if (image->caps_retain.n > 0 && image->caps_remove.n > 0)
		return error_set(err, EINVAL,
				 "%s: --caps-retain and --caps-remove exclude each other",
				 image->reference);
	if (image->working_directory != NULL && image->working_directory[0] != '/')
		return error_set(err, EINVAL, "--working-dir: \"%s\" is not absolute",
				 image->working_directory);
	return 0;
}

int request_check_run(const struct request *request, struct error *err)
{
	int r = check_dns(request, err);

	if (r == 0)
		r = check_hosts(&request->hosts_entries, err);
	if (r == 0)
		r = check_network(request, err);
	return r;
}

int request_check(const struct request *request, struct error *err)
{
	int r = check_manifest(request, err);

	for (size_t i = 0; r == 0 && i < request->n_images; i++)
		r = check_image(&request->images[i], err);
	if (r == 0 && request->interactive && request->n_images > 1)
		r = error_set(err, EINVAL, "--interactive takes one image only");
	if (r == 0 && request->no_store && request->store_only)
		r = error_set(err, EINVAL, "--no-store and --store-only exclude each other");
	return r < 0 ? r : request_check_run(request, err);
}
