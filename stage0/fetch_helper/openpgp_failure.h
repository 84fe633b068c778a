/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openpgp_failure.h - what GPGME says, as an error of ours.
 */
#pragma once

#include <gpgme.h>

#include "common/base/error.h"

/* "doing: what gpg says"; -EIO, -ENOMEM. */
int openpgp_failed(gpgme_error_t result, const char *doing, struct error *err);
