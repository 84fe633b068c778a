/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_reference.h"

#include <sys/utsname.h>

#include "common/manifest/name.h"

static int parse_id(struct arena *arena, const char *text, struct store_reference *ret,
		    struct error *err)
{
	const char *digits = text + strlen(STORE_ID_PREFIX);
	size_t n = strspn(digits, "0123456789abcdef");

	if (n == 0 || n > 128 || digits[n] != '\0')
		return error_set(err, EINVAL, "\"%s\" is not an image id", text);
	if (n > STORE_ID_DIGITS)
		n = STORE_ID_DIGITS;
	ret->id = arena_bytes(arena, text, strlen(STORE_ID_PREFIX) + n);
	return ret->id == NULL ? error_set(err, ENOMEM, "reading \"%s\"", text) : 0;
}

static size_t count_labels(const char *text)
{
	size_t n = 1; /* the version */

	for (; *text != '\0'; text++)
		n += *text == ',';
	return n;
}

/* "name:version" in place; the version becomes the first label. */
static int parse_name(char *text, const char *whole, struct store_reference *ret,
		      struct manifest_pair *labels, struct error *err)
{
	char *version = strchr(text, ':');

	if (version != NULL) {
		*version++ = '\0';
		if (*version == '\0')
			return error_set(err, EINVAL, "image \"%s\": empty version", whole);
		labels[ret->labels.n++] =
		    (struct manifest_pair){ .name = "version", .value = version };
	}
	if (!name_is_ac_identifier(text))
		return error_set(err, EINVAL, "\"%s\" is not an image name", whole);
	ret->name = text;
	return 0;
}

int store_reference_parse(struct arena *arena, const char *text, struct store_reference *ret,
			  struct error *err)
{
	struct store_reference reference = { 0 };
	struct manifest_pair *labels = arena_array(arena, count_labels(text), struct manifest_pair);
	char *rest = arena_string(arena, text);
	char *label;
	int r;

	if (labels == NULL || rest == NULL)
		return error_set(err, ENOMEM, "reading \"%s\"", text);
	if (strncmp(text, STORE_ID_PREFIX, strlen(STORE_ID_PREFIX)) == 0) {
		r = parse_id(arena, text, &reference, err);
		if (r < 0)
			return r;
		*ret = reference;
		return 0;
	}
	r = parse_name(strsep(&rest, ","), text, &reference, labels, err);
	if (r < 0)
		return r;
	while ((label = strsep(&rest, ",")) != NULL) {
		char *value = strchr(label, '=');

		if (value == NULL || value == label)
			return error_set(err, EINVAL, "image \"%s\": \"%s\" is not LABEL=VALUE",
					 text, label);
		*value++ = '\0';
		labels[reference.labels.n++] =
		    (struct manifest_pair){ .name = label, .value = value };
	}
	reference.labels.items = labels;
	*ret = reference;
	return 0;
}

/* As types.md names architectures, where the kernel's name is another. */
static const char *const architectures[][2] = {
	{ "x86_64", "amd64" },
	{ "i686", "i386" },
};

static bool label_is_usable(const struct manifest_pairs *labels, const char *name, const char *want)
{
	const char *value = manifest_pairs_get(labels, name);

	return value == NULL || strcmp(value, want) == 0;
}

const char *store_reference_machine(void)
{
	static struct utsname machine; /* written once, always with the same */

	if (uname(&machine) < 0)
		return "";
	for (size_t i = 0; i < ARRAY_LENGTH(architectures); i++)
		if (strcmp(machine.machine, architectures[i][0]) == 0)
			return architectures[i][1];
	return machine.machine;
}

static bool is_for_this_machine(const struct store_reference *reference,
				const struct manifest_pairs *labels)
{
	const char *arch = store_reference_machine();

	if (arch[0] != '\0' && manifest_pairs_get(&reference->labels, "arch") == NULL &&
	    !label_is_usable(labels, "arch", arch))
		return false;
	return manifest_pairs_get(&reference->labels, "os") != NULL ||
	       label_is_usable(labels, "os", "linux");
}

int store_check_machine(const struct manifest_pairs *labels, struct error *err)
{
	const char *os = manifest_pairs_get(labels, "os");
	const char *arch = manifest_pairs_get(labels, "arch");
	const char *ours = store_reference_machine();

	if (os != NULL && strcmp(os, "linux") != 0)
		return error_set(err, ENOEXEC, "bad os \"%s\": this is linux", os);
	if (arch == NULL || ours[0] == '\0')
		return 0;
	if (strcmp(arch, ours) == 0 || (strcmp(ours, "amd64") == 0 && strcmp(arch, "i386") == 0))
		return 0;
	return error_set(err, ENOEXEC, "bad arch \"%s\": this machine is %s", arch, ours);
}

bool store_reference_matches(const struct store_reference *reference,
			     const struct manifest_pairs *labels)
{
	for (size_t i = 0; i < reference->labels.n; i++) {
		const struct manifest_pair *wanted = &reference->labels.items[i];
		const char *value = manifest_pairs_get(labels, wanted->name);

		if (value == NULL || strcmp(value, wanted->value) != 0)
			return false;
	}
	return is_for_this_machine(reference, labels);
}
