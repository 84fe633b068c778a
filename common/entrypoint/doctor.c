/* SPDX-License-Identifier: Apache-2.0 */
/* doctor - prints what this machine offers the isolator, as JSON (common/doctor/doctor.h). */
#include "common/doctor/doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/entrypoint/entrypoint.h"
#include "common/option/option.h"

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

int entrypoint_doctor(const struct entrypoint_call *call, struct error *err)
{
	const struct stage1 *stage1 = call->stage1;
	struct doctor_options options = { 0 };
	struct doctor doctor = { .arena = call->arena };
	struct option_set set = { .specs = specs,
				  .n_specs = ARRAY_LENGTH(specs),
				  .target = &options };
	const struct option_input input = { .sets = &set, .n_sets = 1, .arena = call->arena };
	int used;
	int r = option_parse(&input, call->n, call->args, &used, err);

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
