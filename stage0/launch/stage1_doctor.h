/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1_doctor.h - asking a stage1 what this machine offers it, or how the networks of a pod are.
 *
 * The stage1's doctor entrypoint is run from its tree in the store, or beside the pod; it prints
 * what it has found (common/doctor/doctor.h).
 *
 * Ownership:  all of it lies in the call's arena.
 * Errors:     -errno with err: the stage1 cannot be asked, or does not answer as it should.
 */
#pragma once

#include "stage0/launch/launch.h"

struct examined_check {
	const char *name, *state, *found, *mend;
};

struct examined {
	const char *stage1;   /* its name and version; of a pod: NULL */
	const char *pod;      /* its UUID; NULL: it is about the machine */
	const char *isolator; /* what it calls itself: "fly" */
	bool can_run;         /* of a pod: all is in order */
	const struct examined_check *checks;
	size_t n_checks;
};

/* Of the stage1 that the launch has chosen. */
int stage1_doctor(const struct launch *launch, struct examined *ret, struct error *err) MUST_CHECK;

/* Of the stage1 of a running pod, about that; the UUID may be shortened, or a name. */
int stage1_doctor_pod(const struct launch *launch, const char *uuid, struct examined *ret,
		      struct error *err) MUST_CHECK;
