/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/run_options.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/base/uuid.h"

/* What the table fills: texts, which are given their meaning afterwards. */
struct run_arguments {
	struct run_options options;
	struct option_list networks;
	const char *private_users;
	const char *dns_modes;
	const char *ipc;
	const char *uuid;
};

#define TARGET(member) offsetof(struct run_arguments, member)

static const char *const ipc_modes[] = { "auto", "private", "parent", NULL };

static const struct option_spec specs[] = {
	{ .name = "debug",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.debug),
	  .help = "Say what is planned and what could not be enforced." },
	{ .name = "net",
	  .kind = OPTION_SPLIT,
	  .offset = TARGET(networks),
	  .value_name = "NETWORK[:ARGS][,…]",
	  .implied = "default",
	  .help = "Join a network; may be given more than once.",
	  .default_text = "default" },
	{ .name = "mds-token",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(options.plan.mds_token),
	  .value_name = "TOKEN",
	  .help = "Identify the pod to the metadata service." },
	{ .name = "interactive",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.plan.interactive),
	  .help = "Connect the app to the caller's terminal." },
	{ .name = "local-config",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(options.local_config),
	  .value_name = "DIR",
	  .help = "Directory of the local configuration.",
	  .completion = OPTION_COMPLETE_DIRECTORY },
	{ .name = "hostname",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(options.plan.hostname),
	  .value_name = "NAME",
	  .help = "Host name of the pod.",
	  .default_text = "rkt-UUID" },
	{ .name = "private-users",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(private_users),
	  .value_name = "BASE:COUNT",
	  .help = "Run in a user namespace whose ids start at BASE on the host." },
	{ .name = "disable-capabilities-restriction",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.plan.disable_capabilities),
	  .help = "Leave the apps all capabilities." },
	{ .name = "disable-paths",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.plan.disable_paths),
	  .help = "Neither mask nor write-protect parts of /proc and /sys." },
	{ .name = "disable-seccomp",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.plan.disable_seccomp),
	  .help = "Run the apps without system call filters." },
	{ .name = "dns-conf-mode",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(dns_modes),
	  .value_name = "resolv=MODE,hosts=MODE",
	  .help = "Where /etc/resolv.conf and /etc/hosts come from: host, stage0, none, default." },
	{ .name = "mutable",
	  .kind = OPTION_FLAG,
	  .offset = TARGET(options.plan.mutable_pod),
	  .help = "Start a pod whose apps come and go." },
	{ .name = "ipc",
	  .kind = OPTION_TEXT,
	  .offset = TARGET(ipc),
	  .value_name = "MODE",
	  .choices = ipc_modes,
	  .help = "IPC namespace: auto, private or parent.",
	  .default_text = "auto" },
};

struct option_set run_options_table(void)
{
	return (struct option_set){ .title = "Options",
				    .specs = specs,
				    .n_specs = ARRAY_LENGTH(specs) };
}

static int take_uuid(void *context, const char *argument, struct error *err)
{
	struct run_arguments *arguments = context;

	if (arguments->uuid != NULL)
		return error_set(err, EINVAL, "argument \"%s\": one pod's UUID is enough",
				 argument);
	if (!uuid_is_valid(argument))
		return error_set(err, EINVAL, "argument \"%s\": not a pod's UUID", argument);
	arguments->uuid = argument;
	return 0;
}

/* "BASE:COUNT"; the range must lie in what a uid can be. */
static int parse_private_users(struct arena *arena, const char *text, struct plan_options *plan,
			       struct error *err)
{
	char *base = arena_string(arena, text);
	char *colon = base != NULL ? strchr(base, ':') : NULL;

	if (base == NULL)
		return error_set(err, ENOMEM, "--private-users: out of memory");
	if (colon != NULL)
		*colon = '\0';
	if (colon == NULL || parse_id(base, &plan->user_base) < 0 ||
	    parse_id(colon + 1, &plan->user_count) < 0 || plan->user_count == 0 ||
	    plan->user_base > PARSE_ID_MAX - plan->user_count)
		return error_set(err, EINVAL,
				 "--private-users=%s: not BASE:COUNT with ids below 4294967295",
				 text);
	plan->has_private_users = true;
	return 0;
}

static int parse_dns_mode(const char *text, enum plan_dns_mode *ret)
{
	static const char *const names[] = { [PLAN_DNS_DEFAULT] = "default",
					     [PLAN_DNS_HOST] = "host",
					     [PLAN_DNS_STAGE0] = "stage0",
					     [PLAN_DNS_NONE] = "none" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum plan_dns_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_dns_modes(struct arena *arena, const char *text, struct plan_options *plan,
			   struct error *err)
{
	char *rest = arena_string(arena, text);
	char *part;

	if (rest == NULL)
		return error_set(err, ENOMEM, "--dns-conf-mode: out of memory");
	while ((part = strsep(&rest, ",")) != NULL) {
		int r = -EINVAL;

		if (strncmp(part, "resolv=", strlen("resolv=")) == 0)
			r = parse_dns_mode(part + strlen("resolv="), &plan->resolv_conf);
		else if (strncmp(part, "hosts=", strlen("hosts=")) == 0)
			r = parse_dns_mode(part + strlen("hosts="), &plan->hosts);
		if (r < 0)
			return error_set(err, EINVAL,
					 "--dns-conf-mode=%s: \"%s\" is neither resolv=MODE nor "
					 "hosts=MODE with host, stage0, none or default",
					 text, part);
	}
	return 0;
}

static enum plan_ipc ipc_mode(const char *text)
{
	if (text != NULL && strcmp(text, "private") == 0)
		return PLAN_IPC_PRIVATE;
	if (text != NULL && strcmp(text, "parent") == 0)
		return PLAN_IPC_PARENT;
	return PLAN_IPC_AUTO;
}

static int interpret(struct arena *arena, struct run_arguments *arguments, struct error *err)
{
	struct plan_options *plan = &arguments->options.plan;
	int r;

	if (arguments->uuid == NULL)
		return error_set(err, EINVAL, "the pod's UUID is missing");
	plan->uuid = arguments->uuid;
	plan->networks = arguments->networks.items;
	plan->n_networks = arguments->networks.n;
	plan->ipc = ipc_mode(arguments->ipc);
	if (plan->hostname != NULL && plan->hostname[0] == '\0')
		plan->hostname = NULL;
	if (arguments->private_users != NULL && arguments->private_users[0] != '\0') {
		r = parse_private_users(arena, arguments->private_users, plan, err);
		if (r < 0)
			return r;
	}
	if (arguments->dns_modes != NULL)
		return parse_dns_modes(arena, arguments->dns_modes, plan, err);
	return 0;
}

int run_options_parse(struct arena *arena, int n, char *const args[], struct run_options *ret,
		      struct error *err)
{
	struct run_arguments arguments = { 0 };
	struct option_set set = run_options_table();
	struct option_input input = { .sets = &set,
				      .n_sets = 1,
				      .arena = arena,
				      .positional = take_uuid,
				      .context = &arguments };
	int used;
	int r;

	set.target = &arguments;
	r = option_parse(&input, n, args, &used, err);
	if (r < 0)
		return r;
	if (used < n)
		return error_set(err, EINVAL, "argument \"%s\": nothing may follow \"--\"",
				 args[used]);
	r = interpret(arena, &arguments, err);
	if (r < 0)
		return r;
	*ret = arguments.options;
	return 0;
}
