/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_parts.h - the grammars of single options; for this folder only.
 *
 * Each is a set function of the option tables: target is the struct request.
 * Those of images fill the image named last; -EINVAL when there is none yet.
 */
#pragma once

#include "stage0/request/request.h"

/* The image that an option belongs to; NULL: the option stands before all images. */
struct request_image *request_last_image(const struct request *request);

/* An array one longer, its old items copied; NULL: out of memory. */
void *request_grow(struct arena *arena, const void *items, size_t n, size_t size) MUST_CHECK;

/* Stores into the last image, as the spec's kind and offset say. */
int request_set_image(void *target, const struct option_spec *spec, const char *value,
		      struct error *err);

/* "NAME=VALUE" into a struct manifest_pairs of the last image at spec->offset. */
int request_set_image_pair(void *target, const struct option_spec *spec, const char *value,
			   struct error *err);

/* --annotation: of the pod before the first image, of an app after it. */
int request_set_annotation(void *target, const struct option_spec *spec, const char *value,
			   struct error *err);

/* NAME,kind=host,source=PATH,readOnly=BOOL,recursive=BOOL or NAME,kind=empty,mode=M,uid=U,gid=G */
int request_set_volume(void *target, const struct option_spec *spec, const char *value,
		       struct error *err);

/* volume=NAME,target=PATH: of every app before the first image, of one app after it. */
int request_set_mount(void *target, const struct option_spec *spec, const char *value,
		      struct error *err);

/* NAME:[IP:]PORT */
int request_set_port(void *target, const struct option_spec *spec, const char *value,
		     struct error *err);

/* --stage1-…: spec->offset is the enum stage1_flag; a second one is an error. */
int request_set_stage1(void *target, const struct option_spec *spec, const char *value,
		       struct error *err);

/* The next "key=value" of a comma-separated list; false at its end. */
struct request_word {
	const char *key;
	size_t key_length;
	const char *value; /* NULL: there was no '=' */
};
int request_next_word(struct arena *arena, const char **list, struct request_word *ret);
