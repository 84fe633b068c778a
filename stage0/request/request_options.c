/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/cleanup.h"
#include "stage0/request/request_parts.h"

#define POD(member)   offsetof(struct request, member)
#define IMAGE(member) offsetof(struct request_image, member)

#define IMAGE_OPTION(name, kind, member, value, help)                                              \
	{                                                                                          \
		name, 0, kind, IMAGE(member), request_set_image, value, help                       \
	}
#define IMAGE_PAIR(name, member, value, help)                                                      \
	{                                                                                          \
		name, 0, OPTION_CUSTOM, IMAGE(member), request_set_image_pair, value, help         \
	}

static const char *const ipc_modes[] = { "auto", "private", "parent", NULL };
static const char *const pull_policies[] = { "never", "new", "update", NULL };
static const char *const restart_policies[] = { "no", "on-failure", "always", NULL };
static const char *const input_modes[] = { "null", "stream", "tty", NULL };
static const char *const output_modes[] = { "null", "stream", "tty", "log", NULL };
static const char *const formats[] = { "table", "json", "json-pretty", NULL };

static const struct option_spec pod_specs[] = {
	{ "volume", 0, OPTION_CUSTOM, 0, request_set_volume, "VOLUME",
	  "A volume of the pod: NAME,kind=host,source=PATH[,readOnly=BOOL][,recursive=BOOL] or "
	  "NAME,kind=empty[,mode=MODE][,uid=UID][,gid=GID]." },
	{ "mount", 0, OPTION_CUSTOM, 0, request_set_mount, "MOUNT",
	  "Shows a volume at a path: volume=NAME,target=PATH. Before the first image: in every "
	  "app; after an image: in its app." },
	{ "port", 0, OPTION_CUSTOM, 0, request_set_port, "PORT",
	  "Exposes an app's port on the host: NAME:[IP:]PORT." },
	{ "annotation", 0, OPTION_CUSTOM, 0, request_set_annotation, "NAME=VALUE",
	  "An annotation: before the first image of the pod, after an image of its app." },
	{ "set-env", 0, OPTION_LIST, POD(set_env), NULL, "NAME=VALUE",
	  "An environment variable for every app." },
	{ "set-env-file", 0, OPTION_LIST, POD(set_env_files), NULL, "PATH",
	  "A file of such variables, one a line; lines with # or ; in front are comments.",
	  .completion = OPTION_COMPLETE_FILE },
	{ "inherit-env", 0, OPTION_FLAG, POD(inherit_env), NULL, NULL,
	  "Hands on rkt's own environment, as far as the apps do not set it." },
	{ "pod-manifest", 0, OPTION_TEXT, POD(pod_manifest), NULL, "PATH",
	  "Runs the pod that this manifest describes, instead of images and options.",
	  .completion = OPTION_COMPLETE_FILE },
	{ "private-users", 0, OPTION_FLAG, POD(private_users), NULL, NULL,
	  "Gives the pod users and groups of its own, apart from the host's." },
	{ "no-overlay", 0, OPTION_FLAG, POD(no_overlay), NULL, NULL,
	  "Copies the images into the pod instead of mounting them as overlays." },
	{ "strict", 0, OPTION_FLAG, POD(strict), NULL, NULL,
	  "Refuses to start when anything asked for cannot be enforced." },
	{ "pod-name", 0, OPTION_TEXT, POD(pod_name), NULL, "NAME",
	  "A name for the pod, which does wherever its UUID does." },
	{ "restart", 0, OPTION_TEXT, POD(restart), NULL, "POLICY",
	  "Whether apps that end are started again, after ever longer times up to a minute.", "no",
	  NULL, restart_policies },
	{ "accounting", 0, OPTION_FLAG, POD(accounting), NULL, NULL,
	  "Has all counted that rkt stats shows; only on machines with cgroups v1 it is not "
	  "anyway." },
	{ "log-size", 0, OPTION_TEXT, POD(log_size), NULL, "SIZE",
	  "How much of what the apps print is kept for rkt logs; 0: nothing.", "16Mi" },
	{ "pull-policy", 0, OPTION_TEXT, POD(pull_policy), NULL, "POLICY",
	  "Whether to look for images outside the store.", "new", NULL, pull_policies },
	{ "no-store", 0, OPTION_FLAG, POD(no_store), NULL, NULL,
	  "The old name of --pull-policy=update." },
	{ "store-only", 0, OPTION_FLAG, POD(store_only), NULL, NULL,
	  "The old name of --pull-policy=never." },
};

static const struct option_spec image_specs[] = {
	IMAGE_OPTION("name", OPTION_TEXT, name, "NAME", "The app's name; the image's by default."),
	IMAGE_OPTION("exec", OPTION_TEXT, exec, "PATH", "The program to run."),
	IMAGE_OPTION("user", OPTION_TEXT, user, "USER",
		     "A user by name, number, or the path of a file of his."),
	IMAGE_OPTION("group", OPTION_TEXT, group, "GROUP",
		     "A group by name, number, or the path of a file of its."),
	IMAGE_OPTION("supplementary-gids", OPTION_SPLIT, supplementary_gids, "GIDS",
		     "Further groups, numbers separated by commas."),
	IMAGE_OPTION("working-dir", OPTION_TEXT, working_directory, "PATH",
		     "The directory to start in."),
	IMAGE_OPTION("readonly-rootfs", OPTION_FLAG, read_only_rootfs, NULL,
		     "Makes the app's root read-only."),
	IMAGE_OPTION("environment", OPTION_LIST, environment, "NAME=VALUE",
		     "An environment variable of this app."),
	IMAGE_OPTION("memory", OPTION_TEXT, memory, "SIZE", "The memory limit: 50M, 1Gi."),
	IMAGE_OPTION("cpu", OPTION_TEXT, cpu, "CPUS", "The CPU limit: 500m is half a core."),
	IMAGE_OPTION("cpu-shares", OPTION_TEXT, cpu_shares, "N",
		     "The weight against other apps, 2 to 262144; 1024 is usual."),
	IMAGE_OPTION("oom-score-adj", OPTION_TEXT, oom_score_adj, "N",
		     "How readily the kernel kills the app when memory is short, -1000 to 1000."),
	{ "oom-score-adjust", 0, OPTION_TEXT, IMAGE(oom_score_adj), request_set_image, "N",
	  "The name in rkt's documentation.", .hidden = true },
	IMAGE_OPTION("caps-retain", OPTION_SPLIT, caps_retain, "CAPS",
		     "The only capabilities the app may have: CAP_CHOWN,CAP_KILL."),
	IMAGE_OPTION("caps-remove", OPTION_SPLIT, caps_remove, "CAPS",
		     "Capabilities to take from the default set."),
	{ "cap-retain", 0, OPTION_SPLIT, IMAGE(caps_retain), request_set_image, "CAPS",
	  "The old name of --caps-retain.", .hidden = true },
	{ "cap-remove", 0, OPTION_SPLIT, IMAGE(caps_remove), request_set_image, "CAPS",
	  "The old name of --caps-remove.", .hidden = true },
	IMAGE_OPTION(
	    "seccomp", OPTION_TEXT, seccomp, "FILTER",
	    "System calls: mode=retain|remove[,errno=NAME],CALL[,CALL…]; @SCOPE/SET names a "
	    "set of them."),
	IMAGE_PAIR("user-annotation", user_annotations, "NAME=VALUE", "A user annotation."),
	IMAGE_PAIR("user-label", user_labels, "NAME=VALUE", "A user label."),
	{ "stdin", 0, OPTION_TEXT, IMAGE(stdin_mode), request_set_image, "MODE", "Standard input.",
	  "null", NULL, input_modes },
	{ "stdout", 0, OPTION_TEXT, IMAGE(stdout_mode), request_set_image, "MODE",
	  "Standard output.", "log", NULL, output_modes },
	{ "stderr", 0, OPTION_TEXT, IMAGE(stderr_mode), request_set_image, "MODE",
	  "Standard error.", "log", NULL, output_modes },
	{ "signature", 0, OPTION_TEXT, IMAGE(signature), request_set_image, "PATH",
	  "The file of the image's signature; by default the one beside the image.",
	  .completion = OPTION_COMPLETE_FILE },
};

#define STAGE1_OPTION(name, flag, value, help)                                                     \
	{                                                                                          \
		name, 0, OPTION_CUSTOM, flag, request_set_stage1, value, help                      \
	}

static const struct option_spec stage1_specs[] = {
	STAGE1_OPTION("stage1-image", STAGE1_IMAGE, "IMAGE", "A path, a name or an image id."),
	{ "stage1-path", 0, OPTION_CUSTOM, STAGE1_PATH, request_set_stage1, "PATH",
	  "An image file.", .completion = OPTION_COMPLETE_FILE },
	STAGE1_OPTION("stage1-url", STAGE1_URL, "URL", "Where to fetch it from."),
	STAGE1_OPTION("stage1-name", STAGE1_NAME, "NAME", "The name of an image in the store."),
	STAGE1_OPTION("stage1-hash", STAGE1_HASH, "ID", "The id of an image in the store."),
	STAGE1_OPTION("stage1-from-dir", STAGE1_FROM_DIR, "FILE",
		      "A file in the directory of stage1 images."),
};

static const struct option_spec runtime_specs[] = {
	{ "net", 0, OPTION_SPLIT, POD(networks), NULL, "NETWORKS",
	  "The pod's networks, separated by commas; none and host stand alone.", "default",
	  "default" },
	{ "hostname", 0, OPTION_TEXT, POD(hostname), NULL, "NAME", "The pod's host name.",
	  "rkt-UUID" },
	{ "dns", 0, OPTION_SPLIT, POD(dns), NULL, "IP",
	  "A name server for /etc/resolv.conf; host: the host's file; none: the image's own." },
	{ "dns-search", 0, OPTION_SPLIT, POD(dns_search), NULL, "DOMAIN",
	  "A search domain for /etc/resolv.conf." },
	{ "dns-opt", 0, OPTION_SPLIT, POD(dns_opt), NULL, "OPTION",
	  "An option for /etc/resolv.conf." },
	{ "dns-domain", 0, OPTION_TEXT, POD(dns_domain), NULL, "DOMAIN",
	  "The domain for /etc/resolv.conf." },
	{ "hosts-entry", 0, OPTION_SPLIT, POD(hosts_entries), NULL, "IP=NAME",
	  "An entry for /etc/hosts; host: the host's file." },
	{ "interactive", 0, OPTION_FLAG, POD(interactive), NULL, NULL,
	  "Connects the terminal with the pod's one app." },
	{ "ipc", 0, OPTION_TEXT, POD(ipc), NULL, "MODE",
	  "Whether the pod shares the host's IPC namespace.", "auto", NULL, ipc_modes },
	{ "mds-register", 0, OPTION_FLAG, POD(mds_register), NULL, NULL,
	  "Registers the pod with the metadata service, which must be running." },
};

static const struct option_spec run_specs[] = {
	{ "uuid-file-save", 0, OPTION_TEXT, POD(uuid_file), NULL, "PATH",
	  "Writes the pod's UUID to this file.", .completion = OPTION_COMPLETE_FILE },
};

static const struct option_spec prepare_specs[] = {
	{ "quiet", 0, OPTION_FLAG, POD(quiet), NULL, NULL,
	  "Prints the pod's UUID and nothing else." },
};

static const struct option_spec explain_specs[] = {
	{ "format", 0, OPTION_TEXT, POD(format), NULL, "FORMAT", "The form of the output.", "table",
	  NULL, formats },
};

#define SET(title, specs)                                                                          \
	{                                                                                          \
		title, specs, ARRAY_LENGTH(specs), NULL                                            \
	}

#define POD_SETS                                                                                   \
	SET("Options of the pod", pod_specs),                                                      \
	    SET("Options of the image before them", image_specs),                                  \
	    SET("Choice of the isolator (stage1)", stage1_specs)

const struct option_set request_run_sets[] = {
	POD_SETS,
	SET("Options of the run", runtime_specs),
	SET("Output", run_specs),
	{ 0 },
};

const struct option_set request_prepare_sets[] = {
	POD_SETS,
	SET("Output", prepare_specs),
	{ 0 },
};

const struct option_set request_prepared_sets[] = {
	SET("Options of the run", runtime_specs),
	{ 0 },
};

const struct option_set request_explain_sets[] = {
	POD_SETS,
	SET("Options of the run", runtime_specs),
	SET("Output", explain_specs),
	{ 0 },
};
