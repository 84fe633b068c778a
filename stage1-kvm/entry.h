/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - how enter reaches a VM: through its leader, which has the only channel.
 *
 * The leader listens at the socket `enter` in the pod directory (0600, and the peer
 * must be root).  Who enters connects, hands over stdin, stdout and stderr, and one
 * record: an OPEN frame.  Afterwards he may send RESIZE and SIGNAL frames, and
 * waits for EXIT.  If he goes away before, the process in the guest is killed, as it is
 * with enter at every level.
 *
 * A terminal's input is read by who enters, and relayed: the leader may be in the background
 * of the same terminal, where nothing can be read from it.
 */
#pragma once

#include "common/supervisor/app_join.h"
#include "stage1-kvm/channel/session.h"

#define ENTRY_SOCKET "enter" /* in the pod directory, which is the working directory */

/* A stage1's join(): in the process that enters.  Its exit status. */
int entry_join(const struct app_join *join, struct error *err) MUST_CHECK;

/*
 * Asks the guest what its apps use: it prints that to fds[1].  app: any of them.
 * *ret_leader is to stay open until all is read: the answer ends with it.
 */
int entry_ask_counts(const char *app, const int fds[3], int *ret_leader,
		     struct error *err) MUST_CHECK;

/* In the leader. */
int entry_listen(int *ret_fd, struct error *err) MUST_CHECK;

struct entry {
	int client;
	int fds[3];
	struct session_request request; /* session is still to be given */
};

/* Accepts one who enters; texts are the arena's.  -EACCES: he is not root. */
int entry_accept(struct arena *arena, int listener, struct entry *ret,
		 struct error *err) MUST_CHECK;

/* One frame from a client: 1, 0: he is gone.  buffer holds what it points to. */
int entry_receive(int client, unsigned char *buffer, size_t size, struct frame *ret,
		  struct error *err) MUST_CHECK;

void entry_send_exit(int client, int status);
