/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/registry_login.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/test.h"

static const struct config_places places = { "vendor", "machine", NULL };

static void make_places(void)
{
	static const char content[] =
	    "{\"rktKind\":\"dockerAuth\",\"rktVersion\":\"v1\",\"registries\":[\"index.docker.io\","
	    "\"a.b:5000\"],\"credentials\":{\"user\":\"u\",\"password\":\"p\"}}";
	static char path[] = "/tmp/rkt-login-XXXXXX";
	struct error err = { 0 };
	int fd;

	test_make_directory(path);
	check_int(chdir(path), 0);
	check_ok(file_make_directories(AT_FDCWD, "machine/auth.d", 0755, &err), &err);
	fd = open("machine/auth.d/a.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check_int(file_write_fd(fd, content, sizeof(content) - 1), 0);
	(void)close(fd);
}

/* The registry that skopeo is told of; NULL: there are no credentials. */
static void check_login(const char *text, const char *registry)
{
	auto_arena struct arena arena = { 0 };
	struct store_login login = { .user = "untouched" };
	struct image_source source;
	struct error err = { 0 };
	int r;

	check_ok(image_source_parse(&arena, text, &source, &err), &err);
	r = registry_login_find(&arena, &places, &source, &login, &err);
	check_ok(r, &err);
	check_int(r, registry != NULL);
	if (registry == NULL) {
		check_text(login.user, "untouched");
		return;
	}
	check_text(login.registry, registry);
	check_text(login.user, "u");
	check_text(login.password, "p");
}

TEST(credentials_go_to_their_registry_only)
{
	make_places();
	check_login("docker://redis", "docker.io");
	check_login("docker://team/app:v1", "docker.io");
	check_login("docker://docker.io/team/app", "docker.io");
	check_login("docker://index.docker.io/team/app", "docker.io");
	check_login("docker://a.b:5000/app", "a.b:5000");
	check_login("docker://a.b/app", NULL);
	check_login("docker://localhost/app", NULL);
	check_login("docker://quay.io/docker.io/app", NULL);
	check_login("containers-storage:docker.io/app", NULL);
	check_login("oci:docker.io", NULL);
}

TEST(a_configuration_that_cannot_be_read_is_an_error)
{
	auto_arena struct arena arena = { 0 };
	struct store_login login;
	struct image_source source;
	struct error err = { 0 };
	int fd;

	make_places();
	fd = open("machine/auth.d/b.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check_int(file_write_fd(fd, "{", 1), 0);
	(void)close(fd);
	check_ok(image_source_parse(&arena, "docker://redis", &source, &err), &err);
	check_true(registry_login_find(&arena, &places, &source, &login, &err) < 0);
	check_contains(err.text, "b.json");
}
