/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peek.h - rkt-image as a reader of images that are not imported; store_peek_protocol.h.
 */
#pragma once

#include <stdbool.h>

/* Whether it was called for that. */
bool peek_is_meant(int argc, char *const argv[]);

/* The whole of main() then: returns the exit status. */
int peek_run(int argc, char *const argv[]);
