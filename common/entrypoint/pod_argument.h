/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_argument.h - command lines of an entrypoint's options and one pod's UUID.
 */
#pragma once

#include "common/entrypoint/entrypoint.h"
#include "common/option/option.h"

struct pod_argument {
	const char *uuid; /* a valid one: safe as a path */
};

/* Parses call's arguments with a table; -EINVAL when the UUID is missing, doubled or none. */
int pod_argument_parse(const struct option_set *set, const struct entrypoint_call *call,
		       struct pod_argument *ret, struct error *err) MUST_CHECK;
