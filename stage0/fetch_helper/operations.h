/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operations.h - what rkt-fetch can do; fetch_protocol.h says what goes in and out.
 *
 * Each is called once, in its jail, and reports all but the outcome.
 */
#pragma once

#include "stage0/fetch_helper/fetch_request.h"

int operation_get(struct arena *arena, const struct fetch_request *request,
		  struct error *err) MUST_CHECK;
int operation_discover(struct arena *arena, const struct fetch_request *request,
		       struct error *err) MUST_CHECK;
int operation_verify(struct arena *arena, const struct fetch_request *request,
		     struct error *err) MUST_CHECK;
int operation_keys(struct arena *arena, const struct fetch_request *request,
		   struct error *err) MUST_CHECK;
