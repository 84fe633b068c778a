/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "stage0/fetch/fetch_protocol.h"
#include "stage0/fetch_helper/openpgp.h"
#include "stage0/fetch_helper/openpgp_failure.h"
#include "stage0/fetch_helper/openpgp_wait.h"

/* What is hashed so is not safe from others that have the same hash. */
static bool is_weak(gpgme_hash_algo_t algorithm)
{
	switch (algorithm) {
	case GPGME_MD_SHA224:
	case GPGME_MD_SHA256:
	case GPGME_MD_SHA384:
	case GPGME_MD_SHA512:
		return false;
	default:
		return true;
	}
}

static int refuse(gpgme_signature_t signature, struct error *err)
{
	if (signature == NULL)
		return error_set(err, EBADMSG,
				 "keystore: no valid signatures found in signature file");
	switch ((int)gpgme_err_code(signature->status)) {
	case GPG_ERR_NO_ERROR:
		if (is_weak(signature->hash_algo)) {
			const char *name = gpgme_hash_algo_name(signature->hash_algo);

			return error_set(err, EKEYREJECTED,
					 "openpgp: invalid signature: made with %s, which can be "
					 "forged",
					 name != NULL ? name : "an unknown hash");
		}
		/* fall through */ /* by a key that may not sign this */
	case GPG_ERR_NO_PUBKEY:
		return error_set(err, EKEYREJECTED, "openpgp: signature made by unknown entity");
	case GPG_ERR_KEY_EXPIRED:
		return error_set(err, EKEYEXPIRED, "openpgp: key expired: %.64s", signature->fpr);
	case GPG_ERR_SIG_EXPIRED:
		return error_set(err, EKEYEXPIRED, "openpgp: signature expired");
	case GPG_ERR_CERT_REVOKED:
		return error_set(err, EKEYREVOKED, "openpgp: key revoked: %.64s", signature->fpr);
	case GPG_ERR_BAD_SIGNATURE:
		return error_set(err, EKEYREJECTED,
				 "openpgp: invalid signature: this is not what was signed");
	default:
		return openpgp_failed(signature->status, "openpgp: invalid signature", err);
	}
}

static bool is_listed(const char *const *fingerprints, const char *fingerprint)
{
	for (; fingerprints != NULL && *fingerprints != NULL; fingerprints++)
		if (strcasecmp(*fingerprints, fingerprint) == 0)
			return true;
	return false;
}

/* The signature may be a subkey's; what is trusted is the key it belongs to.  1: it is. */
static int find_signer(const struct openpgp *openpgp, gpgme_signature_t signature,
		       const char *const *fingerprints, gpgme_key_t *ret, struct error *err)
{
	gpgme_key_t key = NULL;
	gpgme_error_t result = gpgme_get_key(openpgp->context, signature->fpr, &key, 0);

	if (result != 0)
		return openpgp_failed(result, "finding the key of a signature", err);
	if (key->subkeys == NULL || !is_listed(fingerprints, key->subkeys->fpr)) {
		gpgme_key_release(key);
		return 0;
	}
	*ret = key;
	return 1;
}

static int run_verify(const struct openpgp *openpgp, struct error *err)
{
	gpgme_data_t signature = NULL, content = NULL;
	struct openpgp_wait wait;
	gpgme_error_t result = gpgme_data_new_from_fd(&signature, FETCH_FD_SIGNATURE);

	if (result == 0)
		result = gpgme_data_new_from_fd(&content, FETCH_FD_DATA);
	if (result == 0) {
		openpgp_wait_begin(&wait, openpgp->context);
		result = openpgp_wait_end(
		    &wait, gpgme_op_verify_start(openpgp->context, signature, content, NULL));
	}
	gpgme_data_release(signature);
	gpgme_data_release(content);
	if (gpgme_err_code(result) == GPG_ERR_NO_DATA)
		return error_set(err, EBADMSG,
				 "keystore: no valid signatures found in signature file");
	return result != 0 ? openpgp_failed(result, "verifying the signature", err) : 0;
}

int openpgp_verify(const struct openpgp *openpgp, struct arena *arena,
		   const char *const *fingerprints, struct openpgp_key *ret, struct error *err)
{
	gpgme_verify_result_t found;
	gpgme_signature_t signature;
	gpgme_key_t key = NULL;
	int r = run_verify(openpgp, err);

	if (r < 0)
		return r;
	found = gpgme_op_verify_result(openpgp->context);
	if (found == NULL)
		return error_set(err, EIO, "verifying the signature: gpg said nothing");
	/* Looking up a key would invalidate the result. */
	gpgme_result_ref(found);
	for (signature = found->signatures; r == 0 && signature != NULL;
	     signature = signature->next)
		if (gpgme_err_code(signature->status) == GPG_ERR_NO_ERROR &&
		    !is_weak(signature->hash_algo))
			r = find_signer(openpgp, signature, fingerprints, &key, err);
	if (r == 0)
		r = refuse(found->signatures, err);
	gpgme_result_unref(found);
	if (r < 0)
		return r;
	r = openpgp_read_key(arena, key, ret);
	gpgme_key_release(key);
	return r < 0 ? error_set(err, -r, "reading a key: %s", strerror(-r)) : 0;
}
