/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/plan_scope.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

int plan_no_memory(const struct plan_scope *scope)
{
	return error_set(scope->err, ENOMEM, "planning the pod: out of memory");
}

static int grow(const struct plan_scope *scope)
{
	struct plan_verdicts *verdicts = scope->verdicts;
	size_t capacity = verdicts->capacity == 0 ? 16 : 2 * verdicts->capacity;
	struct plan_verdict *items = arena_array(scope->arena, capacity, struct plan_verdict);

	if (items == NULL)
		return plan_no_memory(scope);
	if (verdicts->n > 0)
		memcpy(items, verdicts->items, verdicts->n * sizeof(*items));
	verdicts->items = items;
	verdicts->capacity = capacity;
	return 0;
}

static const char *print(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static const char *print(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;
	char *text = NULL;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n >= 0)
		text = arena_alloc(arena, (size_t)n + 1, 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)n + 1, fmt, args);
	return text;
}

static int add_verdict(const struct plan_scope *scope, enum plan_verdict_kind kind,
		       struct plan_request request, const char *detail)
{
	struct plan_verdicts *verdicts = scope->verdicts;

	if (detail == NULL || request.asked == NULL)
		return plan_no_memory(scope);
	if (verdicts->n == verdicts->capacity && grow(scope) < 0)
		return -ENOMEM;
	verdicts->items[verdicts->n++] = (struct plan_verdict){
		.app = scope->app,
		.request = request.name,
		.asked = request.asked,
		.kind = kind,
		.detail = detail,
	};
	return 0;
}

int plan_enforced(const struct plan_scope *scope, struct plan_request request)
{
	return add_verdict(scope, PLAN_ENFORCED, request, "");
}

int plan_say(const struct plan_scope *scope, enum plan_verdict_kind kind,
	     struct plan_request request, const char *detail, ...)
{
	const char *text;
	va_list args;

	va_start(args, detail);
	text = print(scope->arena, detail, args);
	va_end(args);
	return add_verdict(scope, kind, request, text);
}

int plan_refuse(const struct plan_scope *scope, int code, const char *fmt, ...)
{
	char text[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (scope->app == NULL)
		return error_set(scope->err, code, "%s", text);
	return error_set(scope->err, code, "app %s: %s", scope->app, text);
}

const struct isolator *plan_isolator_find(const struct plan_isolators *isolators,
					  enum isolator_kind kind)
{
	for (size_t i = isolators->n; i > 0; i--)
		if (isolators->items[i - 1].kind == kind)
			return &isolators->items[i - 1];
	return NULL;
}

bool plan_isolator_is_replaced(const struct plan_isolators *isolators, size_t index)
{
	for (size_t i = index + 1; i < isolators->n; i++)
		if (strcmp(isolators->items[i].name, isolators->items[index].name) == 0)
			return true;
	return false;
}
