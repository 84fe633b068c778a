/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt-image - imports one image into the store, or writes an image file, for rkt.
 *
 * Two processes: a child that unpacks, confined to the quarantine, and this one,
 * which looks at the result and moves it into the store.  Images of OCI: container.c.  How rkt
 * calls it: stage0/store/store_import_protocol.h.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/parse.h"
#include "image/image_confine.h"
#include "image/image_extract.h"
#include "image/progress_bar.h"
#include "stage0/image_helper/call.h"
#include "stage0/image_helper/export.h"
#include "stage0/image_helper/peek.h"
#include "stage0/store/store_import_protocol.h"

static void draw(uint64_t packed_bytes, void *context)
{
	progress_bar_draw(context, packed_bytes);
}

static int extract(int target, const struct import_call *call, struct image_facts *ret,
		   struct error *err)
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
static int unpack(const struct import_call *call, const struct store_quarantine *quarantine,
		  pid_t parent, int report)
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

static int read_report(int read_end, struct import_result *ret, struct error *err)
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

static int run_extraction(const struct import_call *call, const struct store_quarantine *quarantine,
			  struct import_result *ret, struct error *err)
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

static int import_file(const struct import_call *call, struct import_result *ret, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error dropping = { 0 };
	int r = store_quarantine_open(&call->store, &quarantine, err);

	if (r < 0)
		return r;
	r = run_extraction(call, &quarantine, ret, err);
	if (r == 0)
		r = import_publish(call, &quarantine, ret, err);
	/* What cannot be removed now is left for the next collection. */
	(void)!store_quarantine_drop(&call->store, &quarantine, &dropping);
	return r;
}

static int parse_format(const char *word, enum import_format *ret)
{
	static const char *const words[] = {
		[IMPORT_AS_ACI] = IMPORT_FORMAT_ACI,
		[IMPORT_AS_OCI] = IMPORT_FORMAT_OCI,
		[IMPORT_AS_DOCKER] = IMPORT_FORMAT_DOCKER,
		[IMPORT_AS_SKOPEO] = IMPORT_FORMAT_SKOPEO,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(words[i], word) == 0) {
			*ret = (enum import_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_option(const char *option, struct import_call *ret)
{
	if (strcmp(option, IMPORT_QUIET) == 0)
		ret->quiet = true;
	else if (strcmp(option, IMPORT_UPDATE) == 0)
		ret->update = true;
	else if (strcmp(option, IMPORT_STORE_ONLY) == 0)
		ret->store_only = true;
	else if (strcmp(option, IMPORT_LOGIN) == 0)
		ret->has_login = true;
	else if (strncmp(option, IMPORT_REFERENCE, strlen(IMPORT_REFERENCE)) == 0)
		ret->reference = option + strlen(IMPORT_REFERENCE);
	else if (strncmp(option, IMPORT_ID, strlen(IMPORT_ID)) == 0)
		ret->id = option + strlen(IMPORT_ID);
	else if (strncmp(option, IMPORT_FORMAT, strlen(IMPORT_FORMAT)) == 0)
		return parse_format(option + strlen(IMPORT_FORMAT), &ret->format);
	else
		return -EINVAL;
	return 0;
}

static int parse_arguments(int argc, char **argv, struct import_call *ret)
{
	struct stat st;

	if (argc < 2)
		return -EINVAL;
	for (int i = 2; i < argc; i++)
		if (parse_option(argv[i], ret) < 0)
			return -EINVAL;
	if (fstat(IMPORT_FD_CAS, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    fstat(IMPORT_FD_SOURCE, &st) < 0 || fstat(IMPORT_FD_RESULT, &st) < 0 ||
	    !S_ISFIFO(st.st_mode))
		return -EINVAL;
	ret->name = argv[1];
	return 0;
}

int main(int argc, char **argv)
{
	struct import_call call = { .store = { .cas = IMPORT_FD_CAS } };
	struct import_result result = { .content_bytes = 0 };
	struct error outcome = { 0 };
	int r;

	if (export_is_meant(argc, argv))
		return export_run(argc, argv);
	if (peek_is_meant(argc, argv))
		return peek_run(argc, argv);
	if (parse_arguments(argc, argv, &call) < 0) {
		(void)fputs("rkt-image: is called by rkt only\n", stderr);
		return 254;
	}
	/* Ctrl-C ends the child; this process then cleans up.  rkt may be gone by then. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	r = call.format == IMPORT_AS_ACI ? import_file(&call, &result, &outcome)
					 : import_container(&call, &result, &outcome);
	if (r == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%s", result.id);
	return error_send(IMPORT_FD_RESULT, &outcome) < 0 || outcome.code != 0 ? 254 : 0;
}
