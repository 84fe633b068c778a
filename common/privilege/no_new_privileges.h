/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no_new_privileges.h - no exec from here on gains anything: set-user-id bits
 * and file capabilities count for nothing.  Cannot be undone.  Safe between
 * clone() and exec().
 */
#pragma once

#include "common/base/error.h"

int no_new_privileges_set(struct error *err) MUST_CHECK;
