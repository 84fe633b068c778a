/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt-image - imports one image file into the store, or writes one, for rkt.
 *
 * Two processes: a child that unpacks, confined to the quarantine, and this one,
 * which looks at the result and moves it into the store.  How rkt calls it:
 * stage0/store/store_import_protocol.h.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "image/image_confine.h"
#include "image/image_extract.h"
#include "image/progress_bar.h"
#include "stage0/image_helper/export.h"
#include "stage0/store/store_import_protocol.h"
#include "stage0/store/store_quarantine.h"

struct call {
	const char *name;
	bool quiet;
	struct store store;
};

/* What the child tells: the whole id and the bytes of all files. */
struct extraction {
	char id[STORE_ID_SIZE];
	uint64_t content_bytes;
};

static void draw(uint64_t packed_bytes, void *context)
{
	progress_bar_draw(context, packed_bytes);
}

static int extract(int target, const struct call *call, struct image_facts *ret, struct error *err)
{
	struct progress_bar bar;
	struct image_extract_options options = { .progress = draw, .progress_context = &bar };
	auto_close int root = FD_NONE;
	struct stat st = { 0 };
	int r;

	(void)fstat(IMPORT_FD_SOURCE, &st);
	progress_bar_begin(&bar, call->quiet ? FD_NONE : STDERR_FILENO, call->name,
			   (uint64_t)st.st_size);
	r = image_confine(target, NULL, &root, err);
	if (r == 0)
		r = image_extract(IMPORT_FD_SOURCE, root, &options, ret, err);
	progress_bar_end(&bar);
	return r;
}

/* The child: dies with its parent, and by Ctrl-C as its parent does not. */
static int unpack(const struct call *call, const struct store_quarantine *quarantine, pid_t parent,
		  int report)
{
	auto_image_facts struct image_facts facts = { 0 };
	struct error outcome = { 0 };

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		(void)error_from_errno(&outcome, "tying the extraction to its parent");
	else if (getppid() != parent)
		(void)error_set(&outcome, ESRCH, "the extraction's parent has ended");
	else if (extract(quarantine->tree, call, &facts, &outcome) == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%s %llu", facts.id.text,
			       (unsigned long long)facts.content_bytes);
	return error_send(report, &outcome) < 0 || outcome.code != 0;
}

static int read_report(int read_end, struct extraction *ret, struct error *err)
{
	struct error record = { 0 };
	char *size;

	if (error_receive(read_end, &record) != 1)
		return error_set(err, EPIPE, "the extraction was killed");
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	size = strchr(record.text, ' ');
	if (size == NULL || size - record.text < (ptrdiff_t)STORE_ID_SIZE - 1 ||
	    parse_u64(size + 1, UINT64_MAX, &ret->content_bytes) < 0)
		return error_set(err, EPROTO, "the extraction reported nonsense");
	(void)snprintf(ret->id, sizeof(ret->id), "%.*s", (int)STORE_ID_SIZE - 1, record.text);
	return 0;
}

static int run_extraction(const struct call *call, const struct store_quarantine *quarantine,
			  struct extraction *ret, struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	const pid_t parent = getpid();
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting the extraction");
	if (pid == 0) {
		(void)close(IMPORT_FD_CAS);
		(void)close(IMPORT_FD_RESULT);
		(void)close(quarantine->dir);
		(void)close(read_end);
		_exit(unpack(call, quarantine, parent, write_end));
	}
	cleanup_close(&write_end);
	r = read_report(read_end, ret, err);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

static int publish(const struct call *call, const struct store_quarantine *quarantine,
		   const struct extraction *extraction, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct image_manifest manifest = { 0 };
	struct store_record record = { .id = extraction->id,
				       .size_bytes = extraction->content_bytes };
	struct timespec now;
	int r;

	r = file_read_at(quarantine->tree, "manifest", MANIFEST_MAX_BYTES, &text, err);
	if (r == 0)
		r = image_manifest_parse(&arena,
					 &(const struct json_source){ .text = text_string(&text),
								      .length = text.length,
								      .place = "manifest" },
					 &manifest, err);
	if (r < 0)
		return r;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return error_from_errno(err, "reading the clock");
	record.name = manifest.name;
	record.labels = manifest.labels;
	record.imported_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	record.size_bytes += text.length;
	return store_quarantine_publish(&call->store, quarantine, &record, err);
}

static int import(const struct call *call, struct extraction *ret, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error dropping = { 0 };
	int r = store_quarantine_open(&call->store, &quarantine, err);

	if (r < 0)
		return r;
	r = run_extraction(call, &quarantine, ret, err);
	if (r == 0)
		r = publish(call, &quarantine, ret, err);
	/* What cannot be removed now is left for the next collection. */
	(void)!store_quarantine_drop(&call->store, &quarantine, &dropping);
	return r;
}

static int parse_arguments(int argc, char **argv, struct call *ret)
{
	struct stat st;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], IMPORT_QUIET) != 0))
		return -EINVAL;
	if (fstat(IMPORT_FD_CAS, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    fstat(IMPORT_FD_SOURCE, &st) < 0 || fstat(IMPORT_FD_RESULT, &st) < 0 ||
	    !S_ISFIFO(st.st_mode))
		return -EINVAL;
	ret->name = argv[1];
	ret->quiet = argc == 3;
	return 0;
}

int main(int argc, char **argv)
{
	struct call call = { .store = { .cas = IMPORT_FD_CAS } };
	struct extraction extraction = { .content_bytes = 0 };
	struct error outcome = { 0 };

	if (export_is_meant(argc, argv))
		return export_run(argc, argv);
	if (parse_arguments(argc, argv, &call) < 0) {
		(void)fputs("rkt-image: is called by rkt only\n", stderr);
		return 254;
	}
	/* Ctrl-C ends the child; this process then cleans up.  rkt may be gone by then. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (import(&call, &extraction, &outcome) == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%s", extraction.id);
	return error_send(IMPORT_FD_RESULT, &outcome) < 0 || outcome.code != 0 ? 254 : 0;
}
