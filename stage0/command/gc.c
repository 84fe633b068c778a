/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc - marks pods that have ended, removes those marked long enough ago, and what
 * dead processes left in the image store and in networks.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "stage0/command/human_text.h"
#include "stage0/command/places.h"
#include "stage0/launch/stage1_networks.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/pods/user_range.h"
#include "stage0/store/store_remove.h"

#define NS_PER_MS     1000000U
#define DEFAULT_GRACE "30m0s"

struct gc_options {
	const char *grace_period;
	const char *expire_prepared;
	bool mark_only;
};

static const struct option_spec specs[] = {
	{ .name = "grace-period",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct gc_options, grace_period),
	  .value_name = "DURATION",
	  .help = "how long a marked pod is kept",
	  .default_text = DEFAULT_GRACE },
	{ .name = "expire-prepared",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct gc_options, expire_prepared),
	  .value_name = "DURATION",
	  .help = "how long a prepared pod may wait to be run",
	  .default_text = "24h0m0s" },
	{ .name = "mark-only",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct gc_options, mark_only),
	  .help = "mark what has ended, remove nothing" },
};

struct collection {
	const struct command_call *call;
	const struct places *places;
	uint64_t grace_ns, expire_ns, now_ns;
	const char *grace_text; /* as it was given */
	bool failed;
};

static void note_failure(struct collection *collection, const struct error *err)
{
	complain(collection->call, err);
	collection->failed = true;
}

/* Since the last rename: when it was marked, or prepared. */
static uint64_t age_ns(const struct collection *collection, const struct pod_dir *pod)
{
	struct stat st;
	uint64_t changed;

	if (fstat(pod->fd, &st) < 0)
		return 0;
	changed = (uint64_t)st.st_ctim.tv_sec * 1000000000U + (uint64_t)st.st_ctim.tv_nsec;
	return collection->now_ns > changed ? collection->now_ns - changed : 0;
}

static const char *marking(enum pod_home home)
{
	switch (home) {
	case POD_HOME_PREPARED:
		return "moving expired prepared pod";
	case POD_HOME_EMBRYO:
	case POD_HOME_PREPARE:
		return "moving failed prepare";
	default:
		return "moving pod";
	}
}

static int mark(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct collection *collection = context;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error mine = { 0 };
	int r = pod_open(&collection->places->pods, home, uuid, &pod, &mine);

	(void)err;
	if (r == 0 && home == POD_HOME_PREPARED && age_ns(collection, &pod) < collection->expire_ns)
		return 0;
	if (r == 0 && (home == POD_HOME_RUN || home == POD_HOME_PREPARE)) {
		enum pod_state state = pod_state(&pod); /* sooner than waiting for the lock */

		if (state == POD_RUNNING || state == POD_PREPARING)
			return 0;
	}
	if (r == 0)
		r = pod_mark(&collection->places->pods, &pod, &mine);
	if (r == 0)
		(void)fprintf(stderr, "gc: %s \"%s\" to garbage\n", marking(home), uuid);
	else if (r != -ENOENT && r != -EWOULDBLOCK)
		note_failure(collection, &mine);
	return 0;
}

static void warn(void *context, const char *uuid, const struct error *err)
{
	command_warn(context, "cleaning up after pod \"%s\": %s", uuid, err->text);
}

static int sweep(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct collection *collection = context;
	const struct command_call *call = collection->call;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	const struct pod_removal removal = {
		.pods = &collection->places->pods,
		.data_path = collection->places->data_path,
		.local_config = call->global->places.machine,
		.environment = call->environment,
		.debug = call->global->debug,
		.warn = warn,
		.context = (void *)(uintptr_t)call,
	};
	struct error mine = { 0 };
	int r = pod_open(removal.pods, home, uuid, &pod, &mine);

	(void)err;
	if (r == 0 && home == POD_HOME_EXITED_GARBAGE &&
	    age_ns(collection, &pod) < collection->grace_ns) {
		(void)fprintf(stderr,
			      "gc: pod \"%s\" not removed: still within grace period (%s)\n", uuid,
			      collection->grace_text);
		return 0;
	}
	if (r == 0) {
		(void)printf("Garbage collecting pod \"%s\"\n", uuid);
		(void)fflush(stdout); /* before what the stage1 has to say */
		r = pod_remove(&removal, &pod, &mine);
	}
	if (r < 0 && r != -ENOENT && r != -EWOULDBLOCK)
		note_failure(collection, &mine);
	return 0;
}

static int visit(struct collection *collection, const enum pod_home *homes, size_t n,
		 pod_visitor *visitor, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = pods_visit(&collection->places->pods, homes[i], visitor, collection, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static void tell_tree(void *context, const char *tree_id)
{
	command_debug(context, "removed treestore \"%s\"", tree_id);
}

static int collect_store(const struct collection *collection, struct error *err)
{
	const struct store_users users = {
		.uses = pod_uses_tree,
		.context = (void *)(uintptr_t)&collection->places->pods,
	};
	const struct store_collection how = {
		.removed = tell_tree,
		.context = (void *)(uintptr_t)collection->call,
	};

	return store_collect(&collection->places->store, &users, &how, err);
}

static int parse_duration(const char *name, const char *text, uint64_t default_ms, uint64_t *ret_ns,
			  struct error *err)
{
	uint64_t ms = default_ms;

	if (text != NULL && option_parse_duration(text, &ms) < 0)
		return error_set(err, EINVAL, "--%s: \"%s\" is not a duration", name, text);
	*ret_ns = ms > UINT64_MAX / NS_PER_MS ? UINT64_MAX : ms * NS_PER_MS;
	return 0;
}

static int collect(struct collection *collection, bool mark_only, struct error *err)
{
	/* What was prepared in vain comes last: --mark-only leaves it alone, as the original. */
	static const enum pod_home living[] = { POD_HOME_EMBRYO, POD_HOME_PREPARE, POD_HOME_RUN,
						POD_HOME_PREPARED };
	static const enum pod_home dead[] = { POD_HOME_EXITED_GARBAGE, POD_HOME_GARBAGE };
	int r = visit(collection, living, ARRAY_LENGTH(living) - (mark_only ? 1 : 0), mark, err);

	if (r < 0 || mark_only)
		return r;
	collection->now_ns = human_text_now_ns();
	r = visit(collection, dead, ARRAY_LENGTH(dead), sweep, err);
	if (r == 0)
		r = user_ranges_collect(&collection->places->pods, err);
	return r < 0 ? r : collect_store(collection, err);
}

/* What networks hold for nobody will be found another time as well. */
static void collect_networks(const struct command_call *call)
{
	struct error problem = { 0 };

	if (stage1_collect_networks(call, &problem) < 0)
		command_warn(call, "collecting what networks hold for nobody: %s", problem.text);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct gc_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct collection collection = {
		.call = call,
		.places = &places,
		.now_ns = human_text_now_ns(),
		.grace_text = options->grace_period != NULL ? options->grace_period : DEFAULT_GRACE,
	};
	int r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	r = parse_duration("grace-period", options->grace_period, UINT64_C(30) * 60 * 1000,
			   &collection.grace_ns, err);
	if (r == 0)
		r = parse_duration("expire-prepared", options->expire_prepared,
				   UINT64_C(24) * 60 * 60 * 1000, &collection.expire_ns, err);
	if (r == 0)
		r = places_open(call, &places, err);
	if (r == 0)
		r = collect(&collection, options->mark_only, err);
	if (r < 0)
		return r;
	if (!options->mark_only)
		collect_networks(call);
	return collection.failed ? COMMAND_FAILED : 0;
}

const struct command command_gc = {
	.name = "gc",
	.synopsis = "[options]",
	.summary = "removes pods that have ended and what was left behind",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct gc_options),
	.needs_root = true,
	.run = run,
};
