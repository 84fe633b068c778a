/* SPDX-License-Identifier: Apache-2.0 */
/* The values of isolators as a person would write them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/plan/plan_scope.h"

const char *plan_bytes_text(struct arena *arena, uint64_t bytes)
{
	static const struct {
		uint64_t unit;
		const char *suffix;
	} units[] = {
		{ (uint64_t)1 << 40, "Ti" },
		{ (uint64_t)1 << 30, "Gi" },
		{ (uint64_t)1 << 20, "Mi" },
		{ 1000000000, "G" },
		{ 1000000, "M" },
		{ (uint64_t)1 << 10, "Ki" },
		{ 1000, "k" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
		if (bytes >= units[i].unit && bytes % units[i].unit == 0)
			return arena_printf(arena, "%" PRIu64 "%s", bytes / units[i].unit,
					    units[i].suffix);
	return arena_printf(arena, "%" PRIu64, bytes);
}

const char *plan_milli_text(struct arena *arena, uint64_t milli)
{
	if (milli % 1000 == 0)
		return arena_printf(arena, "%" PRIu64, milli / 1000);
	return arena_printf(arena, "%" PRIu64 "m", milli);
}

const char *plan_capability_names(struct arena *arena, uint64_t capabilities)
{
	auto_text struct text names = { 0 };

	if (capabilities == 0)
		return "none";
	for (unsigned i = 0; i < 64; i++) {
		const char *name = isolator_capability_name(i);

		if ((capabilities >> i & 1) == 0)
			continue;
		if (names.length > 0)
			(void)text_append(&names, ", ");
		if (name != NULL)
			(void)text_append(&names, name);
		else
			(void)text_printf(&names, "%u", i);
	}
	return text_status(&names) < 0 ? NULL : arena_string(arena, text_string(&names));
}

static const char *count_text(struct arena *arena, uint64_t number)
{
	return arena_printf(arena, "%" PRIu64, number);
}

static const char *quantity_text(struct arena *arena, const struct isolator_quantity *quantity,
				 const char *(*print)(struct arena *, uint64_t))
{
	const char *request = print(arena, quantity->request);
	const char *limit = print(arena, quantity->limit);

	if (request == NULL || limit == NULL)
		return NULL;
	if (quantity->has_request && quantity->has_limit)
		return arena_printf(arena, "request=%s, limit=%s", request, limit);
	if (quantity->has_limit)
		return arena_printf(arena, "limit=%s", limit);
	return quantity->has_request ? arena_printf(arena, "request=%s", request) : "nothing";
}

/* Long lists end in "…": a verdict is one line. */
static const char *seccomp_text(struct arena *arena, const struct isolator_seccomp *seccomp)
{
	const size_t most = 8;
	auto_text struct text names = { 0 };

	for (size_t i = 0; i < seccomp->n_names && i < most; i++)
		(void)text_printf(&names, "%s%s", i > 0 ? ", " : "", seccomp->names[i]);
	if (seccomp->n_names > most)
		(void)text_printf(&names, ", and %zu more", seccomp->n_names - most);
	if (seccomp->errno_name != NULL)
		(void)text_printf(&names, " (errno %s)", seccomp->errno_name);
	return text_status(&names) < 0 ? NULL : arena_string(arena, text_string(&names));
}

static const char *isolator_text(struct arena *arena, const struct isolator *isolator)
{
	switch (isolator->kind) {
	case ISOLATOR_CPU:
		return quantity_text(arena, &isolator->quantity, plan_milli_text);
	case ISOLATOR_MEMORY:
		return quantity_text(arena, &isolator->quantity, plan_bytes_text);
	case ISOLATOR_PIDS:
		return quantity_text(arena, &isolator->quantity, count_text);
	case ISOLATOR_CPU_SHARES:
	case ISOLATOR_OOM_SCORE_ADJ:
		return arena_printf(arena, "%" PRId64, isolator->number);
	case ISOLATOR_CAPS_RETAIN:
	case ISOLATOR_CAPS_REMOVE:
		return plan_capability_names(arena, isolator->capabilities);
	case ISOLATOR_SECCOMP_RETAIN:
	case ISOLATOR_SECCOMP_REMOVE:
		return seccomp_text(arena, &isolator->seccomp);
	case ISOLATOR_NO_NEW_PRIVILEGES:
		return isolator->flag ? "true" : "false";
	case ISOLATOR_SELINUX_CONTEXT:
	case ISOLATOR_APPARMOR_PROFILE:
		return isolator->text;
	default:
		return isolator->json;
	}
}

struct plan_request plan_isolator_request(const struct plan_scope *scope,
					  const struct isolator *isolator)
{
	return (struct plan_request){ isolator->name, isolator_text(scope->arena, isolator) };
}
