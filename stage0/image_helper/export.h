/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - rkt-image as the writer of an image file; store_export_protocol.h.
 */
#pragma once

#include <stdbool.h>

/* Whether it was called for that. */
bool export_is_meant(int argc, char *const argv[]);

/* The whole of main() then: returns the exit status. */
int export_run(int argc, char *const argv[]);
