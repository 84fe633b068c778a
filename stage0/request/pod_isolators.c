/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/text.h"
#include "common/json/json_writer.h"
#include "stage0/request/pod_parts.h"
#include "stage0/request/request_parts.h"

struct isolator_list {
	struct arena *arena;
	struct isolator *items;
	size_t n;
};

static int add(struct isolator_list *list, const char *name, const struct text *json,
	       struct error *err)
{
	struct isolator *grown;

	if (text_status(json) < 0)
		return error_set(err, ENOMEM, "out of memory");
	grown = request_grow(list->arena, list->items, list->n, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, ENOMEM, "out of memory");
	list->items = grown;
	return isolator_parse(list->arena, name, text_string(json), &grown[list->n++], err);
}

/* --memory, --cpu: the limit is the request too, as rkt writes them. */
static int add_quantity(struct isolator_list *list, const char *name, const char *value,
			struct error *err)
{
	auto_text struct text json = { 0 };
	struct json_writer writer = { .out = &json };

	if (value == NULL)
		return 0;
	json_begin_object(&writer, NULL);
	json_put_bool(&writer, "default", false);
	json_put_string(&writer, "request", value);
	json_put_string(&writer, "limit", value);
	json_end_object(&writer);
	if (json_writer_finish(&writer) < 0)
		return error_set(err, EINVAL, "%s: \"%s\" cannot be written", name, value);
	return add(list, name, &json, err);
}

/* --cpu-shares, --oom-score-adj: a bare number; the isolator's parser knows its range. */
static int add_number(struct isolator_list *list, const char *name, const char *value,
		      struct error *err)
{
	auto_text struct text json = { 0 };

	if (value == NULL)
		return 0;
	(void)text_append(&json, value);
	return add(list, name, &json, err);
}

static int write_set(const struct option_list *names, const char *errno_name, struct text *out)
{
	struct json_writer writer = { .out = out };

	json_begin_object(&writer, NULL);
	json_put_strings(&writer, "set", names->items, names->n);
	if (errno_name != NULL)
		json_put_string(&writer, "errno", errno_name);
	json_end_object(&writer);
	return json_writer_finish(&writer);
}

static int add_set(struct isolator_list *list, const char *name, const struct option_list *names,
		   const char *errno_name, struct error *err)
{
	auto_text struct text json = { 0 };

	if (write_set(names, errno_name, &json) < 0)
		return error_set(err, EINVAL, "%s: a name cannot be written", name);
	return add(list, name, &json, err);
}

struct seccomp_words {
	const char *mode, *errno_name;
	bool retain;
	struct option_list calls;
};

static int take_seccomp_word(struct arena *arena, const struct request_word *word,
			     struct seccomp_words *words, struct error *err)
{
	const char **member = NULL;

	if (word->value == NULL)
		return option_list_add(arena, &words->calls, word->key);
	if (strcmp(word->key, "mode") == 0)
		member = &words->mode;
	else if (strcmp(word->key, "errno") == 0)
		member = &words->errno_name;
	if (member == NULL)
		return error_set(err, EINVAL, "--seccomp: \"%s\" is no parameter", word->key);
	if (*member != NULL)
		return error_set(err, EINVAL, "--seccomp: %s is given twice", word->key);
	*member = word->value;
	return 0;
}

static int read_seccomp(struct arena *arena, const char *list, struct seccomp_words *words,
			struct error *err)
{
	struct request_word word;
	int r;

	while ((r = request_next_word(arena, &list, &word)) > 0) {
		r = take_seccomp_word(arena, &word, words, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return error_set(err, -r, "out of memory");
	words->retain = words->mode != NULL && strcmp(words->mode, "retain") == 0;
	if (!words->retain && (words->mode == NULL || strcmp(words->mode, "remove") != 0))
		return error_set(err, EINVAL, "--seccomp: mode=retain or mode=remove is missing");
	if (words->calls.n == 0)
		return error_set(err, EINVAL, "--seccomp: no system call is named");
	return 0;
}

static int add_seccomp(struct isolator_list *list, const char *value, struct error *err)
{
	struct seccomp_words words = { 0 };
	int r;

	if (value == NULL)
		return 0;
	r = read_seccomp(list->arena, value, &words, err);
	if (r < 0)
		return r;
	return add_set(list,
		       words.retain ? "os/linux/seccomp-retain-set" : "os/linux/seccomp-remove-set",
		       &words.calls, words.errno_name, err);
}

/* Whether the command line replaces this one of the image. */
static bool is_replaced(const struct request_image *image, enum isolator_kind kind)
{
	switch (kind) {
	case ISOLATOR_CAPS_RETAIN:
	case ISOLATOR_CAPS_REMOVE:
		return image->caps_retain.n > 0 || image->caps_remove.n > 0;
	case ISOLATOR_SECCOMP_RETAIN:
	case ISOLATOR_SECCOMP_REMOVE:
		return image->seccomp != NULL;
	default:
		return false;
	}
}

static int copy_own(struct isolator_list *list, const struct request_image *image,
		    const struct app *app, struct error *err)
{
	list->items = arena_array(list->arena, app->n_isolators, struct isolator);
	if (list->items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < app->n_isolators; i++)
		if (!is_replaced(image, app->isolators[i].kind))
			list->items[list->n++] = app->isolators[i];
	return 0;
}

int pod_isolators_merge(struct arena *arena, const struct request_image *image, struct app *app,
			struct error *err)
{
	struct isolator_list list = { .arena = arena };
	int r = copy_own(&list, image, app, err);

	if (r == 0)
		r = add_quantity(&list, "resource/memory", image->memory, err);
	if (r == 0)
		r = add_quantity(&list, "resource/cpu", image->cpu, err);
	if (r == 0)
		r = add_number(&list, "os/linux/cpu-shares", image->cpu_shares, err);
	if (r == 0)
		r = add_number(&list, "os/linux/oom-score-adj", image->oom_score_adj, err);
	if (r == 0 && image->caps_retain.n > 0)
		r = add_set(&list, "os/linux/capabilities-retain-set", &image->caps_retain, NULL,
			    err);
	if (r == 0 && image->caps_remove.n > 0)
		r = add_set(&list, "os/linux/capabilities-remove-set", &image->caps_remove, NULL,
			    err);
	if (r == 0)
		r = add_seccomp(&list, image->seccomp, err);
	if (r < 0)
		return r;
	app->isolators = list.n > 0 ? list.items : NULL;
	app->n_isolators = list.n;
	return 0;
}
