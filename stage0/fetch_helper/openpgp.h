/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openpgp.h - a keyring of nothing but the keys it is given, and gpg on it.
 *
 * A ring lies in a new home directory below JAIL_HOME, with gpg told to ask nobody: no agent, no
 * key server, no web of trust.  GPGME is used rather than gpgv, which looks neither at the
 * expiry nor at the revocation of keys.
 *
 * Ownership:  openpgp_close() ends it and removes the directory.
 * Errors:     -EBADMSG what was given is no key or no signature; -EKEYREJECTED, -EKEYEXPIRED,
 *             -EKEYREVOKED a signature that does not count; -EIO gpg, err says what it says.
 * Process:    runs gpg; the caller is in JAIL_OPENPGP.
 */
#pragma once

#include <gpgme.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"

#define OPENPGP_KEYS_MAX  ((size_t)64)
#define OPENPGP_PARTS_MAX ((size_t)32) /* subkeys, user ids */

struct openpgp {
	gpgme_ctx_t context; /* NULL: none */
	char home[64];
};

#define auto_openpgp CLEANUP(openpgp_close)

struct openpgp_key {
	const char *fingerprint; /* lower-case hex digits, of the primary key */
	const char *subkeys[OPENPGP_PARTS_MAX];
	size_t n_subkeys;
	const char *names[OPENPGP_PARTS_MAX]; /* user ids, printable UTF-8 */
	size_t n_names;
	const char *armored; /* the key alone; NULL of openpgp_verify() */
};

int openpgp_open(struct openpgp *ret, struct error *err) MUST_CHECK;
void openpgp_close(struct openpgp *openpgp);

/* Takes in all public keys of a file, armored or not. */
int openpgp_import(const struct openpgp *openpgp, int fd, struct error *err) MUST_CHECK;

/* Every key of the ring. */
int openpgp_list(const struct openpgp *openpgp, struct arena *arena, struct openpgp_key **ret,
		 size_t *ret_n, struct error *err) MUST_CHECK;

/* What GPGME knows of a key but its armored form; -ENOMEM, -EBADMSG. */
int openpgp_read_key(struct arena *arena, gpgme_key_t key, struct openpgp_key *ret) MUST_CHECK;

/* What signed FETCH_FD_DATA by FETCH_FD_SIGNATURE: a good signature of one of these (NULL ends). */
int openpgp_verify(const struct openpgp *openpgp, struct arena *arena,
		   const char *const *fingerprints, struct openpgp_key *ret,
		   struct error *err) MUST_CHECK;
