/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - what the commands about pods and images open first, and the UUIDs they get.
 *
 * Ownership: a struct places owns its descriptors; strings belong to the call's arena.
 */
#pragma once

#include "stage0/command.h"
#include "stage0/pods/pod_life_cycle.h"
#include "stage0/store/store.h"

struct places {
	int data_dir;
	const char *data_path; /* absolute */
	struct pods pods;
	struct store store;
};

#define PLACES_NONE                                                                                \
	{                                                                                          \
		.data_dir = FD_NONE, .pods = PODS_NONE, .store = STORE_NONE                        \
	}
#define auto_places CLEANUP(places_close)

int places_open(const struct command_call *call, struct places *ret, struct error *err) MUST_CHECK;
void places_close(struct places *places);

/*
 * The pods a command is for: its arguments, or the one that a file names (uuid_file, NULL: none
 * given).  -EINVAL: neither, or both.
 */
struct uuids {
	const char *const *items;
	size_t n;
};

int uuids_read(const struct command_call *call, const char *uuid_file, struct uuids *ret,
	       struct error *err) MUST_CHECK;

/* Prints a failure that does not end the command: "stop: TEXT". */
void complain(const struct command_call *call, const struct error *err);
