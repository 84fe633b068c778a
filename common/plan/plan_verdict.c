/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/plan_verdict.h"

#include <errno.h>

#include "common/plan/plan_pod.h"

const char *plan_verdict_kind_name(enum plan_verdict_kind kind)
{
	switch (kind) {
	case PLAN_ENFORCED:
		return "enforced";
	case PLAN_MODIFIED:
		return "modified";
	default:
		return "ignored";
	}
}

/* What a manifest wrote may hold anything: control characters would speak to the terminal. */
static void append_printable(struct text *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		(void)text_append_bytes(out, c < 0x20 || c == 0x7f ? "?" : p, 1);
	}
}

int plan_verdict_write(const struct plan_verdict *verdict, struct text *out)
{
	if (verdict->app != NULL)
		(void)text_printf(out, "%s: ", verdict->app);
	append_printable(out, verdict->request);
	if (verdict->asked[0] != '\0')
		(void)text_append_char(out, ' ');
	append_printable(out, verdict->asked);
	(void)text_printf(out, ": %s", plan_verdict_kind_name(verdict->kind));
	if (verdict->detail[0] != '\0')
		(void)text_append(out, ": ");
	append_printable(out, verdict->detail);
	return text_status(out);
}

int plan_check_strict(const struct plan *plan, struct error *err)
{
	const size_t most = 3;
	auto_text struct text list = { 0 };
	size_t n = 0;

	for (size_t i = 0; plan->strict && i < plan->n_verdicts; i++) {
		if (plan->verdicts[i].kind == PLAN_ENFORCED)
			continue;
		n++;
		if (n > most)
			continue;
		if (n > 1)
			(void)text_append(&list, "; ");
		if (plan_verdict_write(&plan->verdicts[i], &list) < 0)
			return error_set(err, ENOMEM, "strict: out of memory");
	}
	if (n == 0)
		return 0;
	if (n > most)
		(void)text_printf(&list, "; and %zu more", n - most);
	if (text_status(&list) < 0)
		return error_set(err, ENOMEM, "strict: out of memory");
	return error_set(err, ENOTSUP, "strict: %s", text_string(&list));
}
