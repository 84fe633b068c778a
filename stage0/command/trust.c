/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust - adds keys to those whose signatures count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/manifest/name.h"
#include "stage0/command/commands.h"
#include "stage0/fetch/fetch_discover.h"
#include "stage0/fetch/fetch_keys.h"
#include "stage0/trust/keystore.h"
#include "stage0/version.h"

struct trust_options {
	const char *prefix;
	bool root, skip_review, allow_http;
};

#define MEMBER(name) offsetof(struct trust_options, name)

static const struct option_spec specs[] = {
	{ "insecure-allow-http", 0, OPTION_FLAG, MEMBER(allow_http),
	  .help = "Keys may be discovered and fetched over http." },
	{ "prefix", 0, OPTION_TEXT, MEMBER(prefix), .value_name = "NAME",
	  .help = "Trusts the keys for images of this name and below it." },
	{ "root", 0, OPTION_FLAG, MEMBER(root), .help = "Trusts the keys for every image." },
	{ "skip-fingerprint-review", 0, OPTION_FLAG, MEMBER(skip_review),
	  .help = "Does not ask whether the fingerprints are right." },
};

struct trusting {
	const struct command_call *call;
	const struct trust_options *options;
	struct fetch fetch;
	const char *prefix; /* "": every image */
};

static bool is_url(const char *location, const char *scheme)
{
	return strncmp(location, scheme, strlen(scheme)) == 0;
}

/* "8B86 DE38 890D DB72 9186  7B02 5210 BD88 8818 2190" */
static void print_fingerprint(const char *title, const char *digits)
{
	size_t n = strlen(digits);

	(void)fputs(title, stderr);
	for (size_t i = 0; i < n; i++) {
		char c = digits[i];

		if (i > 0 && i % 4 == 0)
			(void)fputs(i * 2 == n ? "  " : " ", stderr);
		(void)fputc(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c, stderr);
	}
	(void)fputc('\n', stderr);
}

static void show(const struct trusting *trusting, const char *location,
		 const struct fetch_keys *keys)
{
	(void)fprintf(stderr, "prefix: \"%s\"\nkey: \"%s\"\n", trusting->prefix, location);
	for (size_t i = 0; i < keys->n; i++) {
		const struct fetch_key *key = &keys->items[i];

		print_fingerprint("gpg key fingerprint is: ", key->fingerprint);
		for (size_t k = 0; k < key->n_subkeys; k++)
			print_fingerprint("    subkey fingerprint: ", key->subkeys[k]);
		for (size_t k = 0; k < key->n_names; k++)
			(void)fprintf(stderr, "\t%s\n", key->names[k]);
	}
}

/* 1: yes, 0: no; anything else is asked again. */
static int review(struct error *err)
{
	char answer[64];

	for (;;) {
		(void)fputs("Are you sure you want to trust this key (yes/no)?\n", stderr);
		if (fgets(answer, sizeof(answer), stdin) == NULL)
			return error_set(err, EINVAL, "error reviewing key: no answer on stdin");
		if (strcmp(answer, "yes\n") == 0)
			return 1;
		if (strcmp(answer, "no\n") == 0)
			return 0;
		(void)fputs("Please enter 'yes' or 'no'\n", stderr);
	}
}

static int read_keys(const struct trusting *trusting, const char *location, struct fetch_keys *ret,
		     struct error *err)
{
	auto_close int file = FD_NONE;

	if (is_url(location, "http://") && !trusting->fetch.allow_http)
		return error_set(err, EPERM, "--insecure-allow-http required for http URLs");
	if (is_url(location, "https://") || is_url(location, "http://"))
		return fetch_keys_get(&trusting->fetch, location, ret, err);
	if (strstr(location, "://") != NULL)
		return error_set(err, EINVAL, "only local files and http or https URLs supported");
	file = open(location, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return error_from_errno(err, "opening it");
	return fetch_keys_read(&trusting->fetch, file, ret, err);
}

static int add(const struct trusting *trusting, const struct fetch_key *found, struct error *err)
{
	const struct keystore_key key = { trusting->prefix, found->fingerprint, found->armored };
	const char *path = NULL;
	int r =
	    keystore_add(trusting->call->arena, &trusting->call->global->places, &key, &path, err);

	if (r < 0)
		return error_prefix(err, "error adding a key");
	if (trusting->prefix[0] == '\0')
		(void)fprintf(stderr, "Added root key at \"%s\"\n", path);
	else
		(void)fprintf(stderr, "Added key for prefix \"%s\" at \"%s\"\n", trusting->prefix,
			      path);
	return 0;
}

static int trust(const struct trusting *trusting, const char *location, struct error *err)
{
	struct fetch_keys keys = { .n = 0 };
	bool unseen =
	    trusting->options->skip_review ||
	    (trusting->call->global->trust_keys_from_https && is_url(location, "https://"));
	int r = read_keys(trusting, location, &keys, err);

	if (r < 0)
		return error_prefix(err, "error accessing the key %s", location);
	show(trusting, location, &keys);
	r = unseen ? 1 : review(err);
	if (r < 0)
		return r;
	if (r == 0) {
		(void)fprintf(stderr, "Not trusting \"%s\"\n", location);
		return 0;
	}
	(void)fprintf(stderr, "Trusting \"%s\" for prefix \"%s\" %s fingerprint review.\n",
		      location, trusting->prefix, unseen ? "without" : "after");
	r = 0;
	for (size_t i = 0; i < keys.n && r == 0; i++)
		r = add(trusting, &keys.items[i], err);
	return r;
}

static int trust_discovered(const struct trusting *trusting, struct error *err)
{
	static const struct manifest_pairs none;
	struct fetch_found found = { .n_keys = 0 };
	int r = fetch_discover(&trusting->fetch, trusting->prefix, &none, &found, err);

	if (r < 0)
		return error_prefix(err, "error determining key location: prefix meta discovery "
					 "error");
	for (size_t i = 0; i < found.n_keys && r == 0; i++)
		r = trust(trusting, found.keys[i], err);
	return r;
}

static int check(const struct command_call *call, struct error *err)
{
	const struct trust_options *options = call->options;

	if (options->prefix == NULL && !options->root)
		return error_set(err, EINVAL,
				 call->n_arguments > 0
				     ? "--root required for non-prefixed (root) keys"
				     : "--prefix or --root must be given");
	if (options->prefix != NULL && options->root)
		return error_set(err, EINVAL, "--root and --prefix usage mutually exclusive");
	if (options->root && call->n_arguments == 0)
		return error_set(err, EINVAL, "--root needs the file or URL of a key");
	if (options->prefix != NULL && strstr(options->prefix, "://") != NULL)
		return error_set(err, EINVAL, "--prefix must not contain a URL scheme, omit %.*s",
				 (int)(strstr(options->prefix, "://") + 3 - options->prefix),
				 options->prefix);
	if (options->prefix != NULL && !name_is_ac_identifier(options->prefix))
		return error_set(err, EINVAL, "--prefix: \"%s\" is no valid name", options->prefix);
	return 0;
}

static void tell(void *context, bool detail, const char *text)
{
	if (detail)
		command_debug(context, "%s", text);
	else
		command_tell(context, text);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct trust_options *options = call->options;
	unsigned insecure = call->global->insecure;
	const struct trusting trusting = {
		.call = call,
		.options = options,
		.prefix = options->prefix != NULL ? options->prefix : "",
		.fetch = { .arena = call->arena,
			   .places = &call->global->places,
			   .agent = "rkt/" RKT_VERSION,
			   .any_certificate = (insecure & INSECURE_TLS) != 0,
			   .allow_http = options->allow_http || (insecure & INSECURE_PUBKEY) != 0,
			   .tell = tell,
			   .context = (void *)(uintptr_t)call },
	};
	int r = check(call, err);

	if (r == 0 && call->n_arguments == 0)
		r = trust_discovered(&trusting, err);
	for (size_t i = 0; i < call->n_arguments && r == 0; i++)
		r = trust(&trusting, call->arguments[i], err);
	return r;
}

const struct command command_trust = {
	.name = "trust",
	.synopsis = "[--prefix=NAME | --root] [KEY…]",
	.summary = "trusts keys, whose signatures of images count from then on",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct trust_options),
	.run = run,
};
