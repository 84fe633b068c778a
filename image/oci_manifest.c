/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_manifest.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/json/json_writer.h"
#include "common/manifest/image_manifest.h"
#include "common/privilege/account.h"
#include "image/oci_name.h"
#include "image/oci_platform.h"

#define AC_VERSION    "0.8.11"
#define DOCKER        "appc.io/docker/"
#define MAX_PAIRS     16
#define PORT_TEXT_MAX 64
#define MAX_ITEMS     1024U /* of each list: some are compared each with each */

struct conversion {
	struct arena arena;
	const struct oci_config *config;
	const struct oci_origin *origin;
	struct app app;
	struct manifest_pair labels[MAX_PAIRS], annotations[MAX_PAIRS];
	size_t n_labels, n_annotations;
};

static void release_conversion(struct conversion *conversion)
{
	arena_release(&conversion->arena);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "converting the image's configuration: out of memory");
}

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static void annotate(struct conversion *conversion, const char *name, const char *value)
{
	if (is_given(value))
		conversion->annotations[conversion->n_annotations++] =
		    (struct manifest_pair){ name, value };
}

static void label(struct conversion *conversion, const char *name, const char *value)
{
	if (is_given(value))
		conversion->labels[conversion->n_labels++] = (struct manifest_pair){ name, value };
}

/* A list as JSON, as rkt keeps it. */
static int annotate_list(struct conversion *conversion, const char *name,
			 const struct oci_strings *list, struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };
	const char *copy;

	if (list->n == 0)
		return 0;
	json_put_strings(&writer, NULL, list->items, list->n);
	copy = json_writer_finish(&writer) < 0
		   ? NULL
		   : arena_string(&conversion->arena, text_string(&text));
	if (copy == NULL)
		return out_of_memory(err);
	annotate(conversion, name, copy);
	return 0;
}

static int take_exec(struct conversion *conversion, struct error *err)
{
	const struct oci_run_config *run = &conversion->config->run;
	size_t n = run->entrypoint.n + run->command.n;
	const char **items = arena_array(&conversion->arena, n + 1, const char *);

	if (items == NULL)
		return out_of_memory(err);
	if (run->entrypoint.n > 0)
		memcpy(items, run->entrypoint.items, run->entrypoint.n * sizeof(*items));
	if (run->command.n > 0)
		memcpy(items + run->entrypoint.n, run->command.items,
		       run->command.n * sizeof(*items));
	conversion->app.exec.items = items;
	conversion->app.exec.n = n;
	return 0;
}

/* "K=V"; of two with one name the later counts, as for a process. */
static int take_environment(struct conversion *conversion, struct error *err)
{
	const struct oci_strings *list = &conversion->config->run.environment;
	struct manifest_pair *pairs =
	    arena_array(&conversion->arena, list->n + 1, struct manifest_pair);
	size_t n = 0;

	if (pairs == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < list->n; i++) {
		const char *equals = strchr(list->items[i], '=');
		size_t at = 0;
		char *name;

		if (equals == NULL || equals == list->items[i])
			return error_set(err, EINVAL,
					 "config.Env[%zu]: \"%.100s\" is not NAME=VALUE", i,
					 list->items[i]);
		name = arena_bytes(&conversion->arena, list->items[i],
				   (size_t)(equals - list->items[i]));
		if (name == NULL)
			return out_of_memory(err);
		while (at < n && strcmp(pairs[at].name, name) != 0)
			at++;
		pairs[at] = (struct manifest_pair){ name, equals + 1 };
		n += at == n;
	}
	conversion->app.environment = (struct manifest_pairs){ pairs, n };
	return 0;
}

/* The group that goes with a user who names none. */
static int find_group(struct conversion *conversion, int rootfs_fd, struct error *err)
{
	const struct account_names names = { .user = conversion->app.user, .group = "" };
	struct account account = { 0 };
	struct error ignored = { 0 };
	int r = account_resolve(&conversion->arena, rootfs_fd, &names, &account, &ignored);

	if (r == -ENOMEM)
		return out_of_memory(err);
	/* A user that the image does not have cannot be run as anyway, whatever its group. */
	conversion->app.group =
	    arena_printf(&conversion->arena, "%u", r < 0 ? 0 : (unsigned)account.gid);
	return conversion->app.group == NULL ? out_of_memory(err) : 0;
}

static int take_user(struct conversion *conversion, int rootfs_fd, struct error *err)
{
	const char *user = conversion->config->run.user;
	const char *colon;

	if (!is_given(user))
		user = "0";
	colon = strchr(user, ':');
	conversion->app.user = user;
	if (colon == NULL)
		return find_group(conversion, rootfs_fd, err);
	conversion->app.user =
	    colon == user ? "0" : arena_bytes(&conversion->arena, user, (size_t)(colon - user));
	if (conversion->app.user == NULL)
		return out_of_memory(err);
	conversion->app.group = colon + 1;
	return colon[1] == '\0' ? find_group(conversion, rootfs_fd, err) : 0;
}

static int take_directory(struct conversion *conversion, struct error *err)
{
	const char *path = conversion->config->run.working_directory;

	if (!is_given(path))
		return 0;
	conversion->app.working_directory =
	    path[0] == '/' ? path : arena_printf(&conversion->arena, "/%s", path);
	return conversion->app.working_directory == NULL ? out_of_memory(err) : 0;
}

/* An AC Name that none of the n mount points has. */
static const char *volume_name(struct conversion *conversion, const char *path,
			       const struct mount_point *points, size_t n)
{
	const char *base = oci_sanitize(&conversion->arena, path, "-");
	const char *name = arena_printf(&conversion->arena, "volume%s%.180s",
					base != NULL ? "-" : "", base != NULL ? base : "");

	for (size_t i = 0, twin = 2; name != NULL && i < n; i++) {
		if (strcmp(points[i].name, name) != 0)
			continue;
		name = arena_printf(&conversion->arena, "volume-%.180s-%zu",
				    base != NULL ? base : "root", twin++);
		i = (size_t)-1; /* look at all of them again */
	}
	return name;
}

static int take_volumes(struct conversion *conversion, struct error *err)
{
	const struct oci_strings *paths = &conversion->config->run.volumes;
	struct mount_point *points =
	    arena_array(&conversion->arena, paths->n + 1, struct mount_point);

	if (points == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->items[i];

		points[i].path =
		    path[0] == '/' ? path : arena_printf(&conversion->arena, "/%s", path);
		points[i].name = volume_name(conversion, path, points, i);
		if (points[i].path == NULL || points[i].name == NULL)
			return out_of_memory(err);
	}
	conversion->app.mount_points = points;
	conversion->app.n_mount_points = paths->n;
	return 0;
}

/* "6379", "6379/tcp", "53/udp". */
static int parse_port(struct conversion *conversion, const char *text, struct image_port *ret,
		      struct error *err)
{
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	const char *number = arena_bytes(&conversion->arena, text, length);
	const char *protocol = slash != NULL ? slash + 1 : "tcp";
	uint32_t port;

	if (number == NULL)
		return out_of_memory(err);
	if (parse_u32(number, UINT16_MAX, &port) < 0 || port == 0 || strlen(text) > PORT_TEXT_MAX ||
	    oci_sanitize(&conversion->arena, protocol, "-") == NULL)
		return error_set(err, EINVAL,
				 "config.ExposedPorts: \"%.100s\" is not PORT/PROTOCOL", text);
	protocol = oci_sanitize(&conversion->arena, protocol, "-");
	*ret = (struct image_port){
		.name = arena_printf(&conversion->arena, "%u-%s", port, protocol),
		.protocol = protocol,
		.port = (uint16_t)port,
		.count = 1,
	};
	return ret->name == NULL ? out_of_memory(err) : 0;
}

static int take_ports(struct conversion *conversion, struct error *err)
{
	const struct oci_strings *texts = &conversion->config->run.ports;
	struct image_port *ports = arena_array(&conversion->arena, texts->n + 1, struct image_port);
	size_t n = 0;

	if (ports == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < texts->n; i++) {
		size_t at = 0;
		int r = parse_port(conversion, texts->items[i], &ports[n], err);

		if (r < 0)
			return r;
		/* "80" and "80/tcp" are one. */
		while (strcmp(ports[at].name, ports[n].name) != 0)
			at++;
		n += at == n;
	}
	conversion->app.ports = ports;
	conversion->app.n_ports = n;
	return 0;
}

static int take_user_labels(struct conversion *conversion, struct error *err)
{
	const struct oci_run_config *run = &conversion->config->run;
	struct manifest_pair *pairs =
	    arena_array(&conversion->arena, run->n_labels + 1, struct manifest_pair);

	if (pairs == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < run->n_labels; i++)
		pairs[i] = (struct manifest_pair){ run->labels[i].name, run->labels[i].value };
	conversion->app.user_labels = (struct manifest_pairs){ pairs, run->n_labels };
	return 0;
}

static int take_labels(struct conversion *conversion, struct error *err)
{
	const struct oci_platform *platform = &conversion->config->platform;
	const char *arch = oci_platform_appc_arch(platform);

	if (is_given(platform->os) && strcmp(platform->os, "linux") != 0)
		return error_set(err, ENOTSUP, "os: the image is for %.60s, not for linux",
				 platform->os);
	if (is_given(platform->architecture) && arch == NULL)
		return error_set(err, ENOTSUP, "architecture: App Container has no name for %.60s",
				 platform->architecture);
	label(conversion, "version", conversion->origin->tag);
	label(conversion, "os", "linux");
	label(conversion, "arch", arch);
	return 0;
}

static int take_annotations(struct conversion *conversion, struct error *err)
{
	const struct oci_config *config = conversion->config;
	const struct oci_origin *origin = conversion->origin;
	int r;

	annotate(conversion, "created", config->created);
	annotate(conversion, "authors", config->author);
	annotate(conversion, "appc.io/executor/stop-signal", config->run.stop_signal);
	annotate(conversion, DOCKER "originalname", origin->original_name);
	annotate(conversion, DOCKER "registryurl", origin->registry);
	annotate(conversion, DOCKER "repository", origin->repository);
	annotate(conversion, DOCKER "tag", origin->tag);
	annotate(conversion, DOCKER "imageid", origin->config_digest);
	annotate(conversion, DOCKER "manifesthash", origin->manifest_digest);
	r = annotate_list(conversion, DOCKER "entrypoint", &config->run.entrypoint, err);
	return r < 0 ? r : annotate_list(conversion, DOCKER "cmd", &config->run.command, err);
}

static int check_lists(const struct oci_run_config *run, struct error *err)
{
	const struct {
		const char *name;
		size_t n;
	} lists[] = {
		{ "Env", run->environment.n },
		{ "ExposedPorts", run->ports.n },
		{ "Volumes", run->volumes.n },
		{ "Labels", run->n_labels },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		if (lists[i].n > MAX_ITEMS)
			return error_set(err, EFBIG, "config.%s: it has more than %u items",
					 lists[i].name, MAX_ITEMS);
	return 0;
}

static int convert(struct conversion *conversion, int rootfs_fd, struct error *err)
{
	int r = check_lists(&conversion->config->run, err);

	r = r < 0 ? r : take_exec(conversion, err);

	r = r < 0 ? r : take_environment(conversion, err);
	r = r < 0 ? r : take_user(conversion, rootfs_fd, err);
	r = r < 0 ? r : take_directory(conversion, err);
	r = r < 0 ? r : take_volumes(conversion, err);
	r = r < 0 ? r : take_ports(conversion, err);
	r = r < 0 ? r : take_user_labels(conversion, err);
	r = r < 0 ? r : take_labels(conversion, err);
	return r < 0 ? r : take_annotations(conversion, err);
}

/* What was made must be what any reader of images takes. */
static int check(struct conversion *conversion, const struct text *text, size_t start,
		 struct error *err)
{
	struct image_manifest ignored;

	return image_manifest_parse(&conversion->arena,
				    &(const struct json_source){
					.text = text_string(text) + start,
					.length = text->length - start,
					.place = "the manifest made of its configuration",
				    },
				    &ignored, err);
}

int oci_manifest_write(const struct oci_config *config, const struct oci_origin *origin,
		       int rootfs_fd, struct text *out, struct error *err)
{
	CLEANUP(release_conversion)
	struct conversion conversion = { .config = config, .origin = origin };
	struct image_manifest manifest = { .ac_version = AC_VERSION,
					   .name = origin->identifier,
					   .app = &conversion.app };
	size_t start = out->length;
	int r = convert(&conversion, rootfs_fd, err);

	if (r < 0)
		return error_prefix(err, "the image's configuration");
	manifest.labels = (struct manifest_pairs){ conversion.labels, conversion.n_labels };
	manifest.annotations =
	    (struct manifest_pairs){ conversion.annotations, conversion.n_annotations };
	r = image_manifest_write(&manifest, out);
	if (r < 0)
		return error_set(err, -r, "writing the image's manifest: %s", strerror(-r));
	return check(&conversion, out, start, err);
}
