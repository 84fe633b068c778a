/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - credentials for servers of images: the kinds "auth" and "dockerAuth" of auth.d.
 *
 *   { "rktKind": "auth", "rktVersion": "v1", "domains": ["example.com", "example.com:8443"],
 *     "type": "basic", "credentials": { "user": "…", "password": "…" } }
 *   … "type": "oauth", "credentials": { "token": "…" }
 *   … "type": "aws", "credentials": { "accessKeyID": "…", "secretAccessKey": "…",
 *                                     "awsRegion": "…", "awsService": "…" }  (the last two
 * optional) { "rktKind": "dockerAuth", "rktVersion": "v1", "registries": ["quay.io"],
 *     "credentials": { "user": "…", "password": "…" } }
 *
 * A later place overrides an earlier one domain by domain (registry by registry); within one place
 * a domain that two files name is an error.  Only whoever is about to use credentials reads them,
 * so that commands without network need not be able to.
 *
 * Secrecy:    no message of this module holds a credential.
 * Source:     rkt/rkt, Documentation/configuration.md.
 * Errors:     -EINVAL with err naming file and field; -errno.
 * Ownership:  strings belong to the arena.
 */
#pragma once

#include "common/base/arena.h"
#include "stage0/config/config.h"

enum auth_type { AUTH_BASIC, AUTH_OAUTH, AUTH_AWS };

struct auth_entry {
	const char *domain; /* "host" or "host:port"; of dockerAuth: the registry */
	enum auth_type type;
	const char *user, *password;                   /* basic */
	const char *token;                             /* oauth */
	const char *access_key_id, *secret_access_key; /* aws */
	const char *aws_region, *aws_service;          /* aws; NULL: by the host's name */
};

struct auth_list {
	const struct auth_entry *items; /* each domain once */
	size_t n;
};

struct config_auth {
	struct auth_list hosts;      /* kind auth */
	struct auth_list registries; /* kind dockerAuth */
};

/* All places; a missing one has no credentials. */
int config_auth_read(struct arena *arena, const struct config_places *places,
		     struct config_auth *ret, struct error *err) MUST_CHECK;

/*
 * The entry of "host" or "host:port" as it stands in a URL, case ignored; default_port
 * ("443") is the one an URL without port means.  NULL: none.
 */
const struct auth_entry *auth_find(const struct auth_list *list, const char *host,
				   const char *default_port);

/* "basic", "oauth", "aws". */
const char *auth_type_name(enum auth_type type);
