/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_reference.h - what a user writes to mean an image of the store.
 *
 *   sha512-DIGITS                     an id or the beginning of one
 *   NAME[:VERSION][,LABEL=VALUE]…     a name; ":VERSION" is the label "version"
 *
 * An id longer than the store keeps (the whole SHA-512) is cut to its length, as
 * the original does.
 *
 * Errors:     -EINVAL with err naming the reference and what is wrong.
 * Ownership:  all of it belongs to the arena.
 */
#pragma once

#include "stage0/store/store.h"

struct store_reference {
	const char *id;   /* beginning of an id; NULL: it is a name */
	const char *name; /* NULL: it is an id */
	struct manifest_pairs labels;
};

int store_reference_parse(struct arena *arena, const char *text, struct store_reference *ret,
			  struct error *err) MUST_CHECK;

/* This machine, as types.md names architectures: "amd64".  Valid for ever. */
const char *store_reference_machine(void);

/*
 * True when an image with these labels is meant: it has every label that was
 * asked for, and is for this machine's os and arch unless those were.
 */
bool store_reference_matches(const struct store_reference *reference,
			     const struct manifest_pairs *labels);

/* -ENOEXEC, and err says what of it, when an image with these labels is not for this machine. */
int store_check_machine(const struct manifest_pairs *labels, struct error *err) MUST_CHECK;
