/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - one failure, told once, that survives fork() and exec().
 *
 * Convention for the whole tree: a function that can fail returns int,
 * 0 (or a useful positive number) on success and -errno on failure.  When it
 * takes a struct error it has also said, on failure and only then, what it was
 * doing.  Library code never prints and never exits; main() does both.
 *
 * Wording:    a lower-case gerund of the intent with its value, no newline:
 *             "opening /dev/kvm: Permission denied".  Never "failed to".
 * Ownership:  the caller's, normally on its stack.  Nothing is allocated, so an
 *             error can be filled between clone() and exec() and under ENOMEM.
 * Lifetime:   whole after each call; error_clear() makes it reusable.
 * Process:    error_send() writes it as one record below PIPE_BUF, so a child
 *             in new namespaces reports to its parent without framing.
 */
#pragma once

#include <stddef.h>

#define ERROR_TEXT_SIZE   508 /* bytes, with the NUL; the struct is 512 */

#define MUST_CHECK        __attribute__((__warn_unused_result__))
#define PRINTF_LIKE(f, a) __attribute__((__format__(__printf__, f, a)))

struct error {
	int code;                   /* positive errno; 0: nothing has failed */
	char text[ERROR_TEXT_SIZE]; /* outermost context first; no control characters */
};

/* Says what failed; returns -code.  err may be NULL. */
int error_set(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same for a system call: takes the code from errno and appends its text. */
int error_from_errno(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "fmt: " before a failure on its way up; returns -err->code (-EIO when err is NULL). */
int error_prefix(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Puts '?' for what a terminal would obey, newlines included: names and values in
 * messages are whatever somebody wrote.  All functions here do it for err->text.
 */
void error_make_printable(char *text);

/* Makes err say that nothing has failed. */
void error_clear(struct error *err);

/*
 * Writes err as one record to a pipe or socket.  Returns 0, or -errno of the
 * write.  A record with code 0 says "ready".
 */
int error_send(int fd, const struct error *err);

/*
 * Reads one record.  Returns 1 and fills *ret_err (code 0 included), 0 at end of
 * file (the other side is gone or has closed the pipe), or -errno.
 */
int error_receive(int fd, struct error *ret_err) MUST_CHECK;

/* For a MUST_CHECK result that means nothing where it is called; say why there. */
static inline void result_ignored(int result)
{
	(void)result;
}
