/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/pod_manifest.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define ID        "sha512-f9f1c36a605690d79c4004f567729f22"
#define HEAD      "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\""
#define APP(name) "{\"name\":\"" name "\",\"image\":{\"id\":\"" ID "\"}"

static int parse(struct arena *arena, const char *text, struct pod_manifest *ret, struct error *err)
{
	return pod_manifest_parse(
	    arena,
	    &(const struct json_source){ .text = text, .length = strlen(text), .place = "p" }, ret,
	    err);
}

/* rest goes behind the version and the kind, with its comma. */
static void check_refused(const char *rest, const char *message)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct pod_manifest pod = { .ac_version = "untouched" };
	struct error err = { 0 };

	check_int(text_printf(&text, HEAD "%s}", rest), 0);
	ck_assert_msg(parse(&arena, text_string(&text), &pod, &err) == -EINVAL, "%s is accepted",
		      rest);
	check_text(err.text, message);
	check_text(pod.ac_version, "untouched");
}

static const char whole[] =
    HEAD ",\"apps\":[{\"name\":\"a\",\"image\":{\"name\":\"example.com/a\",\"id\":\"" ID "\","
	 "\"labels\":[{\"name\":\"version\",\"value\":\"1\"}]},"
	 "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"},"
	 "\"readOnlyRootFS\":true,"
	 "\"mounts\":[{\"volume\":\"v1\",\"path\":\"/mnt\",\"readOnly\":true},"
	 "{\"volume\":\"v2\",\"path\":\"point\"},{\"volume\":\"own\",\"path\":\"/own\","
	 "\"appVolume\":{\"name\":\"own\",\"kind\":\"host\",\"source\":\"/tmp\"}}],"
	 "\"annotations\":[{\"name\":\"k\",\"value\":\"v\"}]},"
	 "{\"name\":\"b\",\"image\":{\"id\":\"" ID "\"}}],"
	 "\"volumes\":[{\"name\":\"v1\",\"kind\":\"host\",\"source\":\"/srv\","
	 "\"readOnly\":true,\"recursive\":false},{\"name\":\"v2\",\"kind\":\"empty\","
	 "\"mode\":\"1750\",\"uid\":1000,\"gid\":100}],"
	 "\"isolators\":[{\"name\":\"os/unix/sysctl\",\"value\":{\"net.a\":\"1\"}}],"
	 "\"annotations\":[{\"name\":\"coreos.com/rkt/stage1/mutable\",\"value\":\"false\"}],"
	 "\"ports\":[{\"name\":\"p\",\"hostPort\":8080,\"hostIP\":\"127.0.0.1\","
	 "\"podPort\":{\"name\":\"p\",\"protocol\":\"udp\",\"port\":80,\"count\":1,"
	 "\"socketActivated\":false}},{\"name\":\"q\",\"hostPort\":1,\"hostIP\":\"::1\"}],"
	 "\"userAnnotations\":{\"a\":\"1\"},\"userLabels\":{\"b\":\"2\"}}";

TEST(every_field_is_read)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest p;
	struct error err = { 0 };

	check_ok(parse(&arena, whole, &p, &err), &err);
	check_uint(p.n_apps, 2);
	check_text(p.apps[0].image_name, "example.com/a");
	check_text(p.apps[0].image_id, ID);
	check_text(manifest_pairs_get(&p.apps[0].image_labels, "version"), "1");
	check_text(p.apps[0].app->exec.items[0], "/a");
	check_true(p.apps[0].read_only_rootfs && p.apps[0].mounts[0].read_only);
	check_true(p.apps[0].mounts[0].app_volume == NULL);
	check_text(p.apps[0].mounts[1].path, "point");
	check_text(p.apps[0].mounts[2].app_volume->source, "/tmp");
	check_true(p.apps[1].app == NULL && p.apps[1].image_name == NULL);
	check_int(p.volumes[0].kind, VOLUME_HOST);
	check_true(p.volumes[0].read_only && p.volumes[0].has_recursive);
	check_true(!p.volumes[0].recursive);
	check_int(p.volumes[1].kind, VOLUME_EMPTY);
	check_uint(p.volumes[1].mode, 01750);
	check_uint(p.volumes[1].uid, 1000);
	check_uint(p.volumes[1].gid, 100);
	check_true(p.volumes[1].source == NULL);
	check_int(p.isolators[0].kind, ISOLATOR_SYSCTL);
	check_uint(p.ports[0].host_port, 8080);
	check_uint(p.ports[0].pod_port, 80);
	check_text(p.ports[0].pod_protocol, "udp");
	check_text(p.ports[1].host_ip, "::1");
	check_text(manifest_pairs_get(&p.user_labels, "b"), "2");
}

TEST(what_was_read_is_written_again)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct pod_manifest p;
	struct error err = { 0 };

	check_ok(parse(&arena, whole, &p, &err), &err);
	check_int(pod_manifest_write(&p, &out), 0);
	check_text(text_string(&out), whole);
}

TEST(an_empty_volume_has_the_mode_of_a_directory)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest p;
	struct error err = { 0 };

	check_ok(parse(&arena,
		       HEAD ",\"apps\":null,\"volumes\":[{\"name\":\"v\",\"kind\":\"empty\","
			    "\"source\":\"\",\"mode\":null,\"uid\":null}]}",
		       &p, &err),
		 &err);
	check_uint(p.n_apps, 0);
	check_uint(p.volumes[0].mode, 0755);
	check_true(p.volumes[0].source == NULL);
}

TEST(apps_are_checked)
{
	check_refused("", "p: apps: missing");
	check_refused(",\"apps\":[{\"name\":\"a\"}]", "p: apps[0].image: missing");
	check_refused(",\"apps\":[{\"name\":\"a\",\"image\":{}}]", "p: apps[0].image.id: missing");
	check_refused(",\"apps\":[{\"name\":\"a/b\",\"image\":{\"id\":\"" ID "\"}}]",
		      "p: apps[0].name: \"a/b\": not an AC Name");
	check_refused(",\"apps\":[" APP("a") "}," APP("b") "}," APP("a") "}]",
		      "p: apps: \"a\": more than one app of this name");
	check_refused(",\"apps\":[" APP("a") ",\"app\":{\"exec\":[\"/a\"],\"user\":\"0\"}}]",
		      "p: apps[0].app.group: missing");
}

TEST(mounts_name_volumes_that_exist)
{
	check_refused(
	    ",\"apps\":[" APP("a") "}," APP(
		"b") ",\"mounts\":[{\"volume\":\"v\","
		     "\"path\":\"/v\"}]}],\"volumes\":[{\"name\":\"w\",\"kind\":\"empty\"}]",
	    "p: apps[1].mounts[0].volume: \"v\": no volume of this name");
	check_refused(",\"apps\":[" APP("a") ",\"mounts\":[{\"volume\":\"v\",\"path\":\"\"}]}]",
		      "p: apps[0].mounts[0].path: empty");
}

#define REFUSE_VOLUME(volume, message)                                                             \
	check_refused(",\"apps\":[],\"volumes\":[{\"name\":\"v\"," volume "}]",                    \
		      "p: volumes[0]" message)

TEST(volumes_are_checked)
{
	REFUSE_VOLUME("\"kind\":\"nfs\"", ".kind: \"nfs\": neither host nor empty");
	REFUSE_VOLUME("\"kind\":\"host\"", ".source: missing");
	REFUSE_VOLUME("\"kind\":\"host\",\"source\":\"a\"", ".source: \"a\": not an absolute path");
	REFUSE_VOLUME("\"kind\":\"host\",\"source\":\"/a\",\"uid\":0",
		      ": uid: a host volume keeps its own");
	REFUSE_VOLUME("\"kind\":\"empty\",\"source\":\"/a\"",
		      ": \"/a\": an empty volume has no source");
	REFUSE_VOLUME("\"kind\":\"empty\",\"recursive\":true",
		      ": an empty volume has nothing to be recursive about");
	REFUSE_VOLUME("\"kind\":\"empty\",\"mode\":\"888\"",
		      ".mode: \"888\": no octal mode up to 7777");
	REFUSE_VOLUME("\"kind\":\"empty\",\"mode\":493",
		      ".mode: expected a string of octal digits, got a whole number");
	REFUSE_VOLUME("\"kind\":\"empty\",\"gid\":4294967295",
		      ".gid: 4294967295: not in 0 … 4294967294");
	check_refused(",\"apps\":[],\"volumes\":[{\"name\":\"v\",\"kind\":\"empty\"},"
		      "{\"name\":\"v\",\"kind\":\"empty\"}]",
		      "p: volumes: \"v\": more than one volume of this name");
}

#define PORTS(name)                                                                                \
	",\"app\":{\"user\":\"0\",\"group\":\"0\",\"ports\":[{\"name\":\"" name                    \
	"\",\"protocol\":\"tcp\",\"port\":80}]}}"

TEST(ports_are_checked)
{
	check_refused(",\"apps\":[],\"ports\":[{\"name\":\"p\",\"hostPort\":0}]",
		      "p: ports[0].hostPort: 0: not in 1 … 65535");
	check_refused(
	    ",\"apps\":[],\"ports\":[{\"name\":\"p\",\"hostPort\":1,\"hostIP\":\"1.2.3\"}]",
	    "p: ports[0].hostIP: \"1.2.3\": not an IP address");
	check_refused(",\"apps\":[],\"ports\":[{\"name\":\"p\",\"hostPort\":1,\"podPort\":80}]",
		      "p: ports[0].podPort: expected an object, got a whole number");
	check_refused(",\"apps\":[" APP("a") PORTS("p") "," APP("b")
			  PORTS("p") "],\"ports\":[{\"name\":\"p\",\"hostPort\":1}]",
		      "p: ports[0]: \"p\": more than one app has a port of this name");
}

TEST(two_apps_may_share_a_port_name_that_nobody_forwards)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest p;
	struct error err = { 0 };

	check_ok(parse(&arena, HEAD ",\"apps\":[" APP("a") PORTS("p") "," APP("b") PORTS("p") "]}",
		       &p, &err),
		 &err);
}

TEST(lists_that_are_searched_have_a_length)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct pod_manifest p;
	struct error err = { 0 };

	(void)text_append(&text, HEAD ",\"apps\":[],\"volumes\":[");
	for (int i = 0; i < 1025; i++)
		(void)text_printf(&text, "%s{\"name\":\"v%d\",\"kind\":\"empty\"}",
				  i > 0 ? "," : "", i);
	(void)text_append(&text, "]}");
	check_int(parse(&arena, text_string(&text), &p, &err), -EINVAL);
	check_text(err.text, "p: volumes: 1025 items, more than the 1024 allowed");
}

TEST(a_full_arena_is_out_of_memory)
{
	bool succeeded = false;

	for (size_t cap = 16; !succeeded; cap += 16) {
		auto_arena struct arena arena = { .cap_bytes = cap };
		struct pod_manifest p = { .ac_version = "untouched" };
		struct error err = { 0 };
		int r = parse(&arena, whole, &p, &err);

		succeeded = r == 0;
		check_true(r == 0 || r == -ENOMEM);
		check_int(err.code, -r);
		check_text(p.ac_version, r == 0 ? "0.8.11" : "untouched");
		check_true(cap < 65536);
	}
}
