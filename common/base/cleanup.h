/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.h - what a scope owns goes with the scope.
 *
 * An fd variable that holds none is FD_NONE, a pointer that holds none is NULL.
 * A parameter that gives something away says so in its function's name:
 * …_take() owns on success only, …_consume() owns in every case; everything
 * else borrows.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The value of an fd variable that holds none.  Negative errno, so that one
 * returned by accident still reads as an error. */
#define FD_NONE         (-EBADF)

#define CLEANUP(fn)     __attribute__((__cleanup__(fn)))
#define auto_free       CLEANUP(cleanup_free)
#define auto_close      CLEANUP(cleanup_close)
#define auto_dir        CLEANUP(cleanup_dir)

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Hands an fd on: the variable is empty afterwards. */
static inline int take_fd(int *held)
{
	int fd = *held;

	*held = FD_NONE;
	return fd;
}

/* Hands a pointer on: the variable is empty afterwards. */
#define take_ptr(held)                                                                             \
	({                                                                                         \
		__typeof__(held) held_ = (held);                                                   \
		__typeof__(*held_) taken_ = *held_;                                                \
		*held_ = NULL;                                                                     \
		taken_;                                                                            \
	})

/* Never fails and keeps errno.  No retry on EINTR: Linux has released the
 * number by then, and a second close() could hit another thread's file. */
static inline void cleanup_close(int *held)
{
	int saved = errno;

	if (*held >= 0)
		(void)close(*held);
	*held = FD_NONE;
	errno = saved;
}

/* The same for a directory that is being read, and its fd. */
static inline void cleanup_dir(DIR **held)
{
	int saved = errno;

	if (*held != NULL)
		(void)closedir(*held);
	*held = NULL;
	errno = saved;
}

/* For variables of any pointer type, hence void *: it gets the variable's address. */
static inline void cleanup_free(void *held)
{
	void **pointer = held;

	free(*pointer);
	*pointer = NULL;
}
