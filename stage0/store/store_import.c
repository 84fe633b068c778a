/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_import.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/file.h"
#include "stage0/store/helper_program.h"
#include "stage0/store/store_import_protocol.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_quarantine.h"
#include "stage0/store/store_sources.h"

#define HELPER "rkt-image"

/* The helper's one record: a failure, or code 0 and the id as its text. */
static int receive_id(int read_end, char ret_id[static STORE_ID_SIZE], struct error *err)
{
	struct error record = { 0 };
	int r = error_receive(read_end, &record);

	if (r != 1)
		return error_set(err, EPIPE, "%s ended without a result", HELPER);
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	(void)snprintf(ret_id, STORE_ID_SIZE, "%.*s", (int)STORE_ID_SIZE - 1, record.text);
	return 0;
}

#define MAX_ARGUMENTS 10

struct import {
	const struct store *store;
	int source;
	const char *path;
	const char *format;    /* of store_import_protocol.h */
	const char *reference; /* NULL: none given */
	const struct store_import_options *options;
};

/* Of a text that may be long: what the helper gets as one argument. */
struct argument {
	char *text;
};

static void release_argument(struct argument *argument)
{
	free(argument->text);
}

static void fill_arguments(const struct import *import, char *reference, char *id, char **arguments)
{
	size_t n = 0;

	arguments[n++] = (char *)HELPER;
	arguments[n++] = (char *)(uintptr_t)import->path;
	arguments[n++] = (char *)(uintptr_t)import->format;
	if (reference != NULL)
		arguments[n++] = reference;
	if (import->options->expected_id != NULL)
		arguments[n++] = id;
	if (import->options->quiet)
		arguments[n++] = (char *)IMPORT_QUIET;
	if (import->options->update)
		arguments[n++] = (char *)IMPORT_UPDATE;
	if (import->options->store_only)
		arguments[n++] = (char *)IMPORT_STORE_ONLY;
	if (import->options->login != NULL)
		arguments[n++] = (char *)IMPORT_LOGIN;
	arguments[n] = NULL;
}

static int run_helper(const struct import *import, char ret_id[static STORE_ID_SIZE],
		      struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	char found[PATH_MAX], *helper = found;
	CLEANUP(release_argument) struct argument reference = { NULL };
	char *arguments[MAX_ARGUMENTS], id[sizeof(IMPORT_ID) + STORE_ID_SIZE] = IMPORT_ID;
	struct helper_fds fds = { { import->store->cas, import->source }, IMPORT_FDS };
	int ends[2], r = 0;
	pid_t pid = 0;

	if (import->reference != NULL &&
	    asprintf(&reference.text, IMPORT_REFERENCE "%s", import->reference) < 0)
		return error_set(err, ENOMEM, "starting %s: out of memory", HELPER);
	if (import->options->expected_id != NULL)
		(void)snprintf(id, sizeof(id), IMPORT_ID "%.*s", (int)STORE_ID_SIZE - 1,
			       import->options->expected_id);
	fill_arguments(import, reference.text, id, arguments);
	if (import->options->helper != NULL)
		(void)snprintf(found, sizeof(found), "%s", import->options->helper);
	else
		r = helper_program_find(HELPER, found, sizeof(found), err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	fds.items[2] = write_end;
	r = helper_program_start(helper, arguments, &fds, &pid, err);
	cleanup_close(&write_end);
	if (r < 0)
		return r;
	r = receive_id(read_end, ret_id, err);
	helper_program_reap(pid);
	return r;
}

/* Importing an older image again makes it the latest of its name, recognised or not. */
static int make_latest(const struct store *store, const char *id, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct store_records same_name = { .n = 0 };
	struct store_entry entry;
	struct timespec now;
	int r = store_read_entry(store, &arena, id, &entry, err);

	if (r == 0)
		r = store_names_load(store, &arena, entry.record.name, &same_name, err);
	if (r < 0 || (same_name.n > 0 && strcmp(same_name.items[0].id, id) == 0))
		return r;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return error_from_errno(err, "reading the clock");
	entry.record.imported_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	return store_renew(store, &entry.record, err);
}

static int use_known(const struct store *store, const char *id, struct store_image *ret,
		     struct error *err)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	int r = store_find_id(store, id, &image, err);

	if (r == 0)
		r = make_latest(store, id, err);
	if (r < 0)
		return r;
	*ret = image;
	image.tree = FD_NONE;
	return 0;
}

static int open_file(const char *path, int *ret_fd, struct stat *ret, struct error *err)
{
	auto_close int source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (source < 0 || fstat(source, ret) < 0)
		return error_from_errno(err, "opening the image %s", path);
	if (!S_ISREG(ret->st_mode))
		return error_set(err, EINVAL, "the image %s is not a regular file", path);
	*ret_fd = take_fd(&source);
	return 0;
}

/* Recognised, or imported and noted. */
static int import_known(const struct import *import, const struct store_source *source,
			struct store_image *ret, struct error *err)
{
	struct error mine = { 0 };
	char id[STORE_ID_SIZE];
	int r;

	if (store_sources_find(import->store, source, id) == 0 &&
	    use_known(import->store, id, ret, &mine) == 0)
		return 0;
	r = run_helper(import, id, err);
	if (r < 0)
		return error_prefix(err, "image %s", import->path);
	store_sources_note(import->store, source, id);
	/* A helper that knew the image has imported nothing. */
	return use_known(import->store, id, ret, err);
}

int store_import_file(const struct store *store, const char *path,
		      const struct store_import_options *options, struct store_image *ret,
		      struct error *err)
{
	struct store_source source = { .asked = "" };
	struct import import = { .store = store,
				 .source = FD_NONE,
				 .path = options->title != NULL ? options->title : path,
				 .format = IMPORT_FORMAT IMPORT_FORMAT_ACI,
				 .options = options };
	auto_close int file = FD_NONE;
	int r = open_file(path, &file, &source.stat, err);

	import.source = file;
	return r < 0 ? r : import_known(&import, &source, ret, err);
}

static int import_archive(struct import *import, struct store_image *ret, struct error *err)
{
	CLEANUP(release_argument) struct argument asked = { NULL };
	struct store_source source;
	auto_close int file = FD_NONE;
	int r = open_file(import->path, &file, &source.stat, err);

	if (r < 0)
		return r;
	/* The path is part of it: an image without a name is called after its file. */
	if (asprintf(&asked.text, "%s %s %s", import->format, import->path,
		     import->reference != NULL ? import->reference : "") < 0)
		return error_set(err, ENOMEM, "image %s: out of memory", import->path);
	source.asked = asked.text;
	import->source = file;
	return import_known(import, &source, ret, err);
}

/* Credentials in memory of a file without a name: neither arguments nor the environment show them.
 */
static int put_login(const struct store_login *login, int *ret_fd, struct error *err)
{
	auto_close int fd = memfd_create("login", MFD_CLOEXEC);
	auto_text struct text text = { 0 };
	int r;

	if (fd < 0)
		return error_from_errno(err, "keeping the credentials for %s", login->registry);
	(void)text_append_bytes(&text, login->registry, strlen(login->registry) + 1);
	(void)text_append_bytes(&text, login->user, strlen(login->user) + 1);
	(void)text_append_bytes(&text, login->password, strlen(login->password) + 1);
	r = text_status(&text);
	r = r < 0 ? r : file_write_fd(fd, text_string(&text), text.length);
	if (r < 0)
		return error_set(err, -r, "keeping the credentials for %s: %s", login->registry,
				 strerror(-r));
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_from_errno(err, "keeping the credentials for %s", login->registry);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What has no file that would tell whether it has changed: the helper finds out. */
static int import_other(struct import *import, struct store_image *ret, struct error *err)
{
	char id[STORE_ID_SIZE];
	int r = run_helper(import, id, err);

	if (r < 0)
		return error_prefix(err, "image %s", import->path);
	return use_known(import->store, id, ret, err);
}

int store_import_container(const struct store *store, const struct image_source *source,
			   const struct store_import_options *options, struct store_image *ret,
			   struct error *err)
{
	struct store_import_options own = *options;
	struct import import = { .store = store,
				 .source = store->cas,
				 .path = source->location,
				 .format = IMPORT_FORMAT IMPORT_FORMAT_OCI,
				 .reference = source->reference,
				 .options = &own };
	auto_close int layout = FD_NONE, login = FD_NONE;

	if (source->kind == IMAGE_SOURCE_DOCKER_ARCHIVE)
		import.format = IMPORT_FORMAT IMPORT_FORMAT_DOCKER;
	if (source->kind == IMAGE_SOURCE_DOCKER_ARCHIVE || source->kind == IMAGE_SOURCE_OCI_ARCHIVE)
		return import_archive(&import, ret, err);
	if (source->kind == IMAGE_SOURCE_OCI_LAYOUT) {
		layout = open(source->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (layout < 0)
			return error_from_errno(err, "opening the image layout %s",
						source->location);
		import.source = layout;
	} else {
		import.path = source->text;
		import.format = IMPORT_FORMAT IMPORT_FORMAT_SKOPEO;
		/* A storage is here, and what a name means in it changes with each build. */
		if (source->kind == IMAGE_SOURCE_CONTAINERS_STORAGE)
			own.update = !own.store_only;
		if (own.login != NULL) {
			int r = put_login(own.login, &login, err);

			if (r < 0)
				return r;
			import.source = login;
		}
	}
	return import_other(&import, ret, err);
}
