/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/endpoints.h"

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static struct arena arena;

static const struct manifest_pair versioned[] = {
	{ "version", "1.0.0" },
	{ "os", "linux" },
	{ "arch", "amd64" },
};
static const struct manifest_pairs with_version = { versioned, 3 };
static const struct manifest_pairs without_version = { versioned + 1, 2 };

static struct endpoints find(const char *html, const char *name,
			     const struct manifest_pairs *labels)
{
	struct endpoints found;
	struct meta_tags tags;

	check_int(meta_tags_scan(&arena, html, strlen(html), &tags), 0);
	check_int(endpoints_find(&arena, &tags, name, labels, &found), 0);
	return found;
}

#define IMAGE(content) "<meta name=\"ac-discovery\" content=\"" content "\">"
#define KEYS(content)  "<meta name=\"ac-discovery-pubkeys\" content=\"" content "\">"

/* The examples of the spec. */
static const char spec_page[] =
    IMAGE("example.com https://storage.example.com/{os}/{arch}/{name}-{version}.{ext}")
	IMAGE("example.com https://mirror.storage.example.com/{os}/{arch}/{name}-{version}.{ext}")
	    IMAGE("example.com https://storage.example.com/{os}/{arch}/{name}-latest.{ext}")
		KEYS("example.com https://example.com/pubkeys.gpg");

TEST(the_templates_that_use_most_labels_win)
{
	struct endpoints found = find(spec_page, "example.com/reduce-worker", &with_version);

	check_uint(found.n_images, 2);
	check_text(found.images[0].image,
		   "https://storage.example.com/linux/amd64/example.com/reduce-worker-1.0.0.aci");
	check_text(
	    found.images[0].signature,
	    "https://storage.example.com/linux/amd64/example.com/reduce-worker-1.0.0.aci.asc");
	check_contains(found.images[1].image, "https://mirror.storage.example.com/linux");
	check_uint(found.n_keys, 1);
	check_text(found.keys[0], "https://example.com/pubkeys.gpg");
}

TEST(without_a_version_a_template_without_one_wins)
{
	struct endpoints found = find(spec_page, "example.com/reduce-worker", &without_version);

	check_uint(found.n_images, 1);
	check_contains(found.images[0].image, "/example.com/reduce-worker-latest.aci");
	found = find(IMAGE("example.com https://example.com/{name}-{version}.{ext}"),
		     "example.com/a", &without_version);
	check_uint(found.n_images, 1);
	check_text(found.images[0].image, "https://example.com/example.com/a-latest.aci");
}

TEST(tags_for_other_names_and_broken_ones_do_not_count)
{
	static const char *const pages[] = {
		IMAGE("example.org https://example.com/{name}.{ext}"),
		IMAGE("example.com/b https://example.com/{name}.{ext}"),
		IMAGE("example.com"),
		IMAGE(""),
		IMAGE("example.com https://example.com/{name}.{ext} more"),
		IMAGE("example.com https://example.com/{name}.aci"),
		IMAGE("example.com https://example.com/{name}.{ext"),
		IMAGE("example.com https://example.com/{unknown}.{ext}"),
		KEYS("example.org https://example.org/k"),
		"<meta name=\"ac-discoveryx\" content=\"example.com https://a/{ext}\">",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
		struct endpoints found = find(pages[i], "example.com/a", &with_version);

		ck_assert_msg(found.n_images == 0 && found.n_keys == 0, "%s", pages[i]);
	}
}

TEST(a_value_cannot_lead_out_of_its_place)
{
	static const struct manifest_pair hostile[] = { { "version", "../a?b#c %41\xc3\xa4+~" } };
	const struct manifest_pairs labels = { hostile, 1 };
	struct endpoints found =
	    find(IMAGE("example.com https://example.com/{name}-{version}.{ext}"), "example.com/a",
		 &labels);

	check_uint(found.n_images, 1);
	check_text(found.images[0].image,
		   "https://example.com/example.com/a-..%2Fa%3Fb%23c%20%2541%C3%A4+~.aci");
}

TEST(only_so_many_endpoints_are_taken)
{
	static char page[16384];
	char *at = page;
	struct endpoints found;

	for (size_t i = 0; i < 2 * ENDPOINTS_MAX; i++)
		at += snprintf(at, (size_t)(page + sizeof(page) - at),
			       IMAGE("example.com https://example.com/%zu.{ext}")
				   KEYS("example.com https://example.com/%zu"),
			       i, i);
	found = find(page, "example.com", &with_version);
	check_uint(found.n_images, ENDPOINTS_MAX);
	check_uint(found.n_keys, ENDPOINTS_MAX);
}
