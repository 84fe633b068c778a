/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt-fetch - one operation for rkt that needs libcurl or GPGME, in a jail.
 *
 * How rkt calls it: stage0/fetch/fetch_protocol.h.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/fetch_helper/jail.h"
#include "stage0/fetch_helper/operations.h"
#include "stage0/fetch_helper/report.h"

static const struct operation {
	const char *name;
	enum jail_kind jail;
	int (*run)(struct arena *arena, const struct fetch_request *request, struct error *err);
} operations[] = {
	{ "get", JAIL_NETWORK, operation_get },
	{ "discover", JAIL_NETWORK, operation_discover },
	{ "verify", JAIL_OPENPGP, operation_verify },
	{ "keys", JAIL_OPENPGP, operation_keys },
};

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(operations); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

/* What a library does when it is first used, while it still can. */
static int wake(enum jail_kind jail, struct error *err)
{
	if (jail == JAIL_NETWORK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, EIO, "preparing libcurl");
	return 0;
}

/* No program that runs here needs what is rkt's: gpg gets the files by number. */
static int keep_descriptors_here(struct error *err)
{
	for (int fd = FETCH_FD_REQUEST; fd <= FETCH_FD_KEYS; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF)
			return error_from_errno(err, "keeping a descriptor");
	return 0;
}

static int run(struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct fetch_request request = { .operation = "" };
	const struct operation *operation = NULL;
	int r = keep_descriptors_here(err);

	if (r == 0)
		r = fetch_request_read(&arena, &request, err);
	if (r < 0)
		return r;
	(void)close(FETCH_FD_REQUEST);
	operation = find_operation(request.operation);
	if (operation == NULL)
		return error_set(err, EINVAL, "there is no operation \"%s\"", request.operation);
	r = wake(operation->jail, err);
	if (r == 0)
		r = jail_enter(operation->jail, err);
	return r < 0 ? r : operation->run(&arena, &request, err);
}

int main(int argc, char **argv)
{
	struct error outcome = { 0 };
	struct stat st;

	(void)argv;
	if (argc != 1 || fstat(FETCH_FD_REQUEST, &st) < 0 || fstat(FETCH_FD_REPORT, &st) < 0 ||
	    !S_ISFIFO(st.st_mode)) {
		(void)fputs("rkt-fetch: is called by rkt only\n", stderr);
		return 254;
	}
	(void)setlocale(LC_ALL, "C.UTF-8");
	(void)run(&outcome);
	return report_outcome(&outcome) < 0 || outcome.code != 0 ? 254 : 0;
}
