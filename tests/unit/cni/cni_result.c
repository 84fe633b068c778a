/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_result.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "common/cni/cni_error.h"
#include "common/json/json_reader.h"
#include "tests/unit/test.h"

static int read_result(struct arena *arena, const char *text, struct cni_result *ret,
		       struct error *err)
{
	struct json_source source = { .text = text, .length = strlen(text), .place = "answer" };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	return r < 0 ? r : cni_result_read(arena, &value, "answer", ret, err);
}

/* What text, read and written as version, comes to. */
static void check_written(const char *text, enum cni_version version, const char *want)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct json_writer writer = { .out = &out };
	struct cni_result result;
	struct error err = { 0 };

	check_ok(read_result(&arena, text, &result, &err), &err);
	cni_result_write(&writer, NULL, version, &result);
	check_int(json_writer_finish(&writer), 0);
	check_text(text_string(&out), want);
}

static const char dual[] =
    "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"vethab\"},"
    "{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\",\"sandbox\":\"/proc/1/ns/net\"}],"
    "\"ips\":[{\"interface\":1,\"address\":\"10.1.0.2/16\",\"gateway\":\"10.1.0.1\"},"
    "{\"interface\":1,\"address\":\"fd00::2/64\"}],"
    "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}],"
    "\"dns\":{\"nameservers\":[\"10.1.0.1\"],\"domain\":\"a.example\",\"search\":[\"b.example\"],"
    "\"options\":[\"ndots:2\"]}}";

TEST(a_result_is_written_as_it_was_read)
{
	check_written(dual, CNI_1_0_0, dual);
}

TEST(later_fields_are_told_to_later_versions_only)
{
	const char *text =
	    "{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"eth0\",\"mtu\":1400,"
	    "\"sandbox\":\"/n\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":1300,"
	    "\"priority\":5,\"table\":254,\"scope\":0}],\"dns\":{}}";

	check_written(text, CNI_1_1_0, text);
	check_written(text, CNI_0_4_0,
		      "{\"cniVersion\":\"0.4.0\",\"interfaces\":[{\"name\":\"eth0\","
		      "\"sandbox\":\"/n\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\"}],\"dns\":{}}");
}

TEST(before_1_0_an_address_has_a_version)
{
	check_written("{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\",\"interface\":-1,"
		      "\"address\":\"10.1.0.2/16\",\"gateway\":\"\"}],\"routes\":null}",
		      CNI_0_3_1,
		      "{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\","
		      "\"address\":\"10.1.0.2/16\"}],\"dns\":{}}");
}

TEST(the_oldest_form_goes_both_ways)
{
	const char *old = "{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.1.0.2/16\","
			  "\"gateway\":\"10.1.0.1\",\"routes\":[{\"dst\":\"0.0.0.0/0\"}]},"
			  "\"ip6\":{\"ip\":\"fd00::2/64\",\"routes\":[{\"dst\":\"::/0\","
			  "\"gw\":\"fd00::1\"}]},\"dns\":{}}";

	check_written(old, CNI_0_2_0, old);
	check_written(old, CNI_1_0_0,
		      "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/16\","
		      "\"gateway\":\"10.1.0.1\"},{\"address\":\"fd00::2/64\"}],"
		      "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}],"
		      "\"dns\":{}}");
	check_written("{\"ip4\":{\"ip\":\"10.1.0.2/16\"}}", CNI_0_1_0,
		      "{\"cniVersion\":\"0.1.0\",\"ip4\":{\"ip\":\"10.1.0.2/16\"},\"dns\":{}}");
}

TEST(unknown_fields_are_ignored)
{
	check_written("{\"cniVersion\":\"0.4.0\",\"x\":1,\"interfaces\":[{\"name\":\"a\",\"pciID\":"
		      "\"0\"}],\"dns\":{\"y\":[]}}",
		      CNI_0_4_0,
		      "{\"cniVersion\":\"0.4.0\",\"interfaces\":[{\"name\":\"a\"}],\"dns\":{}}");
}

TEST(what_is_wrong_is_named_and_the_result_left_alone)
{
	const struct {
		const char *text, *message;
		int r;
	} cases[] = {
		{ "[]", "answer: expected an object, got an array", -EINVAL },
		{ "{\"cniVersion\":\"2.0.0\"}",
		  "answer: cniVersion: \"2.0.0\": no version known here", -EPROTONOSUPPORT },
		{ "{\"cniVersion\":\"1.0.0\",\"ips\":[{}]}", "answer: ips[0].address: missing",
		  -EINVAL },
		{ "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2\"}]}",
		  "answer: ips[0].address: \"10.1.0.2\": no IP address with a prefix length",
		  -EINVAL },
		{ "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/"
		  "8\",\"interface\":0}]}",
		  "answer: ips[0].interface: 0: there are 0", -EINVAL },
		{ "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"../../x\"}]}",
		  "answer: interfaces[0].name: \"../../x\": no name of an interface", -EINVAL },
		{ "{\"cniVersion\":\"1.0.0\",\"dns\":{\"search\":[\"a\\nnameserver 1.1.1.1\"]}}",
		  "contains white space or control characters", -EINVAL },
		{ "{\"ip4\":{\"ip\":\"fd00::2\"}}", "answer: ip4.ip: ", -EINVAL },
		{ "{\"cniVersion\":1}", "answer: cniVersion: expected a string", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct cni_result result = { .n_ips = 99 };
		struct error err = { 0 };

		check_int(read_result(&arena, cases[i].text, &result, &err), cases[i].r);
		check_contains(err.text, cases[i].message);
		check_int(err.code, -cases[i].r);
		check_uint(result.n_ips, 99);
	}
}

TEST(a_plugins_error_is_read_and_written)
{
	const char *text = "{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"busy\","
			   "\"details\":\"all 254 addresses are taken\"}";
	struct json_source source = { .text = text, .length = strlen(text), .place = "answer" };
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct json_writer writer = { .out = &out };
	struct json_value value;
	struct cni_error error;
	struct error err = { 0 };

	check_ok(json_read(&arena, &source, &value, &err), &err);
	check_ok(cni_error_read(&arena, &value, "answer", &error, &err), &err);
	check_uint(error.code, CNI_ERROR_TRY_AGAIN);
	cni_error_write(&writer, NULL, CNI_1_0_0, &error);
	check_int(json_writer_finish(&writer), 0);
	check_text(text_string(&out), text);
}

TEST(versions_are_in_order_and_others_unknown)
{
	enum cni_version version = CNI_0_4_0;

	check_int(cni_version_parse("0.5.0", &version), -EPROTONOSUPPORT);
	check_int(cni_version_parse("1.0", &version), -EPROTONOSUPPORT);
	check_int(version, CNI_0_4_0);
	for (int i = 0; i < CNI_N_VERSIONS; i++) {
		check_int(cni_version_parse(cni_version_text((enum cni_version)i), &version), 0);
		check_int((int)version, i);
	}
	check_int(cni_version_parse(NULL, &version), 0);
	check_int(version, CNI_0_1_0);
}
