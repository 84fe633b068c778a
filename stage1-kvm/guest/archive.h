/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.h - the tree of an app as the tar archive of an image.
 */
#pragma once

#include "common/base/error.h"

/* To standard output, with the image's own manifest; sockets are left out, which is said. */
int archive_write_app(const char *app, struct error *err) MUST_CHECK;
