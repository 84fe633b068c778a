/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - prints what this machine offers the isolator or, of a running pod, whether its networks
 * are as they were made; as JSON (common/doctor/doctor.h).
 */
#include "common/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/pod_argument.h"
#include "common/option/option.h"
#include "common/supervisor/network_check.h"

struct doctor_options {
	const char *data_path;
};

static const struct option_spec specs[] = {
	{ .name = "dir",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct doctor_options, data_path),
	  .value_name = "DIR",
	  .help = "rkt's data directory.",
	  .completion = OPTION_COMPLETE_DIRECTORY },
};

static int print(const struct doctor *doctor, const char *isolator, struct error *err)
{
	auto_text struct text out = { 0 };
	int r = doctor_write(doctor, isolator, &out);

	if (r == 0)
		r = file_write_fd(STDOUT_FILENO, text_string(&out), out.length);
	return r < 0 ? error_set(err, -r, "printing what was found: %s", strerror(-r)) : 0;
}

static void say_network(struct doctor *doctor, const struct network_check *check)
{
	static const enum doctor_state states[] = {
		[NETWORK_CHECK_PASSED] = DOCTOR_OK,
		[NETWORK_CHECK_IMPOSSIBLE] = DOCTOR_LESS,
		[NETWORK_CHECK_FAILED] = DOCTOR_MISSING,
	};
	const char *name =
	    arena_printf(doctor->arena, "network %s (%s)", check->network, check->interface);
	bool failed = check->state == NETWORK_CHECK_FAILED;

	doctor->no_memory |= name == NULL;
	doctor_say(
	    doctor, name,
	    (struct doctor_check){ .state = states[check->state],
				   .found = check->found != NULL ? check->found : "as it was made",
				   .mend = failed ? "stop the pod and run it anew" : check->mend });
}

static int look_at_networks(struct doctor *doctor, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct network_check *checks = NULL;
	size_t n;
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = network_check_pod(doctor->arena, pod_fd, &checks, &n, err);
	if (r == 0 && n > DOCTOR_MAX_CHECKS)
		r = error_set(err, E2BIG, "more than %d networks", DOCTOR_MAX_CHECKS);
	for (size_t i = 0; r == 0 && i < n; i++)
		say_network(doctor, &checks[i]);
	if (r == 0 && n == 0)
		doctor_say(doctor, "networks",
			   (struct doctor_check){ .found = "the pod has none of its own" });
	return r;
}

static int examine_pod(const struct entrypoint_call *call, struct error *err)
{
	const struct option_set none = { 0 };
	struct doctor doctor = { .arena = call->arena };
	struct pod_argument pod;
	int r = pod_argument_parse(&none, call, &pod, err);

	if (r == 0)
		r = look_at_networks(&doctor, err);
	return r < 0 ? r : print(&doctor, call->stage1->traits->name, err);
}

int entrypoint_doctor(const struct entrypoint_call *call, struct error *err)
{
	const struct stage1 *stage1 = call->stage1;
	struct doctor_options options = { 0 };
	struct doctor doctor = { .arena = call->arena };
	struct option_set set = { .specs = specs,
				  .n_specs = ARRAY_LENGTH(specs),
				  .target = &options };
	const struct option_input input = { .sets = &set, .n_sets = 1, .arena = call->arena };
	int used, r;

	if (call->n > 0 && call->args[0][0] != '-')
		return examine_pod(call, err);
	r = option_parse(&input, call->n, call->args, &used, err);
	if (r < 0)
		return r;
	doctor.data_path = options.data_path;
	doctor_look_at_kernel(&doctor);
	if (stage1->examine != NULL) {
		stage1->examine(&doctor);
	} else {
		if (stage1->traits->own_pid)
			doctor_look_at_namespaces(&doctor);
		doctor_look_at_labels(&doctor);
	}
	return print(&doctor, stage1->traits->name, err);
}
