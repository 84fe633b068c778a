/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_leftovers.h - files that a killed process was about to rename into their place.
 *
 * Their names begin with a dot, which no name, id or file of the store does; and manifests of
 * images whose removal was killed.
 */
#pragma once

#include "stage0/store/store.h"

/* Removes them; nobody makes one now, because the caller holds the store's lock (LOCK_EX). */
int store_leftovers_remove(const struct store *store, struct error *err) MUST_CHECK;
