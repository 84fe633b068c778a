/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/machine_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "common/supervisor/pod_cgroups.h"
#include "stage1-kvm/entry.h"
#include "stage1-kvm/isolate.h"

/* How long a guest may take to count, in ms: one without hardware virtualization has little time
 * for this. */
static const int patience_ms = 20000;

static const char place[] = "the guest's answer";

/* All that comes until the guest's process ends, within bounds. */
static int read_answer(int fd, struct text *ret, struct error *err)
{
	int64_t deadline_ms = deadline_after_ms(patience_ms);
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0) {
		if (poll(&wanted, 1, deadline_left_ms(deadline_ms)) == 0)
			return error_set(err, ETIMEDOUT, "%s: it does not come", place);
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno != EINTR)
			return error_from_errno(err, "%s", place);
		if (n < 0)
			n = 1;
		else if (ret->length + (size_t)n > POD_USAGE_MAX_BYTES)
			return error_set(err, EFBIG, "%s: it is too long", place);
		else if (text_append_bytes(ret, bytes, (size_t)n) < 0)
			return error_set(err, ENOMEM, "%s: out of memory", place);
	}
	return 0;
}

static int ask_guest(const struct pod_counts_request *request, struct text *ret, struct error *err)
{
	auto_close int leader = FD_NONE, from_guest = FD_NONE, to_us = FD_NONE;
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ends[2];
	int r;

	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "asking the guest");
	from_guest = ends[0];
	to_us = ends[1];
	r = entry_ask_counts(request->pod->apps[0].name, (const int[]){ null, to_us, null },
			     &leader, err);
	cleanup_close(&to_us);
	return r < 0 ? r : read_answer(from_guest, ret, err);
}

/* The guest counts the apps that the pod has, no others. */
static int check_apps(const struct pod_manifest *pod, const struct pod_usage *usage,
		      struct error *err)
{
	bool same = usage->n_apps == pod->n_apps;

	for (size_t i = 0; same && i < pod->n_apps; i++)
		same = strcmp(usage->apps[i].name, pod->apps[i].name) == 0;
	return same ? 0 : error_set(err, EPROTO, "%s: it is of other apps", place);
}

int machine_counts_read(const struct pod_counts_request *request, struct pod_usage *ret,
			struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	auto_text struct text answer = { .cap = POD_USAGE_MAX_BYTES };
	struct pod_usage usage = { 0 };
	int r = ask_guest(request, &answer, err);

	if (r == 0)
		r = pod_usage_read(request->arena, &answer, place, &usage, err);
	if (r == 0)
		r = check_apps(request->pod, &usage, err);
	if (r == 0)
		r = pod_cgroups_find(request->arena, request->pod_fd, request->uuid, &cgroup, err);
	if (r < 0)
		return r;
	usage.isolator = request->isolator;
	usage.has_machine = true;
	pod_counts_read_one(&cgroup, ISOLATE_MACHINE, &usage.machine);
	*ret = usage;
	return 0;
}
