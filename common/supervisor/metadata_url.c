/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/metadata_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "common/network/host_address.h"

/* The first gateway of that family that is the host's own, into *ret; NULL: none. */
static int find_own(const struct cni_result *result, int family, const struct ip_address **ret,
		    struct error *err)
{
	for (size_t i = 0; i < result->n_ips; i++) {
		const struct ip_address *gateway = &result->ips[i].gateway;
		bool is_own = false;
		int r = 0;

		if (gateway->family == family)
			r = host_address_is_there(family, gateway->bytes, &is_own, err);
		if (r < 0)
			return r;
		if (is_own) {
			*ret = gateway;
			return 0;
		}
	}
	return 0;
}

int metadata_host_find(const struct cni_result *results, size_t n,
		       char buffer[static IP_PREFIX_TEXT_SIZE], const char **ret, struct error *err)
{
	static const int families[] = { AF_INET, AF_INET6 };
	const struct ip_address *host = NULL;
	int r = 0;

	for (size_t f = 0; f < ARRAY_LENGTH(families) && host == NULL; f++)
		for (size_t i = n; r == 0 && i-- > 0 && host == NULL;)
			r = find_own(&results[i], families[f], &host, err);
	if (r == 0)
		*ret = host == NULL ? NULL : ip_address_text(host, buffer);
	return r;
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
