/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of an app: what the manifest says, with the executor's own
 * AC_APP_NAME, AC_METADATA_URL and container behind it, as the original orders
 * it.  Those three say where the app runs, so a manifest cannot forge them.
 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/plan/plan_parts.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct variables {
	struct manifest_pair *items;
	size_t n;
};

/* A later value takes the place of an earlier one of the same name. */
static void set_variable(struct variables *variables, const char *name, const char *value)
{
	for (size_t i = 0; i < variables->n; i++) {
		if (strcmp(variables->items[i].name, name) == 0) {
			variables->items[i].value = value;
			return;
		}
	}
	variables->items[variables->n++] = (struct manifest_pair){ name, value };
}

static int write_variables(const struct plan_scope *scope, const struct variables *variables,
			   struct plan_strings *ret)
{
	const char **items = arena_array(scope->arena, variables->n + 1, const char *);

	if (items == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < variables->n; i++) {
		items[i] = arena_printf(scope->arena, "%s=%s", variables->items[i].name,
					variables->items[i].value);
		if (items[i] == NULL)
			return plan_no_memory(scope);
	}
	ret->items = items;
	ret->n = variables->n;
	return 0;
}

int plan_environment(const struct plan_scope *scope, const struct manifest_pairs *asked,
		     const char *metadata_url, struct plan_strings *ret)
{
	const size_t n_own = 4;
	struct variables variables = { 0 };

	if (asked->n > PLAN_MAX_VARIABLES)
		return plan_refuse(scope, EINVAL, "%zu environment variables: at most %d", asked->n,
				   PLAN_MAX_VARIABLES);
	variables.items = arena_array(scope->arena, asked->n + n_own, struct manifest_pair);
	if (variables.items == NULL)
		return plan_no_memory(scope);
	if (manifest_pairs_get(asked, "PATH") == NULL)
		set_variable(&variables, "PATH", default_path);
	for (size_t i = 0; i < asked->n; i++) {
		const char *name = asked->items[i].name;

		if (name[0] == '\0' || strchr(name, '=') != NULL)
			return plan_refuse(scope, EINVAL, "environment variable \"%s\": not a name",
					   name);
		set_variable(&variables, name, asked->items[i].value);
	}
	set_variable(&variables, "AC_APP_NAME", scope->app);
	if (metadata_url != NULL)
		set_variable(&variables, "AC_METADATA_URL", metadata_url);
	set_variable(&variables, "container", "rkt");
	return write_variables(scope, &variables, ret);
}
