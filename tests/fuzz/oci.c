/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of an image of OCI or Docker.  The first byte says which: i an index or
 * manifest, d manifest.json, c a configuration, r an image's name, a an archive of blobs.  What is
 * accepted keeps to its limits, and a configuration becomes a manifest that is valid, or is
 * refused.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/manifest/name.h"
#include "image/oci_manifest.h"
#include "image/oci_name.h"
#include "image/oci_resolve.h"
#include "image/oci_select.h"
#include "tests/fuzz/fuzz.h"

static void check_told(int r, const struct error *err)
{
	fuzz_check((r < 0) == (err->code != 0));
	fuzz_check(r >= 0 || err->text[0] != '\0');
	fuzz_check(strpbrk(err->text, "\n\x1b") == NULL);
}

static void try_index(struct arena *arena, const struct oci_text *text)
{
	const struct oci_descriptor *entry = NULL;
	struct oci_document document = { 0 };
	struct error err = { 0 };
	struct digest again;
	int r = oci_document_parse(arena, text, &document, &err);

	check_told(r, &err);
	if (r < 0 || !document.is_index)
		return;
	fuzz_check(document.n_manifests <= OCI_MAX_MANIFESTS);
	r = oci_select_reference(arena, &document, NULL, &entry, &err);
	check_told(r, &err);
	fuzz_check(r < 0 || digest_parse(entry->digest.text, &again) == 0);
	error_clear(&err);
	check_told(oci_select_reference(arena, &document, "a.b/c:v1", &entry, &err), &err);
	error_clear(&err);
	check_told(oci_select_platform(&document, &entry, &err), &err);
}

static void try_items(struct arena *arena, const struct oci_text *text)
{
	struct docker_items items = { 0 };
	struct docker_choice choice = { 0 };
	struct error err = { 0 };
	int r = docker_items_parse(arena, text, &items, &err);

	check_told(r, &err);
	if (r == 0)
		check_told(oci_select_item(arena, &items, NULL, &choice, &err), &err);
}

static void try_config(struct arena *arena, const struct oci_text *text)
{
	static const struct oci_origin origin = { "a", "v", "", "", "", "", "" };
	auto_text struct text manifest = { 0 };
	struct oci_config config = { 0 };
	struct error err = { 0 };
	/* A directory without an /etc/passwd. */
	auto_close int root = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = oci_config_parse(arena, text, &config, &err);

	check_told(r, &err);
	if (r == 0)
		check_told(oci_manifest_write(&config, &origin, root, &manifest, &err), &err);
}

static void try_name(struct arena *arena, const char *text)
{
	for (int is_docker = 0; is_docker < 2; is_docker++) {
		struct oci_name name = { 0 };
		struct error err = { 0 };
		int r = oci_name_parse(arena, text, is_docker != 0, &name, &err);

		check_told(r, &err);
		fuzz_check(r < 0 || strlen(name.identifier) > IDENTIFIER_MAX_LENGTH ||
			   name_is_ac_identifier(name.identifier));
	}
}

static void try_archive(struct arena *arena, const char *data, size_t size)
{
	const struct oci_wanted wanted = { .path = "fuzz.tar" };
	auto_close int fd = memfd_create("archive", MFD_CLOEXEC);
	struct blob_source source = { .fd = -1 };
	struct oci_image image = { 0 };
	struct error err = { 0 };
	int r;

	fuzz_check(fd >= 0 && file_write_fd(fd, data, size) == 0);
	r = blob_source_open(arena, fd, &source, &err);
	check_told(r, &err);
	if (r == 0)
		check_told(oci_resolve(arena, &source, &wanted, &image, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	char *copy =
	    arena_bytes(&arena, size > 1 ? (const char *)data + 1 : "", size > 1 ? size - 1 : 0);
	struct oci_text text = { copy, size > 1 ? size - 1 : 0, "fuzz" };

	if (size == 0 || copy == NULL)
		return 0;
	if (data[0] == 'i')
		try_index(&arena, &text);
	else if (data[0] == 'd')
		try_items(&arena, &text);
	else if (data[0] == 'c')
		try_config(&arena, &text);
	else if (data[0] == 'r')
		try_name(&arena, copy);
	else if (data[0] == 'a')
		try_archive(&arena, copy, text.length);
	return 0;
}
