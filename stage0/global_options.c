/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/command.h"

static const struct {
	const char *name;
	unsigned bits;
} insecure_names[] = {
	{ "none", 0 },
	{ "http", INSECURE_HTTP },
	{ "image", INSECURE_IMAGE },
	{ "tls", INSECURE_TLS },
	{ "pubkey", INSECURE_PUBKEY },
	{ "ondisk", 0 }, /* rkt's check of extracted trees; trees here are read-only by name */
	{ "capabilities", INSECURE_CAPABILITIES },
	{ "paths", INSECURE_PATHS },
	{ "seccomp", INSECURE_SECCOMP },
	{ "all-fetch", INSECURE_ALL_FETCH },
	{ "all-run", INSECURE_ALL_RUN },
	{ "all", INSECURE_ALL_FETCH | INSECURE_ALL_RUN },
};

static int add_insecure(unsigned *bits, const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_LENGTH(insecure_names); i++) {
		if (strlen(insecure_names[i].name) != length ||
		    memcmp(insecure_names[i].name, name, length) != 0)
			continue;
		*bits |= insecure_names[i].bits;
		return 0;
	}
	return -EINVAL;
}

static int set_insecure(void *target, const struct option_spec *spec, const char *value,
			struct error *err)
{
	struct global_options *options = target;

	(void)spec;
	if (options->insecure_is_default) {
		options->insecure = 0;
		options->insecure_is_default = false;
	}
	for (;;) {
		size_t length = strcspn(value, ",");

		if (add_insecure(&options->insecure, value, length) < 0)
			return error_set(err, EINVAL, "\"%.*s\" is no security feature",
					 (int)length, value);
		if (value[length] == '\0')
			return 0;
		value += length + 1;
	}
}

#define PLACE(member) offsetof(struct global_options, places.member)

static const struct option_spec specs[] = {
	{ "debug", 0, OPTION_FLAG, offsetof(struct global_options, debug),
	  .help = "Prints what is done to stderr." },
	{ "dir", 0, OPTION_TEXT, offsetof(struct global_options, dir), .value_name = "DIR",
	  .help = "The directory of images and pods.", .default_text = COMMAND_DATA_PATH,
	  .completion = OPTION_COMPLETE_DIRECTORY },
	{ "insecure-options", 0, OPTION_CUSTOM, .set = set_insecure, .value_name = "LIST",
	  .help = "Security features to switch off, separated by commas: none, image (signatures), "
		  "tls, http, pubkey, capabilities, paths, seccomp, all-fetch, all-run, all.",
	  .default_text = "none" },
	{ "local-config", 0, OPTION_TEXT, PLACE(machine), .value_name = "DIR",
	  .help = "The machine's configuration.", .default_text = "/etc/rkt",
	  .completion = OPTION_COMPLETE_DIRECTORY },
	{ "system-config", 0, OPTION_TEXT, PLACE(vendor), .value_name = "DIR",
	  .help = "The vendor's configuration.", .default_text = "/usr/lib/rkt",
	  .completion = OPTION_COMPLETE_DIRECTORY },
	{ "user-config", 0, OPTION_TEXT, PLACE(user), .value_name = "DIR",
	  .help = "The user's configuration.", .completion = OPTION_COMPLETE_DIRECTORY },
	{ "trust-keys-from-https", 0, OPTION_FLAG,
	  offsetof(struct global_options, trust_keys_from_https),
	  .help =
	      "Trusts the keys that an image's site offers over https, for images of that name." },
	{ "help", 'h', OPTION_FLAG, offsetof(struct global_options, help),
	  .help = "Prints this text." },
};

/* "RKT_INSECURE_OPTIONS" of "insecure-options" */
static bool is_variable_of(const char *variable, const char *option)
{
	if (strncmp(variable, "RKT_", 4) != 0)
		return false;
	for (variable += 4; *option != '\0'; variable++, option++)
		if (*variable != (*option == '-' ? '_' : toupper((unsigned char)*option)))
			return false;
	return *variable == '=';
}

/* An empty one is none, as everywhere. */
static const char *find_value(char *const environment[], const char *option)
{
	for (size_t i = 0; environment[i] != NULL; i++) {
		const char *value = strchr(environment[i], '=');

		if (value != NULL && is_variable_of(environment[i], option))
			return value[1] == '\0' ? NULL : value + 1;
	}
	return NULL;
}

int global_options_from_environment(struct global_options *target, char *const environment[],
				    struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(specs); i++) {
		const char *value = find_value(environment, specs[i].name);
		int r;

		if (value == NULL || specs[i].letter == 'h')
			continue;
		r = specs[i].set != NULL ? specs[i].set(target, &specs[i], value, err)
					 : option_store(NULL, &specs[i], target, value, err);
		if (r < 0)
			return error_prefix(err, "the environment's value of --%s", specs[i].name);
	}
	target->insecure_is_default = true;
	return 0;
}

struct option_set global_options_set(struct global_options *target)
{
	return (struct option_set){ "Global options", specs, ARRAY_LENGTH(specs), target };
}
