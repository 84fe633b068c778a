/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_login.h - the operator's credentials (dockerAuth of auth.d) for an image of a registry.
 *
 * Docker's own registry may stand there as docker.io, index.docker.io or registry-1.docker.io.
 *
 * Secrecy: credentials go to no other host, on no command line, into no file that has a name.
 */
#pragma once

#include "stage0/config/config.h"
#include "stage0/store/store_import.h"

/* Fills *ret and returns 1; 0: there are none for it, skopeo's own may do. */
int registry_login_find(struct arena *arena, const struct config_places *places,
			const struct image_source *source, struct store_login *ret,
			struct error *err) MUST_CHECK;
