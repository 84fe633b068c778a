/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci.h - the commands of aci, the image builder.
 *
 * A command gets its positional arguments and the options, prints its result to stdout,
 * and returns 0 or -errno with err filled; only main() prints errors.  A command that
 * has printed what was wrong itself (validate) returns 1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/option/option_text.h"

/* All commands' options; each command's table names the ones it has. */
struct aci_options {
	bool help;
	bool version;
	const char *manifest;    /* build; NULL: DIR/manifest */
	const char *compression; /* build, from-oci; NULL: gzip */
	bool owned_by_root;      /* build */
	bool pretty;             /* cat-manifest */
	bool allow_devices;      /* extract */
	bool quiet;              /* no progress bar */
};

struct aci_call {
	const struct aci_options *options;
	const char *const *arguments; /* NULL-terminated */
	size_t n_arguments;
};

struct aci_command {
	const char *name;
	const char *synopsis;
	const char *summary;
	const struct option_spec *specs;
	size_t n_specs;
	size_t min_arguments, max_arguments;
	int (*run)(const struct aci_call *call, struct error *err);
};

extern const struct aci_command aci_build, aci_validate, aci_cat_manifest, aci_extract, aci_id,
    aci_from_oci;

extern const char *const aci_compressions[]; /* words for --compression */

#define ACI_COMPRESSION                                                                            \
	{                                                                                          \
		.name = "compression", .kind = OPTION_TEXT,                                        \
		.offset = offsetof(struct aci_options, compression), .value_name = "KIND",         \
		.help = "How the image is packed. rkt up to 1.30 cannot read zstd.",               \
		.default_text = "gzip", .choices = aci_compressions,                               \
	}

#define ACI_QUIET                                                                                  \
	{                                                                                          \
		.name = "quiet", .letter = 'q', .kind = OPTION_FLAG,                               \
		.offset = offsetof(struct aci_options, quiet),                                     \
		.help = "Show no progress bar. There is none anyway unless stderr is a terminal.", \
	}
