/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/request/request.h"

#include <errno.h>
#include <string.h>

#include "stage0/request/request_parts.h"

#define MAX_IMAGES 1024

static int add_image(void *context, const char *argument, struct error *err)
{
	struct request *request = context;

	if (argument[0] == '\0')
		return error_set(err, EINVAL, "an image's name is empty");
	if (request->n_images == MAX_IMAGES)
		return error_set(err, E2BIG, "more than %d images", MAX_IMAGES);
	if (request->n_images == request->images_capacity) {
		size_t capacity = request->n_images > 0 ? 2 * request->n_images : 4;
		struct request_image *grown =
		    arena_array(request->arena, capacity, struct request_image);

		if (grown == NULL)
			return error_set(err, ENOMEM, "out of memory");
		if (request->n_images > 0)
			memcpy(grown, request->images, request->n_images * sizeof(*grown));
		request->images = grown;
		request->images_capacity = capacity;
	}
	request->images[request->n_images++] = (struct request_image){ .reference = argument };
	return 0;
}

/* The app's arguments: up to "---" or the end.  Returns how many were taken, with "---". */
static int take_arguments(struct request *request, int argc, char *const argv[], struct error *err)
{
	struct request_image *image = request_last_image(request);
	int n = 0;

	if (image == NULL)
		return error_set(err, EINVAL, "arguments after \"--\" must follow an image");
	while (n < argc && strcmp(argv[n], "---") != 0)
		n++;
	image->arguments = argv;
	image->n_arguments = (size_t)n;
	return n < argc ? n + 1 : n;
}

int request_parse(void *options, struct option_input *input, int argc, char *const argv[],
		  struct error *err)
{
	struct request *request = options;
	int at = 0;

	request->arena = input->arena;
	input->positional = add_image;
	input->context = request;
	while (at < argc) {
		int used;
		int r = option_parse(input, argc - at, argv + at, &used, err);

		if (r < 0)
			return r;
		at += used;
		if (at >= argc)
			break;
		r = take_arguments(request, argc - at, argv + at, err);
		if (r < 0)
			return r;
		at += r;
	}
	return 0;
}
