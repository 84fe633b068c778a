/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of OCI and Docker: squashed in a quarantine, then moved into the store as any other.
 *
 * What was converted before is known again by notes (store_sources.h): by its manifest and name,
 * and, of what skopeo finds, by the reference alone and by the reference and the digest
 * behind it.
 */
#include <fcntl.h>
#include <stdio.h>

#include "image/oci_import.h"
#include "image/skopeo.h"
#include "stage0/image_helper/call.h"
#include "stage0/store/store_import_protocol.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_sources.h"

struct container {
	const struct import_call *call;
	struct store_quarantine quarantine;
	struct digest key; /* of the image under its name; "" before it is known */
	char known_id[STORE_ID_SIZE];
	int lock; /* of the work, held to its end: who wants the same waits, and then knows it */
};

/* The id that a note says, when the image is still there. */
static bool find_known(const struct import_call *call, const char *key,
		       char ret_id[static STORE_ID_SIZE])
{
	return store_sources_find_key(&call->store, key, ret_id) == 0 &&
	       store_has_image(&call->store, ret_id);
}

/*
 * Not known, and nobody else is about to make it so.  One lock at a time: two keys may
 * stand for the same lock.  Without a lock the work may be done twice, no more.
 */
static bool find_or_lock(struct container *container, const char *key,
			 char ret_id[static STORE_ID_SIZE])
{
	struct error ignored = { 0 };

	if (find_known(container->call, key, ret_id))
		return true;
	if (container->lock >= 0 ||
	    store_lock_work(&container->call->store, key, &container->lock, &ignored) < 0)
		return false;
	return find_known(container->call, key, ret_id);
}

static bool is_known(void *context, const char *key)
{
	struct container *container = context;

	(void)snprintf(container->key.text, sizeof(container->key.text), "%s", key);
	return find_or_lock(container, key, container->known_id);
}

/* Sums are taken while the other process hashes: both cores have work. */
static int settle(void *context, struct error *err)
{
	struct container *container = context;

	return store_quarantine_settle(&container->quarantine, err);
}

static void warn_of_devices(const struct import_call *call, uint32_t n)
{
	if (n > 0 && !call->quiet)
		(void)fprintf(stderr,
			      "rkt: warning: %s: %u device nodes are left out; a pod has a /dev of "
			      "its own\n",
			      call->name, n);
}

static int convert(struct container *container, int source_fd, struct import_result *ret,
		   struct error *err)
{
	const struct import_call *call = container->call;
	const bool by_skopeo = call->format == IMPORT_AS_SKOPEO;
	const struct oci_import import = {
		.source_fd = source_fd,
		.wanted = {
			.prefers_docker = call->format == IMPORT_AS_DOCKER,
			.path = call->name,
			.reference = call->reference,
			.name = by_skopeo ? skopeo_name(call->name) : NULL,
		},
		.target_fd = container->quarantine.tree,
		.output_fd = FD_NONE,
		.progress_fd = call->quiet ? FD_NONE : STDERR_FILENO,
		.title = call->name,
		.is_known = is_known,
		.written = settle,
		.context = container,
	};
	struct oci_result result;
	int r = oci_import(&import, &result, err);

	if (r < 0)
		return r;
	if (result.known) {
		memcpy(ret->id, container->known_id, sizeof(ret->id));
		return 0;
	}
	(void)snprintf(ret->id, sizeof(ret->id), "%.*s", (int)STORE_ID_SIZE - 1, result.id.text);
	ret->content_bytes = result.content_bytes;
	r = import_publish(call, &container->quarantine, ret, err);
	if (r < 0)
		return r;
	store_sources_note_key(&call->store, container->key.text, ret->id);
	warn_of_devices(call, result.n_devices);
	return 0;
}

/* "docker://redis" alone, or with what it stands for now. */
static int make_key(const char *name, const char *behind, struct digest *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = text_printf(&text, "skopeo %s %s", name, behind);

	r = r < 0 ? r : digest_of(text_string(&text), text.length, ret);
	return r < 0 ? error_set(err, -r, "hashing %s: %s", name, strerror(-r)) : 0;
}

static int copy_and_convert(struct container *container, const struct skopeo_call *skopeo,
			    struct import_result *ret, struct error *err)
{
	auto_close int layout = FD_NONE;
	int r = skopeo_copy(skopeo, err);

	if (r < 0)
		return r;
	layout = openat(container->quarantine.dir, SKOPEO_LAYOUT,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (layout < 0)
		return error_from_errno(err, "opening what skopeo has copied");
	return convert(container, layout, ret, err);
}

static int ask_skopeo(struct container *container, const struct digest *name_key,
		      struct import_result *ret, struct error *err)
{
	const struct import_call *call = container->call;
	struct skopeo_call skopeo = { .reference = call->name,
				      .work_dir = container->quarantine.dir,
				      .auth_fd = FD_NONE,
				      .quiet = call->quiet };
	auto_close int auth = FD_NONE;
	struct digest behind, key;
	int r = call->has_login ? skopeo_login(IMPORT_FD_SOURCE, &auth, err) : 0;

	skopeo.auth_fd = auth;
	r = r < 0 ? r : skopeo_digest(&skopeo, &behind, err);

	r = r < 0 ? r : make_key(call->name, behind.text, &key, err);
	if (r < 0)
		return r;
	if (!find_or_lock(container, digest_hex(&key), ret->id))
		r = copy_and_convert(container, &skopeo, ret, err);
	if (r < 0)
		return r;
	store_sources_note_key(&call->store, digest_hex(&key), ret->id);
	store_sources_note_key(&call->store, digest_hex(name_key), ret->id);
	return 0;
}

static int in_quarantine(const struct import_call *call, const struct digest *name_key,
			 struct import_result *ret, struct error *err)
{
	struct container container = { .call = call,
				       .quarantine = STORE_QUARANTINE_NONE,
				       .lock = FD_NONE };
	struct error dropping = { 0 };
	int r = store_quarantine_open(&call->store, &container.quarantine, err);

	if (r < 0)
		return r;
	if (call->format == IMPORT_AS_SKOPEO)
		r = ask_skopeo(&container, name_key, ret, err);
	else
		r = convert(&container, IMPORT_FD_SOURCE, ret, err);
	/* What cannot be removed now is left for the next collection. */
	result_ignored(store_quarantine_drop(&call->store, &container.quarantine, &dropping));
	cleanup_close(&container.lock);
	return r;
}

int import_container(const struct import_call *call, struct import_result *ret, struct error *err)
{
	struct digest name_key = { .text = "" };
	int r = 0;

	if (call->format == IMPORT_AS_SKOPEO)
		r = make_key(call->name, "", &name_key, err);
	if (r < 0)
		return r;
	if (call->format == IMPORT_AS_SKOPEO && !call->update &&
	    find_known(call, digest_hex(&name_key), ret->id))
		return 0;
	if (call->format == IMPORT_AS_SKOPEO && call->store_only)
		return error_set(err, ENOENT, "it is not in the store");
	return in_quarantine(call, &name_key, ret, err);
}
