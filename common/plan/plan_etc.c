/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/resolv.conf, /etc/hosts and /etc/hostname: who provides them.
 *
 * Precedence, as rkt's dns.md has it: the command line, what networks say, a
 * volume on the file, the image's own, a default.  A volume on a directory above the file hides
 * whatever is put there, so with one the file is left alone.
 */
#include <errno.h>
#include <string.h>

#include "common/plan/plan_parts.h"

static const char resolv_conf_path[] = "/etc/resolv.conf";
static const char hosts_path[] = "/etc/hosts";
static const char hostname_path[] = "/etc/hostname";

/* Whether a mode was asked for that puts a file in place. */
static bool is_explicit(enum plan_dns_mode mode)
{
	return mode == PLAN_DNS_HOST || mode == PLAN_DNS_STAGE0;
}

bool plan_etc_overrides(const struct plan_options *options, const char *target)
{
	return (is_explicit(options->resolv_conf) && strcmp(target, resolv_conf_path) == 0) ||
	       (is_explicit(options->hosts) && strcmp(target, hosts_path) == 0);
}

static const struct plan_mount *find_cover(const struct plan_app *app, const char *path)
{
	for (size_t i = 0; i < app->n_mounts; i++)
		if (plan_target_covers(app->mounts[i].target, path))
			return &app->mounts[i];
	return NULL;
}

static const char *mode_name(enum plan_dns_mode mode)
{
	return mode == PLAN_DNS_HOST ? "host" : mode == PLAN_DNS_STAGE0 ? "stage0" : "none";
}

/* The verdict of an app whose volume hides the file that the option provides. */
static int say_hidden(const struct plan_scope *scope, const char *what, enum plan_dns_mode mode,
		      const struct plan_mount *cover)
{
	struct plan_request request = { "--dns-conf-mode", arena_printf(scope->arena, "%s=%s", what,
									mode_name(mode)) };

	return plan_say(scope, PLAN_IGNORED, request, "the volume on %s hides it", cover->target);
}

static int plan_resolv_conf(const struct plan_scope *scope, const struct plan *pod,
			    struct plan_app *ret)
{
	enum plan_dns_mode mode = scope->options->resolv_conf;
	const struct plan_mount *cover = find_cover(ret, resolv_conf_path);

	ret->resolv_conf.source = PLAN_ETC_KEEP;
	if (mode == PLAN_DNS_DEFAULT && pod->network == PLAN_NETWORK_PLUGINS &&
	    (cover == NULL || strcmp(cover->target, resolv_conf_path) == 0))
		ret->resolv_conf.source = PLAN_ETC_NETWORKS;
	if (cover != NULL)
		return is_explicit(mode) ? say_hidden(scope, "resolv", mode, cover) : 0;
	if (mode == PLAN_DNS_STAGE0)
		ret->resolv_conf.source = PLAN_ETC_STAGE0;
	if (mode == PLAN_DNS_HOST ||
	    (mode == PLAN_DNS_DEFAULT && pod->network == PLAN_NETWORK_HOST))
		ret->resolv_conf.source = PLAN_ETC_HOST;
	return 0;
}

/* As the original has it: the pod's own name is one more of localhost's. */
static const char *hosts_content(struct arena *arena, const char *hostname)
{
	const char *space = hostname != NULL ? " " : "";

	if (hostname == NULL)
		hostname = "";
	return arena_printf(arena,
			    "127.0.0.1 localhost localhost.domain localhost4 "
			    "localhost4.localdomain4%s%s\n"
			    "::1 localhost localhost.domain localhost6 "
			    "localhost6.localdomain6%s%s\n",
			    space, hostname, space, hostname);
}

static int plan_hosts(const struct plan_scope *scope, const struct plan *pod, struct plan_app *ret)
{
	enum plan_dns_mode mode = scope->options->hosts;
	const struct plan_mount *cover = find_cover(ret, hosts_path);

	ret->hosts.source = PLAN_ETC_KEEP;
	if (cover != NULL)
		return is_explicit(mode) ? say_hidden(scope, "hosts", mode, cover) : 0;
	if (mode == PLAN_DNS_HOST)
		ret->hosts.source = PLAN_ETC_HOST;
	if (mode == PLAN_DNS_STAGE0)
		ret->hosts.source = PLAN_ETC_STAGE0;
	if (mode != PLAN_DNS_DEFAULT)
		return 0;
	ret->hosts.source = PLAN_ETC_GENERATED_IF_MISSING;
	ret->hosts.content = hosts_content(scope->arena, pod->hostname);
	return ret->hosts.content == NULL ? plan_no_memory(scope) : 0;
}

/* What an image says of its name is not the pod's. */
static int plan_hostname(const struct plan_scope *scope, const struct plan *pod,
			 struct plan_app *ret)
{
	ret->hostname.source = PLAN_ETC_KEEP;
	if (!pod->own_uts || pod->hostname == NULL || find_cover(ret, hostname_path) != NULL)
		return 0;
	ret->hostname.source = PLAN_ETC_GENERATED;
	ret->hostname.content = arena_printf(scope->arena, "%s\n", pod->hostname);
	return ret->hostname.content == NULL ? plan_no_memory(scope) : 0;
}

int plan_etc(const struct plan_scope *scope, const struct plan *pod, struct plan_app *ret)
{
	int r = plan_resolv_conf(scope, pod, ret);

	if (r == 0)
		r = plan_hosts(scope, pod, ret);
	return r < 0 ? r : plan_hostname(scope, pod, ret);
}

int plan_etc_options(const struct plan_scope *scope)
{
	const struct {
		const char *what;
		enum plan_dns_mode mode;
	} asked[] = {
		{ "resolv", scope->options->resolv_conf },
		{ "hosts", scope->options->hosts },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct plan_request request = { "--dns-conf-mode", NULL };
		int r;

		if (asked[i].mode == PLAN_DNS_DEFAULT)
			continue;
		request.asked =
		    arena_printf(scope->arena, "%s=%s", asked[i].what, mode_name(asked[i].mode));
		r = plan_enforced(scope, request);
		if (r < 0)
			return r;
	}
	return 0;
}
