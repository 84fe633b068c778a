/* SPDX-License-Identifier: Apache-2.0 */
/* Saved guests: their names, and what becomes of damaged ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/template/template_store.h"
#include "tests/unit/test.h"

#define KEY    "0123456789abcdef0123456789abcdef"
#define MEMORY ((uint64_t)4 << 20)

/* A data directory with one pod; returns the pod's. */
static int make_pod(int *ret_data)
{
	char path[] = "/tmp/rkt-template-XXXXXX";
	struct error err = { 0 };
	int pod;

	test_make_directory(path);
	*ret_data = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(file_make_directories(*ret_data, "pods/run/a", 0755, &err), &err);
	pod = openat(*ret_data, "pods/run/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(pod >= 0);
	return pod;
}

static int open_store(int *ret_data)
{
	struct error err = { 0 };
	auto_close int pod = make_pod(ret_data);
	int store = FD_NONE;

	check_ok(template_store_open(pod, &store, &err), &err);
	return store;
}

static void make_template(int store, const char *key)
{
	struct template_draft draft = TEMPLATE_DRAFT_NONE;
	struct error err = { 0 };

	check_ok(template_draft_open(store, MEMORY, &draft, &err), &err);
	check_int(pwrite(draft.files.memory, "memory", 6, 100000), 6);
	check_int(write(draft.files.state, "state", 5), 5);
	check_int(pwrite(draft.files.disk, "disk", 4, 1 << 20), 4);
	check_ok(template_draft_keep(&draft, key, &err), &err);
	template_draft_release(&draft);
}

static void spoil(int store, const char *name, const char *with, off_t at)
{
	auto_close int fd = FD_NONE;

	check_int(fchmodat(store, name, 0600, 0), 0);
	fd = openat(store, name, O_WRONLY | O_CLOEXEC);
	check_int(pwrite(fd, with, strlen(with), at), (int)strlen(with));
}

static void check_damaged(int store)
{
	struct template_files files = TEMPLATE_FILES_NONE;
	struct error err = { 0 };

	check_int(template_store_find(store, KEY, &files, &err), -EBADMSG);
	check_contains(err.text, "damaged");
	check_int(faccessat(store, KEY, F_OK, 0), -1);
}

TEST(a_template_is_found_as_it_was_made)
{
	auto_close int data = FD_NONE;
	auto_close int store = open_store(&data);
	struct template_files files = TEMPLATE_FILES_NONE;
	struct error err = { 0 };
	struct stat status;
	char state[8] = "";

	check_int(template_store_find(store, KEY, &files, &err), -ENOENT);
	make_template(store, KEY);
	check_ok(template_store_find(store, KEY, &files, &err), &err);
	check_int(read(files.state, state, sizeof(state)), 5);
	check_text(state, "state");
	check_int(fstat(files.memory, &status), 0);
	check_uint((uint64_t)status.st_size, MEMORY);
	check_int(write(files.memory, "x", 1), -1);
	check_int(fstatat(data, "vm-templates", &status, 0), 0);
	check_uint(status.st_mode & 07777, 0700);
	template_files_close(&files);
}

TEST(damage_of_every_part_is_noticed)
{
	auto_close int data = FD_NONE;
	auto_close int store = open_store(&data);

	make_template(store, KEY);
	spoil(store, KEY "/state", "X", 2);
	check_damaged(store);
	make_template(store, KEY);
	spoil(store, KEY "/memory", "X", 100001);
	check_damaged(store);
	make_template(store, KEY);
	spoil(store, KEY "/disk", "X", (1 << 20) + 1);
	check_damaged(store);
	make_template(store, KEY);
	spoil(store, KEY "/record", "memory 1", 0);
	check_damaged(store);
	make_template(store, KEY);
	check_int(unlinkat(store, KEY "/record", 0), 0);
	check_damaged(store);
	make_template(store, KEY);
	check_int(unlinkat(store, KEY "/state", 0), 0);
	check_damaged(store);
}

TEST(one_makes_a_template_and_others_do_not_wait)
{
	auto_close int data = FD_NONE;
	auto_close int store = open_store(&data);
	struct template_draft first = TEMPLATE_DRAFT_NONE, second = TEMPLATE_DRAFT_NONE;
	struct error err = { 0 };

	check_ok(template_draft_open(store, MEMORY, &first, &err), &err);
	check_int(template_draft_open(store, MEMORY, &second, &err), -EBUSY);
	template_draft_release(&first);
	check_int(faccessat(store, "new", F_OK, 0), -1);
	error_clear(&err);
	check_ok(template_draft_open(store, MEMORY, &second, &err), &err);
	template_draft_release(&second);
}

TEST(what_a_killed_maker_left_is_removed_by_the_next)
{
	auto_close int data = FD_NONE;
	auto_close int store = open_store(&data);
	struct template_files files = TEMPLATE_FILES_NONE;
	struct error err = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct template_draft draft = TEMPLATE_DRAFT_NONE;

		if (template_draft_open(store, MEMORY, &draft, &err) == 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	check_int(waitpid(pid, &status, 0), pid);
	check_true(WIFSIGNALED(status));
	check_int(faccessat(store, "new", F_OK, 0), 0);
	check_int(template_store_find(store, KEY, &files, &err), -ENOENT);
	make_template(store, KEY);
	error_clear(&err);
	check_ok(template_store_find(store, KEY, &files, &err), &err);
	template_files_close(&files);
}

TEST(only_the_templates_used_last_are_kept)
{
	auto_close int data = FD_NONE;
	auto_close int store = open_store(&data);
	char key[TEMPLATE_KEY_SIZE];

	for (unsigned i = 0; i <= TEMPLATE_STORE_MAX; i++) {
		const struct timespec times[2] = { { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } };

		(void)snprintf(key, sizeof(key), "%032u", i);
		make_template(store, key);
		check_int(utimensat(store, key, i == 0 ? NULL : times, 0), 0);
	}
	/* Number 0 was used just now; 1 was the oldest when the last one was made. */
	check_int(faccessat(store, "00000000000000000000000000000000", F_OK, 0), 0);
	check_int(faccessat(store, "00000000000000000000000000000001", F_OK, 0), -1);
	check_int(faccessat(store, "00000000000000000000000000000002", F_OK, 0), 0);
}

TEST(an_operator_can_switch_templates_off)
{
	auto_close int data = FD_NONE;
	auto_close int pod = make_pod(&data);
	auto_close int store = FD_NONE;
	struct error err = { 0 };
	int other = FD_NONE;

	check_ok(template_store_open(pod, &store, &err), &err);
	check_ok(file_replace_at(store, "off", "", 0600, &err), &err);
	check_int(template_store_open(pod, &other, &err), -EPERM);
	check_contains(err.text, "off");
}

TEST(an_unsafe_place_holds_no_templates)
{
	auto_close int data = FD_NONE;
	auto_close int pod = make_pod(&data);
	struct error err = { 0 };
	int store = FD_NONE;

	check_int(template_store_open(data, &store, &err), -EPERM);
	check_int(symlinkat("pods", data, "vm-templates"), 0);
	check_true(template_store_open(pod, &store, &err) < 0);
	check_int(unlinkat(data, "vm-templates", 0), 0);
	check_int(mkdirat(data, "vm-templates", 0755), 0);
	check_int(fchmodat(data, "vm-templates", 0755, 0), 0);
	check_int(template_store_open(pod, &store, &err), -EACCES);
}

TEST(an_operator_can_accept_emulation)
{
	auto_close int data = FD_NONE;
	auto_close int pod = make_pod(&data);
	auto_close int store = FD_NONE;
	struct error err = { 0 };

	check_true(!template_store_accepts_emulation(pod));
	check_ok(template_store_open(pod, &store, &err), &err);
	check_ok(file_replace_at(store, "emulated", "", 0600, &err), &err);
	check_true(template_store_accepts_emulation(pod));
	check_true(!template_store_accepts_emulation(data));
}

static void name_of(const char *first, const char *second, char ret[TEMPLATE_KEY_SIZE])
{
	struct template_key *key = template_key_new();

	ck_assert_ptr_nonnull(key);
	template_key_add_text(key, first);
	template_key_add_text(key, second);
	template_key_digest(key, ret);
	template_key_free(key);
}

TEST(a_key_tells_its_parts_apart)
{
	char one[TEMPLATE_KEY_SIZE], other[TEMPLATE_KEY_SIZE];

	name_of("ab", "c", one);
	name_of("ab", "c", other);
	check_text(one, other);
	name_of("a", "bc", other);
	check_true(strcmp(one, other) != 0);
	check_uint(strlen(one), TEMPLATE_KEY_SIZE - 1);
}
