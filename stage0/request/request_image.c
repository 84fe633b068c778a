/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/manifest/name.h"
#include "stage0/request/request_parts.h"

struct request_image *request_last_image(const struct request *request)
{
	return request->n_images > 0 ? &request->images[request->n_images - 1] : NULL;
}

void *request_grow(struct arena *arena, const void *items, size_t n, size_t size)
{
	void *grown = arena_alloc(arena, n + 1, size);

	if (grown != NULL && n > 0)
		memcpy(grown, items, n * size);
	return grown;
}

static int need_image(const struct request *request, struct request_image **ret, struct error *err)
{
	*ret = request_last_image(request);
	if (*ret == NULL)
		return error_set(err, EINVAL, "it must follow the image it is for");
	return 0;
}

int request_set_image(void *target, const struct option_spec *spec, const char *value,
		      struct error *err)
{
	struct request *request = target;
	struct request_image *image;
	int r = need_image(request, &image, err);

	return r < 0 ? r : option_store(request->arena, spec, image, value, err);
}

static int add_pair(struct arena *arena, const char *text, struct manifest_pairs *pairs,
		    struct error *err)
{
	const char *equals = strchr(text, '=');
	struct manifest_pair *grown;

	if (equals == NULL || equals == text)
		return error_set(err, EINVAL, "\"%s\" is not NAME=VALUE", text);
	grown = request_grow(arena, pairs->items, pairs->n, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, ENOMEM, "out of memory");
	grown[pairs->n].name = arena_bytes(arena, text, (size_t)(equals - text));
	grown[pairs->n].value = equals + 1;
	if (grown[pairs->n].name == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < pairs->n; i++)
		if (strcmp(grown[i].name, grown[pairs->n].name) == 0)
			return error_set(err, EINVAL, "%s is given twice", grown[i].name);
	pairs->items = grown;
	pairs->n++;
	return 0;
}

int request_set_image_pair(void *target, const struct option_spec *spec, const char *value,
			   struct error *err)
{
	struct request *request = target;
	struct request_image *image;
	int r = need_image(request, &image, err);

	if (r < 0)
		return r;
	return add_pair(request->arena, value,
			(struct manifest_pairs *)((char *)image + spec->offset), err);
}

int request_set_annotation(void *target, const struct option_spec *spec, const char *value,
			   struct error *err)
{
	struct request *request = target;
	struct request_image *image = request_last_image(request);
	struct manifest_pairs *pairs = image != NULL ? &image->annotations : &request->annotations;
	int r = add_pair(request->arena, value, pairs, err);

	(void)spec;
	if (r == 0 && !name_is_ac_identifier(pairs->items[pairs->n - 1].name))
		return error_set(err, EINVAL, "\"%s\" is not a valid name", value);
	return r;
}

int request_set_stage1(void *target, const struct option_spec *spec, const char *value,
		       struct error *err)
{
	struct request *request = target;

	if (request->stage1_flag != STAGE1_DEFAULT)
		return error_set(err, EINVAL, "only one stage1 can be chosen");
	if (value[0] == '\0')
		return error_set(err, EINVAL, "the value is empty");
	request->stage1_flag = (enum stage1_flag)spec->offset;
	request->stage1 = value;
	return 0;
}
