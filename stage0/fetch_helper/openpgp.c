/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/openpgp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/utf8.h"
#include "common/kernel/tree_remove.h"
#include "stage0/fetch_helper/jail.h"
#include "stage0/fetch_helper/openpgp_failure.h"
#include "stage0/fetch_helper/openpgp_wait.h"

#define HOME_TEMPLATE JAIL_HOME "/rkt-keys-XXXXXX"

static const char settings[] = "no-autostart\n"
			       "no-auto-key-retrieve\n"
			       "no-auto-key-locate\n"
			       "no-auto-check-trustdb\n"
			       "disable-dirmngr\n"
			       "trust-model always\n";

static int make_home(struct openpgp *openpgp, struct error *err)
{
	auto_close int home = FD_NONE;

	(void)snprintf(openpgp->home, sizeof(openpgp->home), "%s", HOME_TEMPLATE);
	if (mkdtemp(openpgp->home) == NULL) {
		openpgp->home[0] = '\0';
		return error_from_errno(err, "making a directory for keys");
	}
	home = open(openpgp->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (home < 0)
		return error_from_errno(err, "opening a directory for keys");
	return file_replace_at(home, "gpg.conf", settings, 0600, err);
}

int openpgp_open(struct openpgp *ret, struct error *err)
{
	auto_openpgp struct openpgp openpgp = { .context = NULL };
	gpgme_error_t result;
	int r = make_home(&openpgp, err);

	if (r < 0)
		return r;
	/* Initialises the library; NULL: any version. */
	if (gpgme_check_version(NULL) == NULL)
		return error_set(err, EIO, "GPGME does not work");
	result = gpgme_new(&openpgp.context);
	if (result == 0)
		result = gpgme_ctx_set_engine_info(openpgp.context, GPGME_PROTOCOL_OpenPGP, NULL,
						   openpgp.home);
	if (result != 0)
		return openpgp_failed(result, "starting gpg", err);
	gpgme_set_armor(openpgp.context, 1);
	gpgme_set_offline(openpgp.context, 1);
	*ret = openpgp;
	openpgp = (struct openpgp){ .context = NULL };
	return 0;
}

void openpgp_close(struct openpgp *openpgp)
{
	auto_close int parent = FD_NONE;
	struct error ignored = { 0 };

	if (openpgp->context != NULL)
		gpgme_release(openpgp->context);
	openpgp->context = NULL;
	if (openpgp->home[0] == '\0')
		return;
	parent = open(JAIL_HOME, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Best effort: under root it is on a tmpfs that vanishes. */
	if (parent >= 0 && tree_remove(parent, strrchr(openpgp->home, '/') + 1, &ignored) < 0)
		error_clear(&ignored);
	openpgp->home[0] = '\0';
}

int openpgp_import(const struct openpgp *openpgp, int fd, struct error *err)
{
	gpgme_data_t data = NULL;
	gpgme_import_result_t found;
	struct openpgp_wait wait;
	gpgme_error_t result = gpgme_data_new_from_fd(&data, fd);

	if (result == 0) {
		openpgp_wait_begin(&wait, openpgp->context);
		result = openpgp_wait_end(&wait, gpgme_op_import_start(openpgp->context, data));
	}
	gpgme_data_release(data);
	if (gpgme_err_code(result) == GPG_ERR_NO_DATA)
		return error_set(err, EBADMSG, "there is no OpenPGP key in it");
	if (result != 0)
		return openpgp_failed(result, "reading keys", err);
	found = gpgme_op_import_result(openpgp->context);
	if (found == NULL || found->considered == 0)
		return error_set(err, EBADMSG, "there is no OpenPGP key in it");
	return 0;
}

/* A copy that can be shown and put into JSON. */
static const char *clean_text(struct arena *arena, const char *text)
{
	char *copy = arena_string(arena, text != NULL ? text : "");
	bool is_utf8 = copy != NULL && utf8_is_valid(copy);

	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f ||
		    ((unsigned char)*at >= 0x80 && !is_utf8))
			*at = '?';
	return copy;
}

static const char *lower_case(struct arena *arena, const char *hex)
{
	char *copy = arena_string(arena, hex != NULL ? hex : "");

	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'F')
			*at = (char)(*at - 'A' + 'a');
	return copy;
}

int openpgp_read_key(struct arena *arena, gpgme_key_t key, struct openpgp_key *ret)
{
	const struct _gpgme_subkey *subkey = key->subkeys;

	*ret = (struct openpgp_key){ .n_names = 0 };
	if (subkey == NULL)
		return -EBADMSG;
	ret->fingerprint = lower_case(arena, subkey->fpr);
	if (ret->fingerprint == NULL)
		return -ENOMEM;
	for (subkey = subkey->next; subkey != NULL; subkey = subkey->next) {
		const char *fingerprint = lower_case(arena, subkey->fpr);

		if (fingerprint == NULL)
			return -ENOMEM;
		if (ret->n_subkeys < OPENPGP_PARTS_MAX)
			ret->subkeys[ret->n_subkeys++] = fingerprint;
	}
	for (gpgme_user_id_t id = key->uids; id != NULL; id = id->next) {
		const char *name = clean_text(arena, id->uid);

		if (name == NULL)
			return -ENOMEM;
		if (ret->n_names < OPENPGP_PARTS_MAX)
			ret->names[ret->n_names++] = name;
	}
	return 0;
}

static int export_key(const struct openpgp *openpgp, struct arena *arena, struct openpgp_key *key,
		      struct error *err)
{
	gpgme_data_t data = NULL;
	gpgme_error_t result = gpgme_data_new(&data);
	size_t length = 0;
	char *text;

	if (result == 0)
		result = gpgme_op_export(openpgp->context, key->fingerprint, 0, data);
	if (result != 0) {
		gpgme_data_release(data);
		return openpgp_failed(result, "reading a key", err);
	}
	text = gpgme_data_release_and_get_mem(data, &length);
	key->armored = text != NULL ? arena_bytes(arena, text, length) : NULL;
	gpgme_free(text);
	return key->armored == NULL ? error_set(err, ENOMEM, "reading a key: out of memory") : 0;
}

int openpgp_list(const struct openpgp *openpgp, struct arena *arena, struct openpgp_key **ret,
		 size_t *ret_n, struct error *err)
{
	struct openpgp_key *keys = arena_array(arena, OPENPGP_KEYS_MAX, struct openpgp_key);
	gpgme_error_t result;
	gpgme_key_t key;
	size_t n = 0;
	int r = keys == NULL ? -ENOMEM : 0;

	result = r < 0 ? 0 : gpgme_op_keylist_start(openpgp->context, NULL, 0);
	while (r == 0 && result == 0) {
		result = gpgme_op_keylist_next(openpgp->context, &key);
		if (result != 0)
			break;
		r = n == OPENPGP_KEYS_MAX ? -E2BIG : openpgp_read_key(arena, key, &keys[n]);
		n += r == 0;
		gpgme_key_release(key);
	}
	(void)gpgme_op_keylist_end(openpgp->context);
	if (r < 0)
		return error_set(err, -r, "listing keys: %s", strerror(-r));
	if (gpgme_err_code(result) != GPG_ERR_EOF)
		return openpgp_failed(result, "listing keys", err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = export_key(openpgp, arena, &keys[i], err);
	if (r < 0)
		return r;
	*ret = keys;
	*ret_n = n;
	return 0;
}
