/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/unix/sysctl: only parameters that a namespace of the pod's own holds, so
 * that no pod turns a knob of the machine (SECURITY rule M30).
 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/plan/plan_parts.h"

enum holder { HOLDER_NONE, HOLDER_NETWORK, HOLDER_IPC, HOLDER_UTS };

static const struct {
	const char *key; /* ends in a dot: all below it */
	enum holder holder;
} allowed[] = {
	{ "net.", HOLDER_NETWORK },
	{ "fs.mqueue.", HOLDER_IPC },
	{ "kernel.msgmax", HOLDER_IPC },
	{ "kernel.msgmnb", HOLDER_IPC },
	{ "kernel.msgmni", HOLDER_IPC },
	{ "kernel.sem", HOLDER_IPC },
	{ "kernel.shm_rmid_forced", HOLDER_IPC },
	{ "kernel.shmall", HOLDER_IPC },
	{ "kernel.shmmax", HOLDER_IPC },
	{ "kernel.shmmni", HOLDER_IPC },
	{ "kernel.domainname", HOLDER_UTS },
	{ "kernel.hostname", HOLDER_UTS },
};

static enum holder find_holder(const char *key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++) {
		size_t length = strlen(allowed[i].key);

		if (allowed[i].key[length - 1] == '.' ? strncmp(allowed[i].key, key, length) == 0
						      : strcmp(allowed[i].key, key) == 0)
			return allowed[i].holder;
	}
	return HOLDER_NONE;
}

/* Why a parameter is not set; NULL: it is. */
static const char *reason(const struct plan *plan, const char *key)
{
	switch (find_holder(key)) {
	case HOLDER_NETWORK:
		return plan->network == PLAN_NETWORK_HOST ? "the network is the host's" : NULL;
	case HOLDER_IPC:
		return plan->own_ipc ? NULL : "the IPC namespace is the host's";
	case HOLDER_UTS:
		return plan->own_uts ? NULL : "the host name is the host's";
	default:
		return "no namespace of a pod holds it: it would change the machine";
	}
}

static bool is_key(const char *key)
{
	size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.");

	return length > 0 && key[length] == '\0' && key[0] != '.' && key[length - 1] != '.' &&
	       strstr(key, "..") == NULL;
}

static bool is_value(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

static int plan_sysctl(const struct plan_scope *scope, const struct isolator *isolator,
		       const struct isolator_pair *pair, struct plan *ret)
{
	struct plan_request request = { isolator->name, NULL };
	const char *why = reason(ret, pair->key);

	if (!is_key(pair->key))
		return plan_refuse(scope, EINVAL, "%s: \"%s\" is not a parameter's name",
				   isolator->name, pair->key);
	if (!is_value(pair->value))
		return plan_refuse(scope, EINVAL, "%s: %s: control characters in the value",
				   isolator->name, pair->key);
	request.asked = arena_printf(scope->arena, "%s=%s", pair->key, pair->value);
	if (why != NULL)
		return plan_say(scope, PLAN_IGNORED, request, "%s", why);
	return plan_enforced(scope, request);
}

int plan_sysctls(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan *ret)
{
	const struct isolator *isolator = plan_isolator_find(isolators, ISOLATOR_SYSCTL);
	struct plan_sysctl *sysctls;

	if (isolator == NULL)
		return 0;
	sysctls = arena_array(scope->arena, isolator->pairs.n, struct plan_sysctl);
	if (sysctls == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < isolator->pairs.n; i++) {
		const struct isolator_pair *pair = &isolator->pairs.items[i];
		int r = plan_sysctl(scope, isolator, pair, ret);

		if (r < 0)
			return r;
		if (reason(ret, pair->key) == NULL)
			sysctls[ret->n_sysctls++] = (struct plan_sysctl){ pair->key, pair->value };
	}
	ret->sysctls = sysctls;
	return 0;
}
