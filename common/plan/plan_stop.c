/* SPDX-License-Identifier: Apache-2.0 */
/* How an app is told to stop, how long it may take, and whether it says that it is ready. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/plan/plan_parts.h"

static const char stop_signal_annotation[] = "appc.io/executor/stop-signal";
static const char notify_annotation[] = "appc.io/executor/supports-systemd-notify";
static const char grace_annotation[] = "coreos.com/rkt/stage2/stop-grace-seconds";

static const uint32_t default_grace_ms = 10000;
static const uint32_t most_grace_seconds = 24 * 60 * 60;

/* As C libraries and images count them; the kernel's first two belong to the C library. */
static const int first_realtime = 34;
static const int last_signal = 64;

static int realtime_number(const char *offset, int *ret)
{
	uint32_t n = 0;
	int r = 0;

	if (offset[0] == '+')
		r = parse_u32(offset + 1, (uint32_t)(last_signal - first_realtime), &n);
	else if (offset[0] != '\0')
		r = -EINVAL;
	if (r < 0)
		return -EINVAL;
	*ret = first_realtime + (int)n;
	return 0;
}

int plan_signal_number(const char *text, int *ret)
{
	const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint32_t number;

	if (parse_u32(text, (uint32_t)last_signal, &number) == 0) {
		if (number == 0)
			return -EINVAL;
		*ret = (int)number;
		return 0;
	}
	if (strncmp(name, "RTMIN", 5) == 0)
		return realtime_number(name + 5, ret);
	for (int i = 1; i < first_realtime; i++) {
		const char *known = sigabbrev_np(i);

		if (known != NULL && strcmp(known, name) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* pods.md: the app's annotations in the pod manifest come before the image's. */
static const char *find_annotation(const struct plan_app_input *input, const char *name)
{
	const char *value = manifest_pairs_get(&input->app->annotations, name);

	if (value == NULL && input->image != NULL)
		value = manifest_pairs_get(&input->image->annotations, name);
	return value;
}

static int plan_grace(const struct plan_scope *scope, const struct plan_app_input *input,
		      uint32_t *ret_ms)
{
	const char *value = manifest_pairs_get(&input->app->annotations, grace_annotation);
	uint32_t seconds;

	if (value == NULL)
		value = manifest_pairs_get(&input->pod->annotations, grace_annotation);
	*ret_ms = default_grace_ms;
	if (value == NULL)
		return 0;
	if (parse_u32(value, most_grace_seconds, &seconds) < 0)
		return plan_refuse(scope, EINVAL, "annotation %s: \"%s\" is not 0 to %u seconds",
				   grace_annotation, value, (unsigned)most_grace_seconds);
	*ret_ms = seconds * 1000;
	return 0;
}

int plan_stop(const struct plan_scope *scope, const struct plan_app_input *input,
	      struct plan_app *ret)
{
	const char *signal_text = find_annotation(input, stop_signal_annotation);
	const char *notify_text = find_annotation(input, notify_annotation);
	int notify = 0;

	ret->stop_signal = SIGTERM;
	if (signal_text != NULL && plan_signal_number(signal_text, &ret->stop_signal) < 0)
		return plan_refuse(scope, EINVAL, "annotation %s: \"%s\" is not a signal",
				   stop_signal_annotation, signal_text);
	/* Anything but a true value is false: an image may carry what it likes here. */
	if (notify_text != NULL && parse_bool(notify_text, &notify) < 0)
		notify = 0;
	ret->notify = notify != 0;
	return plan_grace(scope, input, &ret->stop_grace_ms);
}
