/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/metadata_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/base/file.h"

static const struct ip_address *find_gateway(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].gateway.family == family)
			return &result->ips[i].gateway;
	return NULL;
}

static const struct ip_address *find_host(const struct cni_result *results, size_t n)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t f = 0; f < ARRAY_LENGTH(families); f++)
		for (size_t i = n; i-- > 0;) {
			const struct ip_address *host = find_gateway(&results[i], families[f]);

			if (host != NULL)
				return host;
		}
	return NULL;
}

const char *metadata_host_find(const struct cni_result *results, size_t n,
			       char buffer[static IP_PREFIX_TEXT_SIZE])
{
	const struct ip_address *host = find_host(results, n);

	return host == NULL ? NULL : ip_address_text(host, buffer);
}

int metadata_host_read(struct arena *arena, int pod_fd, const char **ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(pod_fd, METADATA_HOST_FILE, IP_PREFIX_TEXT_SIZE, &text, err);

	*ret = NULL;
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	*ret = arena_string(arena, text_string(&text));
	return *ret == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int add_variable(struct arena *arena, struct app_resources *resources, const char *variable)
{
	const char **all;
	size_t n = 0;

	while (resources->environment[n] != NULL)
		n++;
	all = arena_array(arena, n + 2, const char *);
	if (all == NULL || variable == NULL)
		return -ENOMEM;
	memcpy(all, resources->environment, n * sizeof(*all));
	all[n] = variable;
	resources->environment = all;
	return 0;
}

int metadata_url_take(struct arena *arena, const struct plan *plan, const char *host,
		      struct app_resources *resources, struct error *err)
{
	bool ipv6;

	if (plan->metadata_token == NULL || host == NULL)
		return 0;
	ipv6 = strchr(host, ':') != NULL;
	if (add_variable(arena, resources,
			 arena_printf(arena, "AC_METADATA_URL=http://%s%s%s:%d/%s", ipv6 ? "[" : "",
				      host, ipv6 ? "]" : "", METADATA_SERVICE_PORT,
				      plan->metadata_token)) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}
