/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/image_manifest.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define HEAD "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/a\""

static int parse(struct arena *arena, const char *text, struct image_manifest *ret,
		 struct error *err)
{
	return image_manifest_parse(
	    arena,
	    &(const struct json_source){ .text = text, .length = strlen(text), .place = "m" }, ret,
	    err);
}

/* rest goes behind the required fields, with its comma. */
static void check_refused(const char *rest, const char *message)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct image_manifest manifest = { .name = "untouched" };
	struct error err = { 0 };

	check_int(text_printf(&text, HEAD "%s}", rest), 0);
	ck_assert_msg(parse(&arena, text_string(&text), &manifest, &err) == -EINVAL,
		      "%s is accepted", rest);
	check_text(err.text, message);
	check_text(manifest.name, "untouched");
}

/* The same inside "app". */
static void check_app_refused(const char *rest, const char *message)
{
	auto_text struct text text = { 0 };

	check_int(text_printf(&text, ",\"app\":{\"user\":\"0\",\"group\":\"0\"%s}", rest), 0);
	check_refused(text_string(&text), message);
}

static const char whole[] =
    HEAD ",\"labels\":[{\"name\":\"version\",\"value\":\"1.0.0\"},"
	 "{\"name\":\"os\",\"value\":\"linux\"},{\"name\":\"arch\",\"value\":\"amd64\"}],"
	 "\"app\":{\"exec\":[\"/bin/a\",\"-x\",\"\"],"
	 "\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[\"/bin/b\"]},"
	 "{\"name\":\"post-stop\",\"exec\":[\"c\"]}],"
	 "\"user\":\"100\",\"group\":\"/etc/owner\",\"supplementaryGIDs\":[1,4294967294],"
	 "\"workingDirectory\":\"/opt/work\","
	 "\"environment\":[{\"name\":\"A\",\"value\":\"line\\nline\"}],"
	 "\"mountPoints\":[{\"name\":\"work\",\"path\":\"/var/lib/work\",\"readOnly\":true,"
	 "\"recursive\":false}],"
	 "\"ports\":[{\"name\":\"ftp-data\",\"protocol\":\"tcp\",\"port\":20000,"
	 "\"count\":1000,\"socketActivated\":true}],"
	 "\"isolators\":[{\"name\":\"resource/memory\",\"value\":{\"limit\":\"1G\"}}],"
	 "\"userAnnotations\":{\"k\":\"v\"},\"userLabels\":{\"any key\":\"any value\"}},"
	 "\"dependencies\":[{\"imageName\":\"example.com/base\","
	 "\"imageID\":\"sha512-f9f1c36a605690d79c4004f567729f22\","
	 "\"labels\":[{\"name\":\"env\",\"value\":\"canary\"}],\"size\":22017258}],"
	 "\"pathWhitelist\":[\"/etc/ca\",\"/opt/\"],"
	 "\"annotations\":[{\"name\":\"created\",\"value\":\"2014-10-27T19:32:27.6702Z\"},"
	 "{\"name\":\"homepage\",\"value\":\"https://example.com\"}]}";

TEST(every_field_is_read)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_ok(parse(&arena, whole, &m, &err), &err);
	check_text(m.ac_version, "0.8.11");
	check_text(m.name, "example.com/a");
	check_text(image_manifest_label(&m, "version"), "1.0.0");
	check_true(image_manifest_label(&m, "x") == NULL);
	check_uint(m.app->exec.n, 3);
	check_text(m.app->exec.items[2], "");
	check_true(m.app->exec.items[3] == NULL);
	check_text(m.app->event_handlers[1].name, "post-stop");
	check_text(m.app->event_handlers[1].exec.items[0], "c");
	check_text(m.app->group, "/etc/owner");
	check_uint(m.app->supplementary_gids[1], 4294967294U);
	check_text(m.app->working_directory, "/opt/work");
	check_text(manifest_pairs_get(&m.app->environment, "A"), "line\nline");
	check_true(m.app->mount_points[0].read_only && m.app->mount_points[0].has_recursive);
	check_true(!m.app->mount_points[0].recursive);
	check_uint(m.app->ports[0].count, 1000);
	check_true(m.app->ports[0].socket_activated);
	check_uint(m.app->isolators[0].quantity.limit, 1000000000);
	check_text(manifest_pairs_get(&m.app->user_labels, "any key"), "any value");
	check_uint(m.dependencies[0].size_bytes, 22017258);
	check_text(m.path_whitelist.items[1], "/opt/");
	check_text(manifest_pairs_get(&m.annotations, "homepage"), "https://example.com");
}

TEST(what_was_read_is_written_again)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_ok(parse(&arena, whole, &m, &err), &err);
	check_int(image_manifest_write(&m, &out), 0);
	check_text(text_string(&out), whole);
}

TEST(an_image_without_an_app_is_an_image)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_ok(parse(&arena, HEAD ",\"app\":null,\"labels\":null,\"dependencies\":[]}", &m, &err),
		 &err);
	check_true(m.app == NULL && m.n_dependencies == 0 && m.labels.n == 0);
	check_int(image_manifest_write(&m, &out), 0);
	check_text(text_string(&out), HEAD "}");
}

TEST(defaults_are_filled_in)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_ok(parse(&arena,
		       HEAD ",\"app\":{\"exec\":null,\"user\":\"0\",\"group\":\"0\","
			    "\"workingDirectory\":\"\",\"isolators\":null,"
			    "\"ports\":[{\"name\":\"a\",\"protocol\":\"udp\",\"port\":1}]}}",
		       &m, &err),
		 &err);
	check_uint(m.app->exec.n, 0);
	check_true(m.app->working_directory == NULL);
	check_uint(m.app->ports[0].count, 1);
}

TEST(kind_and_version_must_be_right)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{\"acVersion\":\"0.8.11\",\"name\":\"a\"}", "m: acKind: missing" },
		{ "{\"acKind\":\"PodManifest\",\"acVersion\":\"0.8.11\",\"name\":\"a\"}",
		  "m: acKind: \"PodManifest\": expected \"ImageManifest\"" },
		{ "{\"acKind\":\"ImageManifest\",\"name\":\"a\"}", "m: acVersion: missing" },
		{ "{\"acKind\":\"ImageManifest\",\"acVersion\":\"2.0.0\",\"name\":\"a\"}",
		  "m: acVersion: \"2.0.0\": not a version of the App Container spec from 0.1.0" },
		{ "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"A\"}",
		  "m: name: \"A\": not an AC Identifier" },
		{ "[]", "m: expected an object, got an array" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct image_manifest m;
		struct error err = { 0 };

		check_int(parse(&arena, cases[i].text, &m, &err), -EINVAL);
		check_text(err.text, cases[i].message);
	}
}

TEST(unknown_fields_are_refused)
{
	check_refused(",\"isolators\":[]", "m: isolators: unknown field");
	check_app_refused(",\"isolator\":[]", "m: app.isolator: unknown field");
	check_app_refused(",\"environment\":[{\"name\":\"A\",\"value\":\"\",\"x\":1}]",
			  "m: app.environment[0].x: unknown field");
}

TEST(labels_are_checked)
{
	check_refused(",\"labels\":[{\"name\":\"name\",\"value\":\"x\"}]",
		      "m: labels[0].name: \"name\": no label may be called so");
	check_refused(
	    ",\"labels\":[{\"name\":\"a\",\"value\":\"x\"},{\"name\":\"a\",\"value\":\"y\"}]",
	    "m: labels: \"a\": more than one label of this name");
	check_refused(",\"labels\":[{\"name\":\"os\",\"value\":\"plan9\"}]",
		      "m: labels: \"plan9\": no os that the spec knows");
	check_refused(",\"labels\":[{\"name\":\"os\",\"value\":\"linux\"},"
		      "{\"name\":\"arch\",\"value\":\"x86_64\"}]",
		      "m: labels: \"x86_64\": no architecture of this os");
	check_refused(",\"labels\":[{\"name\":\"a\"}]", "m: labels[0].value: missing");
}

TEST(annotations_are_checked)
{
	check_refused(",\"annotations\":[{\"name\":\"created\",\"value\":\"yesterday\"}]",
		      "m: annotations: \"yesterday\": created is no RFC 3339 timestamp");
	check_refused(",\"annotations\":[{\"name\":\"homepage\",\"value\":\"ftp://x\"}]",
		      "m: annotations: \"ftp://x\": homepage is no http or https URL");
	check_refused(",\"annotations\":[{\"name\":\"Big\",\"value\":\"\"}]",
		      "m: annotations[0].name: \"Big\": not an AC Identifier");
}

TEST(users_are_needed_by_an_app)
{
	check_refused(",\"app\":{\"group\":\"0\"}", "m: app.user: missing");
	check_refused(",\"app\":{\"user\":\"\",\"group\":\"0\"}", "m: app.user: empty");
	check_refused(",\"app\":{\"user\":\"a\\nb\",\"group\":\"0\"}",
		      "m: app.user: \"a\\x0ab\": has a control character");
	check_app_refused(",\"supplementaryGIDs\":[1,4294967295]",
			  "m: app.supplementaryGIDs[1]: 4294967295: not a gid");
	check_app_refused(",\"supplementaryGIDs\":[-1]",
			  "m: app.supplementaryGIDs[0]: -1: not a gid");
}

TEST(what_is_executed_must_be_a_path_or_a_name)
{
	check_app_refused(",\"exec\":[\"\"]", "m: app.exec[0]: empty");
	check_app_refused(",\"exec\":[\"/a\\u0007\"]",
			  "m: app.exec[0]: \"/a\\x07\": has a control character");
	check_app_refused(",\"exec\":\"/a\"", "m: app.exec: expected an array, got a string");
	check_app_refused(",\"exec\":[\"/a\",1]",
			  "m: app.exec[1]: expected a string, got a whole number");
	check_app_refused(",\"workingDirectory\":\"a\"",
			  "m: app.workingDirectory: \"a\": not an absolute path");
}

TEST(event_handlers_are_checked)
{
	check_app_refused(",\"eventHandlers\":[{\"name\":\"post-start\",\"exec\":[\"/a\"]}]",
			  "m: app.eventHandlers[0].name: \"post-start\": neither pre-start nor "
			  "post-stop");
	check_app_refused(",\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[]}]",
			  "m: app.eventHandlers[0].exec: empty");
	check_app_refused(
	    ",\"eventHandlers\":[{\"name\":\"pre-start\",\"exec\":[\"/a\"]},"
	    "{\"name\":\"pre-start\",\"exec\":[\"/b\"]}]",
	    "m: app.eventHandlers: \"pre-start\": more than one event handler of this "
	    "name");
}

TEST(environment_mount_points_and_ports_are_checked)
{
	check_app_refused(
	    ",\"environment\":[{\"name\":\"A=B\",\"value\":\"\"}]",
	    "m: app.environment[0].name: \"A=B\": no name of an environment variable");
	check_app_refused(",\"environment\":[{\"name\":\"A\",\"value\":\"\"},"
			  "{\"name\":\"A\",\"value\":\"\"}]",
			  "m: app.environment: \"A\": more than one variable of this name");
	check_app_refused(",\"mountPoints\":[{\"name\":\"a\",\"path\":\"b\"}]",
			  "m: app.mountPoints[0].path: \"b\": not an absolute path");
	check_app_refused(",\"mountPoints\":[{\"name\":\"a.b\",\"path\":\"/b\"}]",
			  "m: app.mountPoints[0].name: \"a.b\": not an AC Name");
	check_app_refused(",\"ports\":[{\"name\":\"a\",\"protocol\":\"tcp\",\"port\":0}]",
			  "m: app.ports[0].port: 0: not in 1 … 65535");
	check_app_refused(
	    ",\"ports\":[{\"name\":\"a\",\"protocol\":\"tcp\",\"port\":65535,\"count\":2}]",
	    "m: app.ports[0]: 2 ports from 65535 end above 65535");
	check_app_refused(",\"ports\":[{\"name\":\"a\",\"protocol\":\"TCP\",\"port\":1}]",
			  "m: app.ports[0].protocol: \"TCP\": no name of a protocol");
}

TEST(isolators_are_named_by_place_and_name)
{
	check_app_refused(
	    ",\"isolators\":[{\"name\":\"resource/cpu\",\"value\":{\"limit\":\"x\"}}]",
	    "m: app.isolators[0].resource/cpu.limit: \"x\": not a quantity (500m, 1.5, "
	    "128Mi …)");
	check_app_refused(",\"isolators\":[{\"name\":\"os/linux/cpu-shares\",\"value\":2},"
			  "{\"name\":\"os/linux/cpu-shares\",\"value\":2}]",
			  "m: app.isolators: os/linux/cpu-shares is given twice");
	check_app_refused(",\"isolators\":[{\"name\":\"a\"}]",
			  "m: app.isolators[0].value: missing");
}

TEST(dependencies_and_whitelist_are_checked)
{
	check_refused(
	    ",\"dependencies\":[{\"imageID\":\"sha512-f9f1c36a605690d79c4004f567729f22\"}]",
	    "m: dependencies[0].imageName: missing");
	check_refused(",\"dependencies\":[{\"imageName\":\"a\",\"imageID\":\"sha1-0\"}]",
		      "m: dependencies[0].imageID: \"sha1-0\": not an image id (sha512-…)");
	check_refused(",\"pathWhitelist\":[\"/a\",\"b\"]",
		      "m: pathWhitelist[1]: \"b\": not an absolute path");
}

TEST(a_manifest_has_a_size)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_int(image_manifest_parse(
		      &arena,
		      &(const struct json_source){
			  .text = whole, .length = MANIFEST_MAX_BYTES + 1, .place = "m" },
		      &m, &err),
		  -EFBIG);
	check_text(err.text, "m: 1048577 bytes, more than the 1048576 allowed");
}

TEST(a_full_arena_is_out_of_memory)
{
	bool succeeded = false;

	for (size_t cap = 16; !succeeded; cap += 16) {
		auto_arena struct arena arena = { .cap_bytes = cap };
		struct image_manifest m = { .name = "untouched" };
		struct error err = { 0 };
		int r = parse(&arena, whole, &m, &err);

		succeeded = r == 0;
		check_true(r == 0 || r == -ENOMEM);
		check_int(err.code, -r);
		check_text(m.name, r == 0 ? "example.com/a" : "untouched");
		check_true(cap < 65536);
	}
}

TEST(a_full_text_is_reported)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest m;
	struct error err = { 0 };

	check_ok(parse(&arena, whole, &m, &err), &err);
	for (size_t cap = 1; cap < sizeof(whole) - 1; cap += 7) {
		auto_text struct text out = { .cap = cap };

		check_int(image_manifest_write(&m, &out), -EFBIG);
	}
}
