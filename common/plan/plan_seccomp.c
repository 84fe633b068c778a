/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/linux/seccomp-retain-set and -remove-set: which system calls an app may make.
 *
 * Without either, the default is @rkt/default-whitelist, and what is not in it
 * returns EPERM: a program that tries a newer call and falls back must live.
 * A set that was asked for kills by SIGSYS unless it names an errno, as the
 * App Container spec demands.
 */
#include "common/plan/plan_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/plan/seccomp_sets.h"

#define DEFAULT_SET "@rkt/default-whitelist"

/* The calls without which no app starts and ends, added to every retained set (ace.md: "the minimum
 * set of syscalls required for app life-cycle"). */
static const char *const life_cycle[] = {
	"execve", "execveat", "exit", "exit_group", "restart_syscall", "rt_sigreturn", "sigreturn",
};

static int compare(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static bool is_call_name(const char *name)
{
	return name[0] != '\0' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static bool names_contain(const struct isolator_seccomp *seccomp, const char *name)
{
	for (size_t i = 0; i < seccomp->n_names; i++)
		if (strcmp(seccomp->names[i], name) == 0)
			return true;
	return false;
}

struct calls {
	const char **items;
	size_t n;
	size_t capacity;
};

static int add_calls(const struct plan_scope *scope, struct calls *calls, const char *const *items,
		     size_t n)
{
	if (n > calls->capacity - calls->n) {
		size_t capacity = 2 * calls->capacity + n + 64;
		const char **larger = arena_array(scope->arena, capacity + 1, const char *);

		if (larger == NULL)
			return plan_no_memory(scope);
		if (calls->n > 0)
			memcpy(larger, calls->items, calls->n * sizeof(*larger));
		calls->items = larger;
		calls->capacity = capacity;
	}
	for (size_t i = 0; i < n; i++)
		calls->items[calls->n++] = items[i];
	return 0;
}

static int add_set(const struct plan_scope *scope, struct calls *calls, const char *name)
{
	const struct seccomp_set *set = seccomp_set_find(name);
	const char *const *items;
	size_t n;

	if (strcmp(name, "@appc.io/empty") == 0)
		return 0;
	if (set == NULL)
		return plan_refuse(scope, EINVAL, "seccomp: no set is called %s", name);
	if (seccomp_set_calls(set, scope->arena, &items, &n) < 0)
		return plan_no_memory(scope);
	return add_calls(scope, calls, items, n);
}

static void sort_calls(struct calls *calls)
{
	size_t n = 0;

	qsort(calls->items, calls->n, sizeof(calls->items[0]), compare);
	for (size_t i = 0; i < calls->n; i++)
		if (n == 0 || strcmp(calls->items[n - 1], calls->items[i]) != 0)
			calls->items[n++] = calls->items[i];
	calls->items[n] = NULL;
	calls->n = n;
}

/* A set named twice adds nothing: remembering it keeps a hostile list from growing. */
static int add_set_once(const struct plan_scope *scope, struct calls *calls, const char *name,
			uint64_t *seen)
{
	const struct seccomp_set *set = seccomp_set_find(name);
	uint64_t bit = set == NULL ? 0 : (uint64_t)1 << (set - seccomp_set_at(0));

	if ((*seen & bit) != 0)
		return 0;
	*seen |= bit;
	return add_set(scope, calls, name);
}

static int expand(const struct plan_scope *scope, const struct isolator_seccomp *seccomp,
		  struct calls *calls)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < seccomp->n_names; i++) {
		const char *name = seccomp->names[i];
		int r;

		if (name[0] == '@')
			r = add_set_once(scope, calls, name, &seen);
		else if (!is_call_name(name))
			r = plan_refuse(scope, EINVAL, "seccomp: \"%s\" is no system call's name",
					name);
		else
			r = add_calls(scope, calls, &seccomp->names[i], 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The calls themselves are in the set's table: nearly every app has just them. */
static void plan_default(struct plan_seccomp *ret)
{
	ret->mode = PLAN_SECCOMP_ALLOW_LIST;
	ret->errno_name = "EPERM";
	ret->known_set = DEFAULT_SET;
}

static int plan_list(const struct plan_scope *scope, const struct isolator *isolator,
		     enum plan_seccomp_mode mode, struct plan_seccomp *ret)
{
	const struct isolator_seccomp *seccomp = &isolator->seccomp;
	struct calls calls = { 0 };
	int r = expand(scope, seccomp, &calls);

	if (r == 0 && mode == PLAN_SECCOMP_ALLOW_LIST)
		r = add_calls(scope, &calls, life_cycle,
			      sizeof(life_cycle) / sizeof(life_cycle[0]));
	if (r < 0)
		return r;
	if (calls.items == NULL)
		return plan_refuse(scope, EINVAL, "%s: no system call in it", isolator->name);
	sort_calls(&calls);
	ret->mode = mode;
	ret->errno_name = seccomp->errno_name;
	if (mode == PLAN_SECCOMP_ALLOW_LIST && seccomp->n_names == 1 &&
	    strcmp(seccomp->names[0], DEFAULT_SET) == 0)
		ret->known_set = DEFAULT_SET;
	else
		ret->calls = (struct plan_strings){ calls.items, calls.n };
	return plan_enforced(scope, plan_isolator_request(scope, isolator));
}

static int plan_retain(const struct plan_scope *scope, const struct isolator *isolator,
		       struct plan_seccomp *ret)
{
	if (!names_contain(&isolator->seccomp, "@appc.io/all"))
		return plan_list(scope, isolator, PLAN_SECCOMP_ALLOW_LIST, ret);
	ret->mode = PLAN_SECCOMP_NONE;
	return plan_say(scope, PLAN_ENFORCED, plan_isolator_request(scope, isolator),
			"no filter, as @appc.io/all asks");
}

static int plan_remove(const struct plan_scope *scope, const struct isolator *isolator,
		       struct plan_seccomp *ret)
{
	if (names_contain(&isolator->seccomp, "@appc.io/all"))
		return plan_refuse(scope, EINVAL, "%s: without any system call nothing can run",
				   isolator->name);
	if (!names_contain(&isolator->seccomp, "@appc.io/empty"))
		return plan_list(scope, isolator, PLAN_SECCOMP_DENY_LIST, ret);
	plan_default(ret);
	if (isolator->seccomp.errno_name != NULL)
		ret->errno_name = isolator->seccomp.errno_name;
	return plan_say(scope, PLAN_ENFORCED, plan_isolator_request(scope, isolator),
			"the default filter, as @appc.io/empty asks");
}

int plan_seccomp(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan_seccomp *ret)
{
	const struct isolator *retain = plan_isolator_find(isolators, ISOLATOR_SECCOMP_RETAIN);
	const struct isolator *remove = plan_isolator_find(isolators, ISOLATOR_SECCOMP_REMOVE);
	const struct isolator *isolator = retain != NULL ? retain : remove;

	if (retain != NULL && remove != NULL)
		return plan_refuse(scope, EINVAL, "%s and %s exclude each other", retain->name,
				   remove->name);
	if (scope->options->disable_seccomp) {
		ret->mode = PLAN_SECCOMP_NONE;
		if (isolator == NULL)
			return 0;
		return plan_say(scope, PLAN_IGNORED, plan_isolator_request(scope, isolator),
				"--disable-seccomp leaves the app without a filter");
	}
	if (retain != NULL)
		return plan_retain(scope, retain, ret);
	if (remove != NULL)
		return plan_remove(scope, remove, ret);
	plan_default(ret);
	return 0;
}
