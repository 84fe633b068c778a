/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/manifest/name.h"
#include "stage0/request/pod_parts.h"

int pair_list_add(struct pair_list *list, const char *name, const char *value)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity > 0 ? 2 * list->capacity : 16;
		struct manifest_pair *grown =
		    arena_array(list->arena, capacity, struct manifest_pair);

		if (grown == NULL)
			return -ENOMEM;
		if (list->n > 0)
			memcpy(grown, list->items, list->n * sizeof(*grown));
		list->items = grown;
		list->capacity = capacity;
	}
	list->items[list->n++] = (struct manifest_pair){ name, value };
	return 0;
}

int pair_list_add_all(struct pair_list *list, const struct manifest_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (pair_list_add(list, pairs->items[i].name, pairs->items[i].value) < 0)
			return -ENOMEM;
	return 0;
}

bool pair_list_has(const struct pair_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

int pair_list_set(struct pair_list *list, const char *name, const char *value)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i].name, name) != 0)
			continue;
		list->items[i].value = value;
		return 0;
	}
	return pair_list_add(list, name, value);
}

/* "NAME=VALUE"; -EINVAL when NAME is no name of a variable. */
static int split(struct arena *arena, const char *text, const char **ret_name,
		 const char **ret_value)
{
	const char *equals = strchr(text, '=');
	char *name;

	if (equals == NULL || equals == text)
		return -EINVAL;
	name = arena_bytes(arena, text, (size_t)(equals - text));
	if (name == NULL)
		return -ENOMEM;
	if (!name_is_environment_variable(name))
		return -EINVAL;
	*ret_name = name;
	*ret_value = equals + 1;
	return 0;
}

static int refuse(int r, const char *option, const char *text, struct error *err)
{
	if (r == -ENOMEM)
		return error_set(err, ENOMEM, "out of memory");
	return error_set(err, EINVAL, "%s: \"%s\" is not NAME=VALUE", option, text);
}

static int set_all(struct pair_list *list, const struct option_list *texts, const char *option,
		   struct error *err)
{
	for (size_t i = 0; i < texts->n; i++) {
		const char *name, *value;
		int r = split(list->arena, texts->items[i], &name, &value);

		if (r == 0)
			r = pair_list_set(list, name, value);
		if (r < 0)
			return refuse(r, option, texts->items[i], err);
	}
	return 0;
}

/*
 * What of rkt's environment can be a variable of an app: a shell's exported
 * functions ("BASH_FUNC_x%%=…") and the like cannot, and are left out.
 */
static int inherit(struct pair_list *list, char *const *environment)
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *name, *value;
		int r = split(list->arena, *environment, &name, &value);

		if (r == -EINVAL || (r == 0 && pair_list_has(list, name)))
			continue;
		if (r == 0)
			r = pair_list_add(list, name, value);
		if (r < 0)
			return r;
	}
	return 0;
}

int pod_environment_merge(const struct pod_build_input *input, const struct request_image *image,
			  const struct manifest_pairs *own, struct manifest_pairs *ret,
			  struct error *err)
{
	const struct request *request = input->request;
	struct pair_list list = { .arena = request->arena };
	int r = pair_list_add_all(&list, own);

	if (r == 0 && request->inherit_env)
		r = inherit(&list, input->environment);
	for (size_t i = 0; r == 0 && input->env_files != NULL && i < input->env_files->n; i++)
		r = pair_list_set(&list, input->env_files->items[i].name,
				  input->env_files->items[i].value);
	if (r < 0)
		return error_set(err, -r, "out of memory");
	r = set_all(&list, &request->set_env, "--set-env", err);
	if (r == 0)
		r = set_all(&list, &image->environment, "--environment", err);
	if (r == 0)
		*ret = pair_list_pairs(&list);
	return r;
}

static int parse_line(struct pair_list *list, const char *line, size_t length)
{
	const char *name, *value;
	const char *copy;
	int r;

	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (length == 0 || line[0] == '#' || line[0] == ';')
		return 0;
	copy = arena_bytes(list->arena, line, length);
	if (copy == NULL)
		return -ENOMEM;
	r = split(list->arena, copy, &name, &value);
	return r < 0 ? r : pair_list_set(list, name, value);
}

int pod_environment_parse(struct arena *arena, const char *content, const char *place,
			  struct manifest_pairs *pairs, struct error *err)
{
	struct pair_list list = { .arena = arena };
	unsigned number = 1;
	int r = pair_list_add_all(&list, pairs);

	for (; r == 0 && *content != '\0'; number++) {
		size_t length = strcspn(content, "\n");

		r = parse_line(&list, content, length);
		content += length + (content[length] == '\n');
		if (r == -EINVAL)
			return error_set(err, EINVAL, "%s: line %u is not NAME=VALUE", place,
					 number);
	}
	if (r < 0)
		return error_set(err, -r, "%s: out of memory", place);
	*pairs = pair_list_pairs(&list);
	return 0;
}
