/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_get.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "image/progress_bar.h"
#include "stage0/fetch/fetch_call.h"
#include "stage0/fetch/fetch_policy.h"
#include "stage0/fetch/fetch_protocol.h"

#define ATTEMPTS_MAX  100 /* however little each brings */
#define PAUSE_NS      250000000L
#define BUFFER_BYTES  ((size_t)256 << 10)
#define UNKNOWN_TOTAL UINT64_MAX

struct get {
	const struct fetch *fetch;
	const struct fetch_target *target;
	struct fetch_policy policy;
	struct fetch_part part;
	uint64_t have; /* bytes of the file that are the resource's beginning */
	struct progress_bar bar;
	struct fetch_answer answer;
};

/* The first line of the report. */
struct head {
	uint32_t status;
	uint64_t offset, total, max_age_s;
	const char *etag, *last_modified;
};

static const struct json_field head_fields[] = {
	{ .name = "status",
	  .kind = JSON_FIELD_U32,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct head, status) },
	{ .name = "offset", .kind = JSON_FIELD_U64, .offset = offsetof(struct head, offset) },
	{ .name = "total", .kind = JSON_FIELD_U64, .offset = offsetof(struct head, total) },
	{ .name = "etag", .kind = JSON_FIELD_STRING, .offset = offsetof(struct head, etag) },
	{ .name = "lastModified",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct head, last_modified) },
	{ .name = "maxAge", .kind = JSON_FIELD_U64, .offset = offsetof(struct head, max_age_s) },
};

static const struct json_table head_table = JSON_TABLE(struct head, head_fields);

/* What If-Range may name: a strong ETag, else a date. */
static const char *validator(const struct fetch_part *part)
{
	if (part->etag[0] == '"')
		return part->etag;
	return part->last_modified[0] != '\0' ? part->last_modified : NULL;
}

/*
 * Where to go on.  A part that is all there asks for its last byte once more: whether it is
 * still the same is the server's to say.
 */
static uint64_t next_offset(const struct get *get)
{
	if (get->have == 0 || validator(&get->part) == NULL)
		return 0;
	if (get->part.has_total && get->have >= get->part.total)
		return get->part.total > 0 ? get->part.total - 1 : 0;
	return get->have;
}

static void fill_request(struct json_writer *writer, const void *context)
{
	const struct get *get = context;
	uint64_t offset = next_offset(get);

	json_put_string(writer, "url", get->target->url);
	json_put_u64(writer, "maxBytes", get->target->max_bytes);
	if (offset > 0) {
		json_put_u64(writer, "offset", offset);
		json_put_string(writer, "validator", validator(&get->part));
	} else if (get->target->if_none_match != NULL) {
		json_put_string(writer, "ifNoneMatch", get->target->if_none_match);
	}
	fetch_policy_write(&get->policy, writer);
}

static int read_head(struct fetch_call *call, struct arena *arena, struct head *ret,
		     struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = FETCH_PROGRAM, .err = err };
	struct head head = { .total = UNKNOWN_TOTAL, .etag = "", .last_modified = "" };
	struct json_value value;
	int r = fetch_call_line(call, arena, &value, err);

	if (r == 0)
		r = json_decode(&decoder, &value, &head_table, &head);
	if (r < 0)
		return r;
	*ret = head;
	return 0;
}

/* From the first byte: what was there before is of something else, or was asked for in vain. */
static int start_over(struct get *get, const struct head *head, struct error *err)
{
	get->have = 0;
	get->part =
	    (struct fetch_part){ .has_total = head->total != UNKNOWN_TOTAL, .total = head->total };
	(void)snprintf(get->part.etag, sizeof(get->part.etag), "%s", head->etag);
	(void)snprintf(get->part.last_modified, sizeof(get->part.last_modified), "%s",
		       head->last_modified);
	if (ftruncate(get->target->file, 0) < 0)
		return error_from_errno(err, "emptying a part of %s", get->target->url);
	if (get->target->begun == NULL)
		return 0;
	return get->target->begun(get->target->context, &get->part, err);
}

/* Whether the rest is of what the part is of. */
static bool fits(const struct get *get, const struct head *head, uint64_t asked)
{
	if (head->offset != asked || asked > get->have)
		return false;
	if (head->etag[0] != '\0' && get->part.etag[0] != '\0' &&
	    strcmp(head->etag, get->part.etag) != 0)
		return false;
	return head->total == UNKNOWN_TOTAL || !get->part.has_total ||
	       head->total == get->part.total;
}

static int take_head(struct get *get, const struct head *head, uint64_t asked, struct error *err)
{
	get->answer = (struct fetch_answer){ .status = head->status, .max_age_s = head->max_age_s };
	(void)snprintf(get->answer.etag, sizeof(get->answer.etag), "%s", head->etag);
	if (head->status == 304 || head->status == 202)
		return 0;
	if (head->status == 206 && asked > 0) {
		if (!fits(get, head, asked)) {
			get->part = (struct fetch_part){ .total = 0 };
			return error_set(err, ESTALE, "the server resumed with something else");
		}
		get->have = asked;
		return 0;
	}
	if (head->status != 200)
		return error_set(err, EPROTO, "the server answered with a part of it");
	return start_over(get, head, err);
}

/* The body, as it comes, behind what is there. */
static int copy_body(struct get *get, int body, struct error *err)
{
	auto_free char *buffer = malloc(BUFFER_BYTES);

	if (buffer == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (lseek(get->target->file, (off_t)get->have, SEEK_SET) < 0)
		return error_from_errno(err, "going on with a part");
	for (;;) {
		ssize_t n = read(body, buffer, BUFFER_BYTES);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(err, "reading from %s", FETCH_PROGRAM);
		if (n == 0)
			return 0;
		if ((uint64_t)n > get->target->max_bytes - get->have)
			return error_set(err, EFBIG, "more than %llu bytes are not taken",
					 (unsigned long long)get->target->max_bytes);
		r = file_write_fd(get->target->file, buffer, (size_t)n);
		if (r < 0)
			return error_set(err, -r, "writing what was fetched: %s", strerror(-r));
		get->have += (uint64_t)n;
		if (get->part.has_total)
			progress_bar_draw(&get->bar, get->have);
	}
}

/* One process, one connection.  *ret_again: another attempt may go on from here. */
static int attempt(struct get *get, bool *ret_again, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_fetch_call struct fetch_call call = FETCH_CALL_NONE;
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	struct fetch_call_input input = { .helper = get->fetch->helper,
					  .operation = "get",
					  .fill = fill_request,
					  .context = get,
					  .signature = FD_NONE,
					  .keys = FD_NONE };
	uint64_t asked = next_offset(get);
	struct head head;
	int ends[2], r;

	*ret_again = false;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	input.data = write_end;
	r = fetch_call_start(&input, &call, err);
	cleanup_close(&write_end);
	if (r == 0)
		r = read_head(&call, &arena, &head, err);
	if (r == 0)
		r = take_head(get, &head, asked, err);
	*ret_again = r == -ESTALE;
	if (r == 0) {
		get->bar.total_bytes = get->part.total;
		r = copy_body(get, read_end, err);
	}
	/* Nobody reads any more: the helper ends. */
	cleanup_close(&read_end);
	return r < 0 ? r : fetch_call_finish(&call, ret_again, err);
}

static void pause_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = PAUSE_NS };

	(void)nanosleep(&moment, NULL);
}

/* An answer to a part that the server no longer has. */
static bool is_range_refused(const struct get *get, int r)
{
	return r == -EREMOTEIO && next_offset(get) > 0;
}

static int run(struct get *get, struct error *err)
{
	uint64_t best = get->have;

	for (int n = 0;; n++) {
		bool again = false;
		int r;

		error_clear(err);
		r = attempt(get, &again, err);
		if (r == 0)
			return 0;
		if (is_range_refused(get, r)) {
			get->have = 0;
			again = true;
		} else if (again && r != -ESTALE) {
			again = get->have > best;
		}
		if (!again || get->target->once || n + 1 == ATTEMPTS_MAX)
			return r;
		best = get->have > best ? get->have : best;
		if (validator(&get->part) == NULL)
			get->have = 0;
		pause_a_moment();
	}
}

int fetch_get(const struct fetch *fetch, const struct fetch_target *target,
	      struct fetch_answer *ret, struct error *err)
{
	struct get get = { .fetch = fetch, .target = target, .part = target->part };
	struct stat st;
	int r;

	if (fstat(target->file, &st) < 0)
		return error_from_errno(err, "looking at a part");
	get.have = (uint64_t)st.st_size;
	r = fetch_policy_read(fetch, target->url, &get.policy, err);
	if (r < 0)
		return r;
	progress_bar_begin(&get.bar,
			   fetch->quiet || target->title == NULL ? FD_NONE : STDERR_FILENO,
			   target->title, 0);
	r = run(&get, err);
	progress_bar_end(&get.bar);
	if (r < 0)
		return r;
	if (get.answer.status != 304 && ftruncate(target->file, (off_t)get.have) < 0)
		return error_from_errno(err, "ending what was fetched");
	*ret = get.answer;
	return 0;
}

int fetch_get_small(const struct fetch *fetch, const char *url, uint64_t max_bytes, int *ret_file,
		    struct error *err)
{
	auto_close int file = memfd_create("fetched", MFD_CLOEXEC);
	struct fetch_answer answer = { .status = 0 };
	int r;

	if (file < 0)
		return error_from_errno(err, "making a place for what is fetched");
	r = fetch_get(fetch,
		      &(const struct fetch_target){
			  .url = url, .max_bytes = max_bytes, .once = true, .file = file },
		      &answer, err);
	if (r < 0)
		return r;
	if (answer.status == 304)
		return error_set(err, EREMOTEIO, "bad HTTP status code: %u", answer.status);
	if (lseek(file, 0, SEEK_SET) < 0)
		return error_from_errno(err, "reading what was fetched");
	*ret_file = take_fd(&file);
	return answer.status == 202 ? 202 : 200;
}
