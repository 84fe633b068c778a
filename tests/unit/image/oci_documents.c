/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of an image, names and choices; hostile ones are refused with the place.
 */
#include <errno.h>
#include <stdio.h>

#include "image/oci_config.h"
#include "image/oci_index.h"
#include "image/oci_name.h"
#include "image/oci_origin.h"
#include "image/oci_platform.h"
#include "image/oci_select.h"
#include "image/whiteout.h"
#include "tests/unit/test.h"

#define A     "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B     "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define BLOB  "{\"digest\":\"" A "\",\"size\":1"
#define OTHER "{\"digest\":\"" B "\",\"size\":2"
#define V2    "{\"schemaVersion\":2,"

static int parse(struct arena *arena, const char *json, struct oci_document *ret, struct error *err)
{
	const struct oci_text text = { json, strlen(json), "doc" };

	return oci_document_parse(arena, &text, ret, err);
}

static void check_refused(const char *json, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct oci_document document = { .n_layers = 77 };
	struct error err = { 0 };

	ck_assert_msg(parse(&arena, json, &document, &err) < 0, "%s was taken", json);
	check_contains(err.text, why);
	check_uint(document.n_layers, 77);
}

TEST(a_manifest_lists_its_layers)
{
	auto_arena struct arena arena = { 0 };
	struct oci_document document;
	struct error err = { 0 };

	check_ok(parse(&arena,
		       V2 "\"config\":" BLOB "},\"layers\":[" OTHER ",\"mediaType\":\"x.tar\"}],"
			  "\"annotations\":{\"a\":\"b\"},\"future\":[1]}",
		       &document, &err),
		 &err);
	check_true(!document.is_index);
	check_uint(document.n_layers, 1);
	check_text(document.layers[0].digest.text, B);
	check_text(document.layers[0].media_type, "x.tar");
	check_uint(document.layers[0].size_bytes, 2);
	check_text(document.config->digest.text, A);
}

TEST(documents_that_lie_are_refused)
{
	check_refused("[]", "expected an object");
	check_refused("{}", "schemaVersion");
	check_refused("{\"schemaVersion\":1,\"manifests\":[]}", "only 2 is read");
	check_refused(V2 "\"manifests\":[" BLOB "}],\"layers\":[" OTHER "}]}",
		      "an index and a manifest at once");
	check_refused(V2 "\"manifests\":[" BLOB "}],\"config\":" BLOB "}}",
		      "an index and a manifest at once");
	check_refused(V2 "\"layers\":[" BLOB "}]}", "config: it is missing");
	check_refused(V2 "\"config\":" BLOB "},\"layers\":[{\"size\":1}]}", "layers[0].digest");
	check_refused(V2 "\"manifests\":[{\"digest\":\"sha256:../../etc/passwd\",\"size\":1}]}",
		      "manifests[0].digest");
	check_refused(V2 "\"manifests\":[{\"digest\":\"md5:00\",\"size\":1}]}", "md5:00");
	check_refused(V2 "\"manifests\":[{\"digest\":\"" A "\",\"size\":-1}]}", "size");
	check_refused(V2 "\"manifests\":[{\"digest\":\"" A "\",\"size\":1e3}]}", "size");
	check_refused(V2 "\"manifests\":[{\"digest\":\"" A "\"}]}", "size");
	check_refused(V2 "\"manifests\":[" BLOB ",\"annotations\":{"
			 "\"org.opencontainers.image.ref.name\":7}}]}",
		      "annotations.org.opencontainers.image.ref.name");
	check_refused(V2 "\"manifests\":7}", "manifests");
	check_refused(V2 "\"manifests\":[]", "doc");
}

static int select_from(struct arena *arena, const char *json, const char *reference,
		       const struct oci_descriptor **ret, struct error *err)
{
	struct oci_document document;

	check_ok(parse(arena, json, &document, err), err);
	return oci_select_reference(arena, &document, reference, ret, err);
}

#define REF(name) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"}}"
#define TWO       V2 "\"manifests\":[" BLOB REF("v1") "," OTHER REF("a.b/c:v2") "]}"

static void check_selected(const char *json, const char *reference, const char *digest)
{
	auto_arena struct arena arena = { 0 };
	const struct oci_descriptor *found = NULL;
	struct error err = { 0 };

	check_ok(select_from(&arena, json, reference, &found, &err), &err);
	check_text(found->digest.text, digest);
}

static void check_not_selected(const char *json, const char *reference, int code, const char *why)
{
	auto_arena struct arena arena = { 0 };
	const struct oci_descriptor *found = NULL;
	struct error err = { 0 };

	check_int(select_from(&arena, json, reference, &found, &err), code);
	check_contains(err.text, why);
}

TEST(an_image_is_chosen_by_its_reference)
{
	check_selected(TWO, "v1", A);
	check_selected(TWO, "a.b/c:v2", B);
	check_selected(TWO, "@1", B);
	check_selected(TWO, B, B);
	check_selected(V2 "\"manifests\":[" OTHER "}]}", NULL, B);
	check_not_selected(TWO, NULL, -ENOTUNIQ, "one of: v1, a.b/c:v2");
	check_not_selected(TWO, "v3", -ENOENT, "there are: v1, a.b/c:v2");
	check_not_selected(TWO, "@2", -ENOENT, "@2");
	check_not_selected(V2 "\"manifests\":[]}", NULL, -ENOENT, "no image at all");
}

#define FOR(arch) ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}}"

TEST(of_several_platforms_this_machines_is_chosen)
{
	const struct oci_platform host = oci_platform_host();
	char json[1024];

	if (host.architecture == NULL)
		test_skip("this machine's architecture has no name");
	(void)snprintf(json, sizeof(json),
		       V2 "\"manifests\":[" BLOB FOR(
			   "vax") "," OTHER
				  ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}]}",
		       host.architecture);
	check_selected(json, NULL, B);
	check_not_selected(V2 "\"manifests\":[" BLOB FOR("vax") "," OTHER FOR("pdp11") "]}", NULL,
			   -ENOENT, "there are: linux/vax, linux/pdp11");
	/* What a builder says about the build is no image. */
	check_selected(V2 "\"manifests\":[" BLOB
			  ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}," OTHER
			  "}]}",
		       NULL, B);
}

TEST(a_variant_that_is_too_new_does_not_fit)
{
	const struct oci_platform host = { "linux", "arm", "v6" };
	const struct oci_platform v5 = { "linux", "arm", "v5" };
	const struct oci_platform v6 = { "linux", "arm", "v6" };
	const struct oci_platform v7 = { "linux", "arm", "v7" };

	check_uint(oci_platform_fits(&v7, &host), 0);
	check_true(oci_platform_fits(&v6, &host) > oci_platform_fits(&v5, &host));
	check_text(oci_platform_appc_arch(&v6), "armv6l");
	check_text(oci_platform_appc_arch(&v7), "armv7l");
}

static void check_item(const char *json, const char *reference, const char *config)
{
	auto_arena struct arena arena = { 0 };
	const struct oci_text text = { json, strlen(json), "manifest.json" };
	struct docker_items items = { 0 };
	struct docker_choice found = { 0 };
	struct error err = { 0 };

	check_ok(docker_items_parse(&arena, &text, &items, &err), &err);
	if (config == NULL) {
		check_true(oci_select_item(&arena, &items, reference, &found, &err) < 0);
		return;
	}
	check_ok(oci_select_item(&arena, &items, reference, &found, &err), &err);
	check_text(found.item->config, config);
}

TEST(an_image_of_docker_save_is_chosen_by_its_tags)
{
	static const char two[] =
	    "[{\"Config\":\"a.json\",\"RepoTags\":[\"redis:7\"],\"Layers\":[\"l\"]},"
	    "{\"Config\":\"b.json\",\"RepoTags\":[\"x.y/z:1\",\"x.y/z:2\"],\"Layers\":[\"l\"]}]";

	check_item(two, "docker.io/library/redis:7", "a.json");
	check_item(two, "x.y/z:2", "b.json");
	check_item(two, "@1", "b.json");
	check_item(two, "x.y/z", NULL);
	check_item(two, NULL, NULL);
	check_item("[{\"Config\":\"a.json\",\"RepoTags\":null,\"Layers\":[]}]", NULL, "a.json");
	check_item("[]", NULL, NULL);
}

static void check_name(const char *text, bool is_docker, const char *identifier, const char *tag)
{
	auto_arena struct arena arena = { 0 };
	struct oci_name name;
	struct error err = { 0 };

	check_ok(oci_name_parse(&arena, text, is_docker, &name, &err), &err);
	check_text(name.identifier, identifier);
	check_text(name.tag, tag);
}

TEST(names_are_those_that_rkt_gives)
{
	auto_arena struct arena arena = { 0 };
	struct oci_name name;
	struct error err = { 0 };

	check_name("redis", true, "registry-1.docker.io/library/redis", "latest");
	check_name("docker.io/redis:7", true, "registry-1.docker.io/library/redis", "7");
	check_name("grafana/grafana", true, "registry-1.docker.io/grafana/grafana", "latest");
	check_name("localhost/App__One:V1", true, "localhost/app_one", "V1");
	check_name("a.b:5000/c", true, "a.b-5000/c", "latest");
	check_name("a.b/c@" A, true, "a.b/c", "");
	check_name("c:1", false, "c", "1");
	check_int(oci_name_parse(&arena, "", true, &name, &err), -EINVAL);
	check_int(oci_name_parse(&arena, "///", false, &name, &err), -EINVAL);
	check_ok(oci_name_of_file(&arena, "/a/Redis.oci.tar", "7", &name, &err), &err);
	check_text(name.identifier, "redis");
	check_text(name.tag, "7");
	check_ok(oci_name_of_file(&arena, "dir//", NULL, &name, &err), &err);
	check_text(name.identifier, "dir");
}

TEST(whiteouts_are_told_from_names)
{
	enum whiteout whiteout;
	const char *last = NULL;
	struct error err = { 0 };

	check_ok(whiteout_of("a/.wh.b", &whiteout, &last, &err), &err);
	check_int(whiteout, WHITEOUT_NAME);
	check_text(last, "b");
	check_ok(whiteout_of(".wh..wh..opq", &whiteout, &last, &err), &err);
	check_int(whiteout, WHITEOUT_OPAQUE);
	check_ok(whiteout_of("a/.wh..wh.plnk", &whiteout, &last, &err), &err);
	check_int(whiteout, WHITEOUT_IGNORE);
	check_ok(whiteout_of("a.wh.b", &whiteout, &last, &err), &err);
	check_int(whiteout, WHITEOUT_NONE);
	check_int(whiteout_of(".wh...", &whiteout, &last, &err), -EINVAL);
}

TEST(an_origin_survives_its_way_and_tells_images_apart)
{
	const struct oci_origin origin = { "a.b/c", "v1", "", "a.b", "c", A, B };
	struct oci_origin other = origin, got;
	auto_text struct text text = { 0 };
	struct digest key, other_key;

	oci_origin_write(&origin, &text);
	check_int(oci_origin_read(text.data, text.length, &got), 0);
	check_text(got.identifier, "a.b/c");
	check_text(got.original_name, "");
	check_text(got.config_digest, B);
	check_int(oci_origin_read(text.data, text.length - 1, &got), -EPROTO);
	check_int(oci_origin_read(text.data, 0, &got), -EPROTO);
	(void)text_append_char(&text, 'x');
	check_int(oci_origin_read(text.data, text.length, &got), -EPROTO);
	other.tag = "v2";
	check_int(oci_origin_key(&origin, &key), 0);
	check_int(oci_origin_key(&other, &other_key), 0);
	check_true(strcmp(key.text, other_key.text) != 0);
}

static int parse_config(struct arena *arena, const char *json, struct oci_config *ret,
			struct error *err)
{
	const struct oci_text text = { json, strlen(json), "config" };

	return oci_config_parse(arena, &text, ret, err);
}

static void check_bad_config(const char *json, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct oci_config config;
	struct error err = { 0 };

	check_int(parse_config(&arena, json, &config, &err), -EINVAL);
	check_contains(err.text, why);
}

TEST(a_configuration_needs_digests_of_its_layers)
{
	auto_arena struct arena arena = { 0 };
	struct oci_config config;
	struct error err = { 0 };

	check_ok(parse_config(&arena,
			      "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A "\",\"" B
			      "\"]},\"config\":{\"Cmd\":null,\"Labels\":null,\"User\":null,"
			      "\"ExposedPorts\":{\"80/tcp\":{}}},\"history\":[{}]}",
			      &config, &err),
		 &err);
	check_uint(config.n_diff_ids, 2);
	check_text(config.diff_ids[1].text, B);
	check_uint(config.run.ports.n, 1);
	check_bad_config("{}", "rootfs");
	check_bad_config("{\"rootfs\":[]}", "rootfs");
	check_bad_config("{\"rootfs\":{\"diff_ids\":[7]}}", "rootfs.diff_ids[0]");
	check_bad_config("{\"rootfs\":{\"diff_ids\":[\"sha256:00\"]}}", "rootfs.diff_ids[0]");
	check_bad_config("{\"rootfs\":{},\"config\":{\"Env\":[1]}}", "config.Env[0]");
	check_bad_config("{\"rootfs\":{},\"config\":{\"Labels\":{\"a\":1}}}", "config.Labels.a");
	check_bad_config("{\"rootfs\":{},\"config\":{\"Volumes\":[]}}", "config.Volumes");
}
