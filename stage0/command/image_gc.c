/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image gc - removes images that were not used for a while, and what is left over in the
 * store and beside it.
 */
#include <stdio.h>

#include "stage0/command/human_text.h"
#include "stage0/command/image.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/pods/pod_report.h"
#include "stage0/pods/vm_templates.h"
#include "stage0/store/store_inbox.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_remove.h"

#define NS_PER_MS UINT64_C(1000000)

struct gc_options {
	uint64_t grace_ms;
	bool has_grace;
};

static int set_grace(void *target, const struct option_spec *spec, const char *value,
		     struct error *err)
{
	struct gc_options *options = target;

	(void)spec;
	if (option_parse_duration(value, &options->grace_ms) < 0)
		return error_set(err, EINVAL, "\"%s\" is not a duration", value);
	options->has_grace = true;
	return 0;
}

static const struct option_spec specs[] = {
	{ .name = "grace-period",
	  .kind = OPTION_CUSTOM,
	  .set = set_grace,
	  .value_name = "DURATION",
	  .help = "how long an image is kept after it was last used",
	  .default_text = "24h0m0s" },
};

struct collection {
	const struct command_call *call;
	const struct places *places;
	uint64_t since_ns;         /* what was used before goes */
	struct option_list in_use; /* ids of the images of all pods */
	size_t n_removed, n_failed;
};

static int note_images(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct collection *collection = context;
	struct arena *arena = collection->call->arena;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct pod_report report;
	struct error mine = { 0 };

	/* It has gone, or moved on to where it is met later. */
	if (pod_open(&collection->places->pods, home, uuid, &pod, &mine) < 0)
		return 0;
	if (pod_report_read(&pod, POD_REPORT_SHORT, arena, &report, err) < 0)
		return -err->code;
	for (size_t i = 0; i < report.n_apps; i++)
		if (option_list_add(arena, &collection->in_use, report.apps[i].image_id) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* Pods say whole hashes, the store keeps the beginning. */
static bool is_in_use(const struct collection *collection, const char *id)
{
	for (size_t i = 0; i < collection->in_use.n; i++)
		if (strncmp(collection->in_use.items[i], id, strlen(id)) == 0)
			return true;
	return false;
}

/* A stage1 is in no pod's manifest, but its tree is in use. */
static int is_wanted(const struct collection *collection, const char *id, struct error *err)
{
	const char *tree_id = arena_printf(collection->call->arena, STORE_TREE_PREFIX "%s", id);
	struct store_entry entry = { 0 };
	struct error gone = { 0 };

	if (tree_id == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (store_read_entry(&collection->places->store, collection->call->arena, id, &entry,
			     &gone) < 0 ||
	    entry.used_ns >= collection->since_ns || is_in_use(collection, id))
		return 1;
	return pod_uses_tree((void *)(uintptr_t)&collection->places->pods, tree_id, err);
}

static int collect_images(struct collection *collection, struct error *err)
{
	const struct places *places = collection->places;
	struct store_entries entries = { .n = 0 };
	int r = 0;

	for (int home = 0; r == 0 && home < POD_HOME_GARBAGE; home++)
		r = pods_visit(&places->pods, (enum pod_home)home, note_images, collection, err);
	if (r == 0)
		r = store_list(&places->store, collection->call->arena, &entries, err);
	for (size_t i = 0; r == 0 && i < entries.n; i++) {
		const char *id = entries.items[i].record.id;
		struct error mine = { 0 };

		r = is_wanted(collection, id, err);
		if (r != 0) {
			r = r < 0 ? r : 0;
			continue;
		}
		if (image_remove(collection->call, places, id, &mine) == 0) {
			collection->n_removed++;
		} else if (mine.code != ENOENT) {
			complain(collection->call, &mine);
			collection->n_failed++;
		}
	}
	return r;
}

static void tell_tree(void *context, const char *tree_id)
{
	(void)context;
	(void)fprintf(stderr, "gc: removed treestore \"%s\"\n", tree_id);
}

static void tell_template(void *context, const char *key)
{
	command_debug(context, "removed template \"%s\" of virtual machines", key);
}

static int collect(struct collection *collection, struct error *err)
{
	const struct places *places = collection->places;
	void *call = (void *)(uintptr_t)collection->call;
	const struct store_users users = {
		.uses = pod_uses_tree,
		.context = (void *)(uintptr_t)&places->pods,
	};
	const struct store_collection how = {
		.unused_since_ns = collection->since_ns,
		.removed = tell_tree,
	};
	int r = collect_images(collection, err);

	if (r == 0)
		r = store_inbox_make(&places->store, err);
	if (r == 0)
		r = store_inbox_collect(&places->store, collection->since_ns, err);
	if (r == 0)
		r = store_collect(&places->store, &users, &how, err);
	return r < 0 ? r
		     : vm_templates_collect(places->data_dir, collection->since_ns, tell_template,
					    call, err);
}

/* With no grace at all even what was used in this very moment is old. */
static uint64_t grace_begin(uint64_t grace_ms)
{
	const uint64_t now_ns = human_text_now_ns();

	if (grace_ms == 0)
		return UINT64_MAX;
	return grace_ms > now_ns / NS_PER_MS ? 0 : now_ns - grace_ms * NS_PER_MS;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct gc_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct collection collection = { .call = call, .places = &places };
	uint64_t grace_ms = options->has_grace ? options->grace_ms : UINT64_C(24) * 3600 * 1000;
	int r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	collection.since_ns = grace_begin(grace_ms);
	r = places_open(call, &places, err);
	if (r == 0)
		r = collect(&collection, err);
	(void)fflush(stdout);
	if (collection.n_removed > 0)
		(void)fprintf(stderr, "gc: %zu image(s) successfully removed\n",
			      collection.n_removed);
	if (r < 0)
		return r;
	return collection.n_failed > 0 ? COMMAND_FAILED : 0;
}

const struct command command_image_gc = {
	.name = "gc",
	.synopsis = "[options]",
	.summary = "removes images that were not used for a while, and what is left over",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct gc_options),
	.needs_root = true,
	.run = run,
};
