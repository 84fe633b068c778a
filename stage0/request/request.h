/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - what a run, prepare or explain command line asks for.
 *
 * Options before the first image belong to the pod, options after an image to
 * that image: `IMAGE1 --name=a -- ARG… --- IMAGE2 --name=b -- ARG…`.
 *
 * Ownership:  strings point into argv, the rest lies in the arena.
 * Errors:     -EINVAL with err naming option and value; -ENOMEM.
 * Source:     rkt/rkt, Documentation/subcommands/run.md, prepare.md.
 */
#pragma once

#include "common/manifest/pod_manifest.h"
#include "common/option/option.h"

/* One image of the command line and what overrides its manifest; NULL: not given. */
struct request_image {
	const char *reference;
	const char *name;
	const char *exec;
	const char *user;
	const char *group;
	const char *working_directory;
	bool read_only_rootfs;
	struct option_list supplementary_gids;
	struct option_list environment; /* "K=V" */
	const struct app_mount *mounts;
	size_t n_mounts;
	const char *memory, *cpu, *cpu_shares, *oom_score_adj;
	const char *seccomp;
	struct option_list caps_retain, caps_remove;
	struct manifest_pairs annotations, user_annotations, user_labels;
	const char *stdin_mode, *stdout_mode, *stderr_mode;
	const char *signature;
	char *const *arguments; /* after "--" */
	size_t n_arguments;
};

/* How a stage1 was asked for: at most one is given. */
enum stage1_flag {
	STAGE1_DEFAULT, /* none given: configuration, then the built-in one */
	STAGE1_IMAGE,   /* --stage1-image: a path, a name or an id */
	STAGE1_PATH,
	STAGE1_URL,
	STAGE1_NAME,
	STAGE1_HASH,
	STAGE1_FROM_DIR,
};

struct request {
	struct arena *arena;
	struct request_image *images;
	size_t n_images, images_capacity;
	const char *pod_manifest; /* a path */

	/* of the pod */
	const char *pod_name; /* NULL: none */
	const char *restart;  /* NULL: no */
	const char *log_size; /* NULL: what the stage1 likes */
	const struct volume *volumes;
	size_t n_volumes;
	const struct app_mount *mounts; /* for every app */
	size_t n_mounts;
	const struct pod_port *ports;
	size_t n_ports;
	struct option_list set_env;       /* "K=V" */
	struct option_list set_env_files; /* paths */
	bool inherit_env;
	struct manifest_pairs annotations; /* --annotation before the first image */
	bool strict, accounting;

	/* of the run */
	struct option_list networks; /* split at commas */
	struct option_list dns, dns_search, dns_opt, hosts_entries;
	const char *dns_domain;
	const char *hostname;
	const char *ipc;
	const char *uuid_file;
	const char *pull_policy;
	bool interactive, private_users, no_overlay, mds_register, no_store, store_only, quiet;

	enum stage1_flag stage1_flag;
	const char *stage1;

	const char *format;    /* explain */
	bool full;             /* fetch */
	const char *signature; /* fetch: of its only image */
};

/*
 * The option tables of run, prepare, run-prepared and explain, each list ended by
 * a set without title; all fill a struct request.
 */
extern const struct option_set request_run_sets[], request_prepare_sets[], request_prepared_sets[],
    request_explain_sets[];

/* struct command.parse of run, prepare and explain: options is a zeroed struct request. */
int request_parse(void *options, struct option_input *input, int argc, char *const argv[],
		  struct error *err) MUST_CHECK;

/* Refuses what cannot go together or cannot be done; the last step of parsing. */
int request_check(const struct request *request, struct error *err) MUST_CHECK;

/* The part of it that run-prepared has: networks, names, DNS. */
int request_check_run(const struct request *request, struct error *err) MUST_CHECK;
