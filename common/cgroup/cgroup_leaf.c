/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_leaf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_tree.h"

/* While processes are moved, those not yet moved may fork. */
#define MAX_ROUNDS 16

struct request {
	uint32_t bit;
	const char *name;
};

static const struct request requests[] = {
	{ CGROUP_CPU, "+cpu" },
	{ CGROUP_MEMORY, "+memory" },
	{ CGROUP_PIDS, "+pids" },
	{ CGROUP_BLKIO, "+io" },
};

static void write_request(uint32_t controllers, char text[64])
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
		if (controllers & requests[i].bit)
			length += (size_t)snprintf(text + length, 64 - length, "%s%s",
						   length > 0 ? " " : "", requests[i].name);
	}
}

static int move_process(pid_t pid, void *data)
{
	const int *leaf = data;
	struct error ignored;
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	r = file_write_at(*leaf, "cgroup.procs", text, &ignored);
	return r == -ESRCH ? 0 : r; /* ended meanwhile */
}

static int empty_into_leaf(int fd, struct error *err)
{
	auto_close int leaf = FD_NONE;
	int r;

	if (mkdirat(fd, CGROUP_LEAF_NAME, 0755) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the cgroup " CGROUP_LEAF_NAME);
	leaf = openat(fd, CGROUP_LEAF_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (leaf < 0)
		return error_from_errno(err, "opening the cgroup " CGROUP_LEAF_NAME);
	r = cgroup_tree_own_processes(fd, move_process, &leaf, err);
	if (r < 0 && err != NULL && err->code == 0)
		return error_set(err, -r, "moving processes to the cgroup " CGROUP_LEAF_NAME);
	return r;
}

int cgroup_leaf_enable(int fd, uint32_t controllers, bool may_move, struct error *err)
{
	char request[64];
	struct error last = { 0 };
	int r;

	write_request(controllers, request);
	if (request[0] == '\0')
		return 0;
	for (int round = 0; round < MAX_ROUNDS; round++) {
		r = file_write_at(fd, "cgroup.subtree_control", request, &last);
		if (r == 0)
			return 0;
		if (r != -EBUSY || !may_move)
			break;
		error_clear(&last);
		r = empty_into_leaf(fd, &last);
		if (r < 0)
			break;
	}
	if (err != NULL)
		*err = last;
	return error_prefix(err, "giving controllers to the children of a cgroup");
}
