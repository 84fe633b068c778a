/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.h - what this machine offers an isolator, what is missing, and how to mend it.
 *
 *	{"isolator":"kvm","canRun":true,"checks":[{"name":"KVM","state":"less",
 *	 "found":"the processor has neither vmx nor svm","mend":"…"}]}
 *
 * Only looks: nothing is changed, nothing stays behind.
 *
 * Ownership:  texts belong to the arena; when that has no memory, doctor_write() says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/text.h"

#define DOCTOR_MAX_CHECKS 32

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_LESS,    /* pods run, but something that they may ask for cannot be had */
	DOCTOR_MISSING, /* no pod can run */
};

struct doctor_check {
	const char *name;
	enum doctor_state state;
	const char *found;
	const char *mend; /* "": nothing to do */
};

struct doctor {
	struct arena *arena;
	const char *data_path; /* rkt's data directory; NULL: not known */
	struct doctor_check checks[DOCTOR_MAX_CHECKS];
	size_t n;
	bool no_memory;
};

/* found and mend are copied; name is not. */
void doctor_say(struct doctor *doctor, const char *name, struct doctor_check check);

/* Checks that every isolator needs: root, kernel, cgroups, system call filters, overlays. */
void doctor_look_at_kernel(struct doctor *doctor);

/* For isolators that make namespaces on this kernel. */
void doctor_look_at_namespaces(struct doctor *doctor);

/* What apps may ask of the LSMs. */
void doctor_look_at_labels(struct doctor *doctor);

bool doctor_can_run(const struct doctor *doctor);

/* "ok", "less", "missing" */
const char *doctor_state_name(enum doctor_state state);

/* Appends the JSON and a newline; -ENOMEM. */
int doctor_write(const struct doctor *doctor, const char *isolator, struct text *out) MUST_CHECK;
