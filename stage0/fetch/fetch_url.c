/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image of a server: what the store has of the URL, or the transfer, the signature, the import.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "stage0/fetch/fetch_get.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/store/store_inbox.h"
#include "stage0/store/store_remote.h"

struct transfer {
	const struct fetch *fetch;
	const struct fetch_place *place;
	struct store_remote remote;
	struct store_remote_record known; /* id "": nothing is known of the URL */
	uint64_t asked_s;                 /* when the user asked */
	int signature;                    /* FD_NONE: not asked for, or not to be had yet */
};

static uint64_t now_s(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

static bool is_update(const struct transfer *transfer)
{
	return transfer->place->refresh || transfer->fetch->pull == FETCH_UPDATE;
}

static int use_known(const struct transfer *transfer, struct store_image *ret, struct error *err)
{
	(void)fetch_tell(transfer->fetch, true, "using image from local store for url %s",
			 transfer->place->url);
	return store_find_id(transfer->fetch->store, transfer->known.id, ret, err);
}

static void look_up(struct transfer *transfer)
{
	struct error ignored = { 0 };

	if (store_remote_find(transfer->fetch->store, transfer->place->url, &transfer->known,
			      &ignored) < 0)
		transfer->known = (struct store_remote_record){ .id = "" };
}

/* What was taken in without a look at its signature is no answer to who wants one. */
static bool is_good_enough(const struct transfer *transfer)
{
	return transfer->known.verified || transfer->fetch->any_image;
}

/* Whether the store's image will do without asking the server. */
static bool is_fresh(const struct transfer *transfer)
{
	const struct store_remote_record *known = &transfer->known;
	uint64_t now = now_s();

	if (known->id[0] == '\0')
		return false;
	if (!is_update(transfer))
		return true;
	if (!is_good_enough(transfer))
		return false;
	/* Somebody else has just asked, while this one waited. */
	if (known->fetched_s > transfer->asked_s)
		return true;
	return known->fetched_s <= now && now - known->fetched_s < known->max_age_s;
}

static int open_signature_file(const char *path, int *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_from_errno(err, "error opening signature file: %s", path);
	*ret = fd;
	return 0;
}

/* *ret stays FD_NONE when the server has it once the image was fetched (status 202). */
static int get_signature(const struct transfer *transfer, int *ret, struct error *err)
{
	const struct fetch_place *place = transfer->place;
	auto_close int file = FD_NONE;
	const char *url = place->signature_url;
	int r;

	if (place->signature_file != NULL)
		return open_signature_file(place->signature_file, ret, err);
	if (url == NULL)
		url = fetch_signature_url(transfer->fetch->arena, place->url);
	if (url == NULL)
		return error_set(err, ENOMEM, "out of memory");
	(void)fetch_tell(transfer->fetch, true, "downloading signature from %s", url);
	r = fetch_get_small(transfer->fetch, url, FETCH_SIGNATURE_MAX, &file, err);
	if (r < 0)
		return error_prefix(err, "error downloading the signature file");
	if (r == 202)
		(void)fetch_tell(transfer->fetch, true,
				 "server requested deferring the signature download");
	else
		*ret = take_fd(&file);
	return 0;
}

static int keep_head(void *context, const struct fetch_part *part, struct error *err)
{
	const struct transfer *transfer = context;
	struct store_remote_head head = { .has_total = part->has_total, .total = part->total };

	(void)snprintf(head.etag, sizeof(head.etag), "%s", part->etag);
	(void)snprintf(head.last_modified, sizeof(head.last_modified), "%s", part->last_modified);
	return store_remote_begin(&transfer->remote, &head, err);
}

/* What stands behind the last slash. */
static const char *title_of(struct arena *arena, const char *url)
{
	size_t length = strcspn(url, "?#");
	const char *copy = arena_bytes(arena, url, length);
	const char *slash = copy != NULL ? strrchr(copy, '/') : NULL;

	return slash != NULL && slash[1] != '\0' ? slash + 1 : "image";
}

/*
 * What is there of it.  A member keeps no parts and no records: what could be gone on with another
 * time would be another member's to change.
 */
static int open_part(struct transfer *transfer, struct fetch_target *target, struct error *err)
{
	struct store_remote_head head;
	int r;

	if (transfer->fetch->to_inbox)
		return store_inbox_file(transfer->fetch->store, &target->file, err);
	r = store_remote_part(&transfer->remote, &target->file, &head, err);
	if (r < 0)
		return r;
	target->begun = keep_head;
	target->context = transfer;
	target->part.has_total = head.has_total;
	target->part.total = head.total;
	(void)snprintf(target->part.etag, sizeof(target->part.etag), "%s", head.etag);
	(void)snprintf(target->part.last_modified, sizeof(target->part.last_modified), "%s",
		       head.last_modified);
	return 0;
}

static int get_image(struct transfer *transfer, int *ret_file, struct fetch_answer *ret,
		     struct error *err)
{
	struct fetch_target target = { .url = transfer->place->url,
				       .title =
					   title_of(transfer->fetch->arena, transfer->place->url),
				       .max_bytes = FETCH_IMAGE_MAX,
				       .file = FD_NONE };
	auto_close int file = FD_NONE;
	int r = open_part(transfer, &target, err);

	if (r < 0)
		return r;
	file = target.file;
	if (transfer->known.id[0] != '\0' && transfer->known.etag[0] != '\0' &&
	    is_good_enough(transfer))
		target.if_none_match = transfer->known.etag;
	r = fetch_get(transfer->fetch, &target, ret, err);
	if (r == 0 && ret->status == 202)
		r = error_set(err, EREMOTEIO, "bad HTTP status code: %u", ret->status);
	if (r < 0)
		return error_prefix(err, "error downloading ACI");
	*ret_file = take_fd(&file);
	return 0;
}

/* Takes the part away before the record is there: who finds that one does not look for a part. */
static void end_part(const struct transfer *transfer)
{
	if (!transfer->fetch->to_inbox)
		store_remote_end(&transfer->remote);
}

static int note(const struct transfer *transfer, const char *id, const struct fetch_answer *answer,
		struct error *err)
{
	struct store_remote_record record = { .max_age_s = answer->max_age_s,
					      .fetched_s = now_s(),
					      .verified = !transfer->fetch->any_image };

	/* Not modified: what was said of it before still holds. */
	if (answer->status == 304)
		record.verified = transfer->known.verified;
	(void)snprintf(record.id, sizeof(record.id), "%s", id);
	(void)snprintf(record.etag, sizeof(record.etag), "%s",
		       answer->status == 304 && answer->etag[0] == '\0' ? transfer->known.etag
									: answer->etag);
	return store_remote_note(&transfer->remote, &record, err);
}

static int take_in(struct transfer *transfer, int file, struct store_image *ret, struct error *err)
{
	struct fetch_arrived arrived = { .title = transfer->place->url,
					 .file = file,
					 .signature = FD_NONE,
					 .expected = transfer->place->expected };
	int r;

	if (transfer->fetch->any_image)
		return fetch_take_in(transfer->fetch, &arrived, ret, err);
	if (transfer->signature < 0) {
		r = get_signature(transfer, &transfer->signature, err);
		if (r == 0 && transfer->signature < 0)
			r = error_set(err, EREMOTEIO,
				      "error downloading the signature file: server asked to defer "
				      "the download again");
		if (r < 0)
			return r;
	}
	arrived.signature = transfer->signature;
	return fetch_take_in(transfer->fetch, &arrived, ret, err);
}

/* A part is kept for another try only as long as the connection was what failed. */
static bool is_worth_keeping(int r)
{
	return r == -ETIMEDOUT || r == -ECONNRESET || r == -ECONNREFUSED || r == -EHOSTUNREACH ||
	       r == -EPIPE || r == -EREMOTEIO;
}

static int run(struct transfer *transfer, struct store_image *ret, struct error *err)
{
	auto_close int file = FD_NONE;
	struct fetch_answer answer;
	int r = 0;

	(void)fetch_tell(transfer->fetch, true, "remote fetching from URL \"%s\"",
			 transfer->place->url);
	if (!transfer->fetch->any_image)
		r = get_signature(transfer, &transfer->signature, err);
	if (r < 0)
		return r;
	r = get_image(transfer, &file, &answer, err);
	if (r < 0) {
		if (!is_worth_keeping(r))
			end_part(transfer);
		return r;
	}
	if (answer.status == 304)
		r = use_known(transfer, ret, err);
	else
		r = take_in(transfer, file, ret, err);
	end_part(transfer);
	return r < 0 || transfer->fetch->to_inbox ? r : note(transfer, ret->id, &answer, err);
}

/* An image of the store may be of another time, when the URL stood for something else. */
static int check_stored(const struct transfer *transfer, const struct store_image *image,
			struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_source source = { .place = "manifest" };
	struct image_manifest manifest;
	int r;

	/* What went into the inbox was looked at before. */
	if (transfer->place->expected == NULL || transfer->fetch->to_inbox)
		return 0;
	r = store_read_manifest(image, &text, err);
	source.text = text_string(&text);
	source.length = text.length;
	if (r == 0)
		r = image_manifest_parse(transfer->fetch->arena, &source, &manifest, err);
	return r < 0 ? r : fetch_check_expected(transfer->place->expected, &manifest, err);
}

static int fetch_locked(struct transfer *transfer, struct store_image *ret, struct error *err)
{
	int r;

	if (transfer->fetch->to_inbox)
		return run(transfer, ret, err);
	r = store_remote_open(transfer->fetch->store, transfer->place->url, &transfer->remote, err);
	if (r < 0)
		return r;
	look_up(transfer);
	return is_fresh(transfer) ? use_known(transfer, ret, err) : run(transfer, ret, err);
}

int fetch_url(const struct fetch *fetch, const struct fetch_place *place, struct store_image *ret,
	      struct error *err)
{
	struct transfer transfer = { .fetch = fetch,
				     .place = place,
				     .remote = STORE_REMOTE_NONE,
				     .asked_s = now_s(),
				     .signature = FD_NONE };
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	int r;

	look_up(&transfer);
	if (is_fresh(&transfer))
		r = use_known(&transfer, &image, err);
	else if (fetch->pull == FETCH_NEVER)
		r = error_set(
		    err, ENOENT,
		    "unable to fetch image from URL \"%s\": either image was not found in "
		    "the store or store was disabled and fetching from remote yielded "
		    "nothing or it was disabled",
		    place->url);
	else
		r = fetch_locked(&transfer, &image, err);
	cleanup_close(&transfer.signature);
	store_remote_release(&transfer.remote);
	if (r == 0)
		r = check_stored(&transfer, &image, err);
	if (r < 0)
		return r;
	*ret = image;
	image.tree = FD_NONE;
	return 0;
}
