/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_find.h - an image of the store by a reference that is parsed already.
 */
#pragma once

#include "stage0/store/store_reference.h"

/* How much of an id the messages show: what `image list` shows. */
#define STORE_SHOWN_ID_SIZE ((int)sizeof("sha512-0123456789ab"))

/* As store_find(); text: how messages call it. */
int store_find_reference(const struct store *store, const struct store_reference *reference,
			 const char *text, struct store_image *ret, struct error *err) MUST_CHECK;
