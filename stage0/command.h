/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - one command of rkt, as data: name, options, function.
 *
 * Each command is a file of stage0/command/ with one constant of struct command,
 * named in stage0/command/commands.c.  main() finds the command, parses its
 * options and the global ones (which may stand before or after it), and calls it.
 *
 * Errors:     a command returns its exit status, or -errno with err filled;
 *             main() prints "NAME: TEXT" and exits with COMMAND_FAILED.  Only
 *             commands print, results to stdout, the rest to stderr.
 * Processes:  one thread; run and run-prepared replace the process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/option/option.h"
#include "common/option/option_text.h"
#include "stage0/config/config.h"

#define COMMAND_MAX_SETS 8

/* The exit status of rkt for whatever failed before a pod's own could count. */
#define COMMAND_FAILED   254

/* What --insecure-options switches off, as bits. */
enum insecure_option {
	INSECURE_IMAGE = 1 << 0, /* images without a verified signature may be used */
	INSECURE_TLS = 1 << 1,
	INSECURE_HTTP = 1 << 2,
	INSECURE_PUBKEY = 1 << 3,
	INSECURE_CAPABILITIES = 1 << 4, /* apps keep all capabilities */
	INSECURE_PATHS = 1 << 5,        /* /proc and /sys are neither masked nor write-protected */
	INSECURE_SECCOMP = 1 << 6,      /* apps run without a seccomp filter */
	INSECURE_ALL_FETCH = INSECURE_IMAGE | INSECURE_TLS | INSECURE_HTTP | INSECURE_PUBKEY,
	INSECURE_ALL_RUN = INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP,
};

struct global_options {
	bool debug;
	bool help;
	bool trust_keys_from_https;
	const char *dir; /* NULL: not given; see command_data_dir() */
	struct config_places places;
	unsigned insecure;        /* bits of enum insecure_option */
	bool insecure_is_default; /* the environment's: the command line starts anew */
};

struct command;

struct command_call {
	const struct command *command;
	const struct global_options *global;
	struct arena *arena; /* lives as long as the command */
	void *options;       /* command->options_size bytes, zeroed, then filled by the options */
	char *const *arguments; /* positional ones, and all after "--"; NULL-terminated */
	size_t n_arguments;
	char *const *environment;
};

struct command {
	const char *name;
	const char *synopsis; /* what follows the name: "[options] UUID" */
	const char *summary;  /* one line without full stop */
	const struct option_spec *specs;
	size_t n_specs;
	/* More tables, up to one without title; their targets are not looked at. */
	const struct option_set *sets;
	size_t options_size; /* of the struct all of them fill */
	bool needs_root;
	bool stop_at_positional; /* enter: what follows UUID is not ours */
	bool hidden;
	/* What the shell offers as arguments; option_text.h. */
	const char *arguments, *among;
	/* `rkt NAME SUB …`, NULL-terminated: the command has neither options nor a run() then. */
	const struct command *const *subcommands;
	int (*run)(const struct command_call *call, struct error *err);
	/* NULL: options by table, positional arguments collected.  Else the command
	 * parses for itself (input has all option sets; options is call->options). */
	int (*parse)(void *options, struct option_input *input, int argc, char *const argv[],
		     struct error *err);
};

/* stage0/command/commands.c: all of them, in the order of help. */
extern const struct command *const commands[];
extern const size_t n_commands;

/* The global options' table for a target; insecure options and places included. */
struct option_set global_options_set(struct global_options *target);

/* RKT_DIR, RKT_INSECURE_OPTIONS and so on: what the command line may override. */
int global_options_from_environment(struct global_options *target, char *const environment[],
				    struct error *err) MUST_CHECK;

/*
 * The configuration (read once more on each call: call it once).
 * *ret_data_dir: --dir, else the configured directory, else /var/lib/rkt; made
 * when missing, opened O_DIRECTORY; the caller closes it.  ret_config may be NULL.
 */
int command_data_dir(const struct command_call *call, struct config *ret_config, int *ret_data_dir,
		     struct error *err) MUST_CHECK;

/* Where images and pods are unless somebody says otherwise. */
#define COMMAND_DATA_PATH "/var/lib/rkt"

/* The path that command_data_dir() opened. */
const char *command_data_path(const struct command_call *call, const struct config *config);

/* Appends a note to stderr: "run: warning: TEXT". */
void command_warn(const struct command_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "run: TEXT", each line for itself. */
void command_tell(const struct command_call *call, const char *text);

/* The same only with --debug: "run: TEXT". */
void command_debug(const struct command_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same, said by another than the command: "WHO: TEXT". */
void command_debug_as(const struct command_call *call, const char *who, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
