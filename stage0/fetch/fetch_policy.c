/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_policy.h"

#include <errno.h>
#include <string.h>

int fetch_policy_read(const struct fetch *fetch, const char *url, struct fetch_policy *ret,
		      struct error *err)
{
	struct fetch_policy policy = { .fetch = fetch };
	bool is_http = strncmp(url, "http://", strlen("http://")) == 0;
	const char *start = strstr(url, "://"), *host;
	struct config_auth auth;
	int r;

	start = start != NULL ? start + strlen("://") : url;
	host = arena_bytes(fetch->arena, start, strcspn(start, "/?#"));
	if (host == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = config_auth_read(fetch->arena, fetch->places, &auth, err);
	if (r < 0)
		return error_prefix(err, "reading credentials");
	policy.credentials = auth_find(&auth.hosts, host, is_http ? "80" : "443");
	*ret = policy;
	return 0;
}

static void put(struct json_writer *writer, const char *key, const char *value)
{
	if (value != NULL)
		json_put_string(writer, key, value);
}

void fetch_policy_write(const struct fetch_policy *policy, struct json_writer *writer)
{
	const struct auth_entry *entry = policy->credentials;

	json_put_string(writer, "agent", policy->fetch->agent);
	json_put_bool(writer, "allowHttp", policy->fetch->allow_http);
	json_put_bool(writer, "anyCertificate", policy->fetch->any_certificate);
	if (entry == NULL)
		return;
	json_begin_object(writer, "credentials");
	json_put_string(writer, "domain", entry->domain);
	json_put_string(writer, "type", auth_type_name(entry->type));
	put(writer, "user", entry->user);
	put(writer, "password", entry->password);
	put(writer, "token", entry->token);
	put(writer, "accessKeyID", entry->access_key_id);
	put(writer, "secretAccessKey", entry->secret_access_key);
	put(writer, "awsRegion", entry->aws_region);
	put(writer, "awsService", entry->aws_service);
	json_end_object(writer);
}
