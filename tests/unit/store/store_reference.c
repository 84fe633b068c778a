/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_reference.h"

#include "tests/unit/test.h"

static void check_refused(const char *text)
{
	auto_arena struct arena arena = { 0 };
	struct store_reference reference;
	struct error err = { 0 };

	ck_assert_msg(store_reference_parse(&arena, text, &reference, &err) == -EINVAL,
		      "\"%s\" was taken", text);
	check_contains(err.text, text);
}

TEST(a_name_may_have_a_version_and_labels)
{
	auto_arena struct arena arena = { 0 };
	struct store_reference reference;
	struct error err = { 0 };

	check_ok(store_reference_parse(&arena, "example.com/app:v1,channel=beta,empty=", &reference,
				       &err),
		 &err);
	check_text(reference.name, "example.com/app");
	check_uint(reference.labels.n, 3);
	check_text(manifest_pairs_get(&reference.labels, "version"), "v1");
	check_text(manifest_pairs_get(&reference.labels, "channel"), "beta");
	check_text(manifest_pairs_get(&reference.labels, "empty"), "");
}

TEST(a_whole_sha512_is_cut_to_what_the_store_keeps)
{
	auto_arena struct arena arena = { 0 };
	struct store_reference reference;
	struct error err = { 0 };
	char id[7 + 128 + 1];

	(void)snprintf(id, sizeof(id), "sha512-%0128d", 7);
	check_ok(store_reference_parse(&arena, id, &reference, &err), &err);
	check_uint(strlen(reference.id), STORE_ID_SIZE - 1);
}

TEST(what_is_neither_a_name_nor_an_id_is_refused)
{
	check_refused("sha512-");
	check_refused("sha512-xyz");
	check_refused("Example.com/App");
	check_refused("../../etc/passwd");
	check_refused("example.com/app:");
	check_refused("example.com/app,channel");
	check_refused("example.com/app,=beta");
}

TEST(an_image_for_another_machine_does_not_run)
{
	const struct manifest_pair bsd[] = { { "os", "freebsd" }, { "arch", "amd64" } };
	const struct manifest_pair vax[] = { { "os", "linux" }, { "arch", "vax" } };
	const struct manifest_pairs of_bsd = { bsd, 2 }, of_a_vax = { vax, 2 }, none = { NULL, 0 };
	struct error err = { 0 };

	check_ok(store_check_machine(&none, &err), &err);
	check_int(store_check_machine(&of_bsd, &err), -ENOEXEC);
	check_text(err.text, "bad os \"freebsd\": this is linux");
	err = (struct error){ 0 };
	check_int(store_check_machine(&of_a_vax, &err), -ENOEXEC);
	check_contains(err.text, "bad arch \"vax\": this machine is ");
}

TEST(an_image_for_another_machine_counts_only_when_asked_for)
{
	auto_arena struct arena arena = { 0 };
	const struct manifest_pair foreign[] = { { "arch", "vax" }, { "os", "linux" } };
	const struct manifest_pairs labels = { foreign, 2 };
	struct store_reference reference;
	struct error err = { 0 };

	check_ok(store_reference_parse(&arena, "a.b/c", &reference, &err), &err);
	check_true(!store_reference_matches(&reference, &labels));
	check_ok(store_reference_parse(&arena, "a.b/c,arch=vax", &reference, &err), &err);
	check_true(store_reference_matches(&reference, &labels));
	check_ok(store_reference_parse(&arena, "a.b/c,arch=vax,os=plan9", &reference, &err), &err);
	check_true(!store_reference_matches(&reference, &labels));
}
