/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_remote_files.h - names and contents of the files of store_remote.h, which alone uses it.
 */
#pragma once

#include "stage0/store/store_remote.h"

#define STORE_REMOTE_LOCK      ".lock"
#define STORE_REMOTE_RECORD    ".record"
#define STORE_REMOTE_HEAD      ".head"
#define STORE_REMOTE_PART      ".part"
#define STORE_REMOTE_NAME_SIZE 32
#define STORE_REMOTE_BOOT_SIZE 64

void store_remote_key(const char *url, char ret[static 17]);
void store_remote_name(const char *key, const char *suffix,
		       char ret[static STORE_REMOTE_NAME_SIZE]);

/* "0123456789abcdef.lock" */
bool store_remote_is_lock(const char *name);

/* -ENOENT: not there, of another URL (url NULL: of any), or damaged, which is as good. */
int store_remote_read_record(int dir, const char *name, const char *url,
			     struct store_remote_record *ret) MUST_CHECK;
/* "" when the kernel does not tell. */
void store_remote_boot(char ret[static STORE_REMOTE_BOOT_SIZE]);

/* -ENOENT also when the part was begun before the machine's last boot. */
int store_remote_read_head(int dir, const char *name, const char *url,
			   struct store_remote_head *ret) MUST_CHECK;
