/* SPDX-License-Identifier: Apache-2.0 */
#include "common/doctor/doctor.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "common/json/json_writer.h"

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok", [DOCTOR_LESS] = "less", [DOCTOR_MISSING] = "missing"
	};

	return names[state];
}

void doctor_say(struct doctor *doctor, const char *name, struct doctor_check check)
{
	struct doctor_check *said = &doctor->checks[doctor->n];

	if (doctor->n == ARRAY_LENGTH(doctor->checks))
		return;
	*said = (struct doctor_check){ .name = name, .state = check.state };
	said->found = arena_string(doctor->arena, check.found != NULL ? check.found : "");
	said->mend = arena_string(doctor->arena, check.mend != NULL ? check.mend : "");
	if (said->found == NULL || said->mend == NULL)
		doctor->no_memory = true;
	else
		doctor->n++;
}

bool doctor_can_run(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->n; i++) {
		if (doctor->checks[i].state == DOCTOR_MISSING)
			return false;
	}
	return true;
}

int doctor_write(const struct doctor *doctor, const char *isolator, struct text *out)
{
	struct json_writer writer = { .out = out };
	int r;

	if (doctor->no_memory)
		return -ENOMEM;
	json_begin_object(&writer, NULL);
	json_put_string(&writer, "isolator", isolator);
	json_put_bool(&writer, "canRun", doctor_can_run(doctor));
	json_begin_array(&writer, "checks");
	for (size_t i = 0; i < doctor->n; i++) {
		json_begin_object(&writer, NULL);
		json_put_string(&writer, "name", doctor->checks[i].name);
		json_put_string(&writer, "state", doctor_state_name(doctor->checks[i].state));
		json_put_string(&writer, "found", doctor->checks[i].found);
		json_put_string(&writer, "mend", doctor->checks[i].mend);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	json_end_object(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}
