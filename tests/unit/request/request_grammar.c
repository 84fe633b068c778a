/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/unit/request/request_fixture.h"

TEST(a_host_volume_has_a_source_and_switches)
{
	struct request request;
	struct error err = { 0 };
	const struct volume *volume;

	check_ok(PARSE(&request, &err,
		       "--volume=data,kind=host,source=/srv/data,readOnly=true,recursive=false",
		       "x"),
		 &err);
	volume = &request.volumes[0];
	check_text(volume->name, "data");
	check_int(volume->kind, VOLUME_HOST);
	check_text(volume->source, "/srv/data");
	check_true(volume->read_only && volume->has_recursive && !volume->recursive);
}

TEST(an_empty_volume_has_mode_and_owner)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--volume=a,kind=empty,mode=0700,uid=1,gid=2", "--volume",
		       "name=b,kind=empty", "x"),
		 &err);
	check_int(request.volumes[0].kind, VOLUME_EMPTY);
	check_uint(request.volumes[0].mode, 0700);
	check_uint(request.volumes[0].uid, 1);
	check_uint(request.volumes[0].gid, 2);
	check_text(request.volumes[1].name, "b");
	check_uint(request.volumes[1].mode, 0755);
}

TEST(a_port_may_name_an_address)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--port=http:8080", "--port=dns:127.0.0.1:53",
		       "--port=v6:::1:54", "x"),
		 &err);
	check_uint(request.ports[0].host_port, 8080);
	check_true(request.ports[0].host_ip == NULL);
	check_text(request.ports[1].host_ip, "127.0.0.1");
	check_uint(request.ports[1].host_port, 53);
	check_text(request.ports[2].host_ip, "::1");
}

TEST(malformed_volumes_are_refused_by_name)
{
	static const struct {
		const char *volume, *message;
	} cases[] = {
		{ "", "does not start with a valid volume name" },
		{ "UPPER,kind=empty", "does not start with a valid volume name" },
		{ "kind=empty,data", "does not start with a valid volume name" },
		{ "data", "kind=host or kind=empty is missing" },
		{ "data,kind=tmpfs", "kind=tmpfs is not valid" },
		{ "data,kind=host", "source=PATH is missing" },
		{ "data,kind=host,source=rel", "source=rel is not valid" },
		{ "data,kind=host,source=/a,source=/b", "source is given twice" },
		{ "data,kind=host,source=/a,mode=0700", "mode does not go with kind=host" },
		{ "data,kind=empty,source=/a", "source does not go with kind=empty" },
		{ "data,kind=empty,recursive=true", "recursive does not go with kind=empty" },
		{ "data,kind=empty,mode=0888", "mode=0888 is not valid" },
		{ "data,kind=empty,uid=4294967295", "uid=4294967295 is not valid" },
		{ "data,kind=empty,readOnly=perhaps", "readOnly=perhaps is not valid" },
		{ "data,kind=empty,color=red", "\"color\" is no parameter" },
		{ "data,kind=empty,uid", "\"uid\" is no parameter" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct request request;
		struct error err = { 0 };

		ck_assert_msg(PARSE(&request, &err, "--volume", (char *)(uintptr_t)cases[i].volume,
				    "x") == -EINVAL,
			      "%s", cases[i].volume);
		check_contains(err.text, "--volume: ");
		check_contains(err.text, cases[i].message);
	}
}

TEST(a_target_need_not_be_absolute)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--mount=volume=v,target=dir", "x",
		       "--mount=volume=v,target=../../dir"),
		 &err);
	check_text(request.mounts[0].path, "dir");
	check_text(request.images[0].mounts[0].path, "../../dir");
}

TEST(malformed_mounts_and_ports_are_refused)
{
	static const char *const mounts[] = { "",
					      "volume=v",
					      "target=/a",
					      "volume=v,target=",
					      "volume=v,target=/a,target=/b",
					      "volume=v,path=/a",
					      "volume=V,target=/a" };
	static const char *const ports[] = { "",           "http",      "http:",   "http:0",
					     "http:65536", "HTTP:80",   ":80",     "http:1.2.3:80",
					     "http::80",   "http:80:x", "http:+80" };
	struct request request;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(mounts); i++)
		ck_assert_msg(PARSE(&request, &err, "--mount", (char *)(uintptr_t)mounts[i], "x") ==
				  -EINVAL,
			      "%s", mounts[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(ports); i++)
		ck_assert_msg(PARSE(&request, &err, "--port", (char *)(uintptr_t)ports[i], "x") ==
				  -EINVAL,
			      "%s", ports[i]);
}
