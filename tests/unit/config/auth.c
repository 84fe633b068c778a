/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/config/auth.h"
#include "tests/unit/test.h"

#define AUTH   "{\"rktKind\":\"auth\",\"rktVersion\":\"v1\","
#define DOCKER "{\"rktKind\":\"dockerAuth\",\"rktVersion\":\"v1\","
#define BASIC  "\"type\":\"basic\",\"credentials\":{\"user\":\"u\",\"password\":\"secret\"}}"

static struct arena arena;

static void make_places(void)
{
	static char template[] = "/tmp/test-auth-XXXXXX";
	struct error err = { 0 };

	test_make_directory(template);
	check_int(chdir(template), 0);
	check_ok(file_make_directories(AT_FDCWD, "system/auth.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "local/auth.d", 0755, &err), &err);
	check_ok(file_make_directories(AT_FDCWD, "user/auth.d", 0755, &err), &err);
}

static void put(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	check_true(fd >= 0);
	check_int(file_write_fd(fd, content, strlen(content)), 0);
	check_int(close(fd), 0);
}

static int read_places(struct config_auth *auth, struct error *err)
{
	const struct config_places places = { "system", "local", "user" };

	return config_auth_read(&arena, &places, auth, err);
}

TEST(each_type_is_read_with_its_own_credentials)
{
	struct config_auth auth;
	struct error err = { 0 };
	const struct auth_entry *entry;

	make_places();
	put("local/auth.d/a.json", AUTH "\"domains\":[\"a.com\",\"b.com:8443\"]," BASIC);
	put("local/auth.d/b.json", AUTH "\"domains\":[\"c.com\"],\"type\":\"oauth\","
					"\"credentials\":{\"token\":\"t0k\"}}");
	put("local/auth.d/c.json",
	    AUTH "\"domains\":[\"s3.amazonaws.com\"],\"type\":\"aws\",\"credentials\":"
		 "{\"accessKeyID\":\"id\",\"secretAccessKey\":\"key\",\"awsRegion\":\"eu-1\"}}");
	put("local/auth.d/d.json", DOCKER "\"registries\":[\"quay.io\"],\"credentials\":"
					  "{\"user\":\"du\",\"password\":\"dp\"}}");
	check_ok(read_places(&auth, &err), &err);
	check_uint(auth.hosts.n, 4);
	entry = auth_find(&auth.hosts, "b.com:8443", "443");
	check_true(entry != NULL && entry->type == AUTH_BASIC);
	check_text(entry->user, "u");
	check_text(entry->password, "secret");
	entry = auth_find(&auth.hosts, "c.com", "443");
	check_true(entry != NULL && entry->type == AUTH_OAUTH);
	check_text(entry->token, "t0k");
	entry = auth_find(&auth.hosts, "s3.amazonaws.com", "443");
	check_true(entry != NULL && entry->type == AUTH_AWS);
	check_text(entry->access_key_id, "id");
	check_text(entry->secret_access_key, "key");
	check_text(entry->aws_region, "eu-1");
	check_true(entry->aws_service == NULL);
	check_text(auth_type_name(entry->type), "aws");
	check_uint(auth.registries.n, 1);
	check_text(auth.registries.items[0].domain, "quay.io");
	check_text(auth.registries.items[0].password, "dp");
}

TEST(a_domain_is_found_by_its_host_and_port_only)
{
	const struct auth_entry items[] = { { .domain = "a.com" },
					    { .domain = "b.com:443" },
					    { .domain = "[::1]:8443" },
					    { .domain = "[::2]" } };
	const struct auth_list list = { items, ARRAY_LENGTH(items) };

	check_true(auth_find(&list, "a.com", "443") == &items[0]);
	check_true(auth_find(&list, "A.COM:443", "443") == &items[0]);
	check_true(auth_find(&list, "a.com:8443", "443") == NULL);
	check_true(auth_find(&list, "xa.com", "443") == NULL);
	check_true(auth_find(&list, "a.co", "443") == NULL);
	check_true(auth_find(&list, "a.com.", "443") == NULL);
	check_true(auth_find(&list, "sub.a.com", "443") == NULL);
	check_true(auth_find(&list, "b.com", "443") == &items[1]);
	check_true(auth_find(&list, "b.com", "80") == NULL);
	check_true(auth_find(&list, "[::1]:8443", "443") == &items[2]);
	check_true(auth_find(&list, "[::2]:443", "443") == &items[3]);
	check_true(auth_find(&list, "[::1]", "443") == NULL);
}

TEST(a_later_place_overrides_domain_by_domain)
{
	struct config_auth auth;
	struct error err = { 0 };

	make_places();
	put("system/auth.d/a.json", AUTH "\"domains\":[\"a.com\",\"b.com\",\"c.com\"]," BASIC);
	put("local/auth.d/z.json", AUTH "\"domains\":[\"B.com\"],\"type\":\"oauth\","
					"\"credentials\":{\"token\":\"local\"}}");
	put("user/auth.d/z.json", AUTH "\"domains\":[\"c.com\"],\"type\":\"oauth\","
				       "\"credentials\":{\"token\":\"user\"}}");
	check_ok(read_places(&auth, &err), &err);
	check_uint(auth.hosts.n, 3);
	check_text(auth_find(&auth.hosts, "a.com", "443")->password, "secret");
	check_text(auth_find(&auth.hosts, "b.com", "443")->token, "local");
	check_true(auth_find(&auth.hosts, "b.com", "443")->password == NULL);
	check_text(auth_find(&auth.hosts, "c.com", "443")->token, "user");
}

TEST(two_files_of_one_place_may_not_name_the_same_domain)
{
	struct config_auth auth = { .hosts = { .n = 77 } };
	struct error err = { 0 };

	make_places();
	put("local/auth.d/a.json", AUTH "\"domains\":[\"a.com\"]," BASIC);
	put("local/auth.d/b.json", AUTH "\"domains\":[\"a.com\"]," BASIC);
	check_int(read_places(&auth, &err), -EINVAL);
	check_text(err.text,
		   "local/auth.d/b.json: \"a.com\" has credentials in this folder already");
	check_uint(auth.hosts.n, 77);
}

TEST(mistakes_are_named_and_credentials_are_not)
{
	static const struct {
		const char *content, *message;
	} cases[] = {
		{ AUTH BASIC, "domains" },
		{ AUTH "\"domains\":[]," BASIC, "domains" },
		{ AUTH "\"domains\":[\"https://a.com\"]," BASIC, "not a host" },
		{ AUTH "\"domains\":[\"\"]," BASIC, "not a host" },
		{ AUTH "\"domains\":[\"a.com\"],\"credentials\":{\"user\":\"u\"}}", "type" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"basic\"}", "credentials" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"digest\",\"credentials\":{}}",
		  "unknown auth type: \"digest\"" },
		{ AUTH
		  "\"domains\":[\"a.com\"],\"type\":\"basic\",\"credentials\":{\"user\":\"u\"}}",
		  "credentials.password" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"basic\",\"credentials\":"
		       "{\"user\":\"u\",\"password\":\"\"}}",
		  "credentials.password: must not be empty" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"basic\",\"credentials\":"
		       "{\"user\":\"u:x\",\"password\":\"secret\"}}",
		  "credentials.user: must not have a colon" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"oauth\",\"credentials\":"
		       "{\"token\":\"secret\\r\\nX: y\"}}",
		  "credentials.token: has a character that cannot be sent" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"oauth\",\"credentials\":\"secret\"}",
		  "credentials" },
		{ AUTH "\"domains\":[\"a.com\"],\"type\":\"oauth\",\"credentials\":"
		       "{\"token\":[\"secret\"]}}",
		  "credentials.token" },
		{ DOCKER "\"domains\":[\"a.com\"],\"credentials\":{\"user\":\"u\"}}", "domains" },
		{ "{\"rktKind\":\"paths\",\"rktVersion\":\"v1\"}", "rktKind is \"paths\"" },
		{ "{\"rktKind\":\"auth\",\"rktVersion\":\"v2\"}", "rktVersion is \"v2\"" },
	};

	make_places();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct config_auth auth;
		struct error err = { 0 };

		put("local/auth.d/a.json", cases[i].content);
		check_int(read_places(&auth, &err), -EINVAL);
		check_contains(err.text, "local/auth.d/a.json");
		check_contains(err.text, cases[i].message);
		ck_assert_msg(strstr(err.text, "secret") == NULL, "%s", err.text);
	}
}
