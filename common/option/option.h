/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option.h - command lines as tables: one table feeds the parser, --help, the
 * bash completion and the man page.
 *
 * Grammar:    --name=VALUE, --name VALUE, -c VALUE, -cVALUE; flags --name and
 *             --name=BOOL.  "--" ends the options.  One dash and a long name is
 *             an error, and so is every unknown option.  Options and positional
 *             arguments may be mixed; positional ones reach a callback in their
 *             order, so that an option can belong to the one before it.
 * Ownership:  values point into argv, lists live in the arena.
 * Errors:     -EINVAL with err naming the option and the value; -ENOMEM.
 * Source:     the command line of rkt 1.30 (Go's pflag).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

enum option_kind {
	OPTION_FLAG,     /* bool at offset; takes a value only as --name=BOOL */
	OPTION_TEXT,     /* const char * at offset; a later one replaces an earlier one */
	OPTION_LIST,     /* struct option_list at offset; each use appends its value whole */
	OPTION_SPLIT,    /* the same, each use split at commas */
	OPTION_U64,      /* uint64_t at offset */
	OPTION_DURATION, /* uint64_t at offset, milliseconds; "1h30m", "10s", "300ms", "0" */
	OPTION_CUSTOM,   /* a value for set() */
};

/* What a shell may offer as the value, beside choices. */
enum option_completion { OPTION_COMPLETE_NOTHING, OPTION_COMPLETE_FILE, OPTION_COMPLETE_DIRECTORY };

struct option_list {
	const char **items; /* NULL-terminated when n > 0 */
	size_t n;
	size_t capacity;
};

struct option_spec {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset; /* in the set's target */
	/* When given, called instead of storing, after flags became "true" or "false". */
	int (*set)(void *target, const struct option_spec *spec, const char *value,
		   struct error *err);
	const char *value_name; /* "PATH"; NULL for flags */
	const char *help;       /* one or two sentences, no newline */
	const char *default_text;
	const char *implied;        /* the value of --name without one; NULL: a value is a must */
	const char *const *choices; /* NULL-terminated: no other value is taken; NULL: any */
	enum option_completion completion;
	bool hidden; /* works, but is in no help */
};

/* A table and the struct that it fills. */
struct option_set {
	const char *title; /* heading in help: "Global options" */
	const struct option_spec *specs;
	size_t n_specs;
	void *target;
};

struct option_input {
	const struct option_set *sets; /* searched in order */
	size_t n_sets;
	struct arena *arena; /* of the lists; may be NULL when no table has one */
	/* NULL: a positional argument is an error. */
	int (*positional)(void *context, const char *argument, struct error *err);
	void *context;
	bool stop_at_positional; /* the first positional argument ends the options as well */
};

/*
 * Parses argv[0 … argc-1] (without the program's name).  *ret_used is how many
 * were consumed: argc, or up to and with "--" (the rest is the caller's), or, with
 * stop_at_positional, up to and without the first positional one.
 */
int option_parse(const struct option_input *input, int argc, char *const argv[], int *ret_used,
		 struct error *err) MUST_CHECK;

/*
 * Stores value into target as spec's kind says, without calling set(): for set()
 * functions that only choose another target.  OPTION_CUSTOM cannot be stored.
 */
int option_store(struct arena *arena, const struct option_spec *spec, void *target,
		 const char *value, struct error *err) MUST_CHECK;

/* Appends to a list; the text is not copied. */
int option_list_add(struct arena *arena, struct option_list *list, const char *value) MUST_CHECK;

/* "1h30m" to milliseconds, as Go's time.ParseDuration without signs; -EINVAL, -ERANGE. */
int option_parse_duration(const char *text, uint64_t *ret_ms) MUST_CHECK;
