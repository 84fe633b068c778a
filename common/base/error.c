/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char cut_mark[] = "...";

/* Shows the reader that a text did not fit. */
static void mark_cut(char *text, size_t size)
{
	memcpy(text + size - sizeof(cut_mark), cut_mark, sizeof(cut_mark));
}

void error_make_printable(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) /* U+0080 … U+009F */
			p[0] = p[1] = '?';
	}
}

static void put_text(char *text, size_t size, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

static void put_text(char *text, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(text, size, fmt, args);

	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= size)
		mark_cut(text, size);
	error_make_printable(text);
}

static void append_text(struct error *err, const char *separator, const char *tail)
{
	size_t used = strlen(err->text);
	int n = snprintf(err->text + used, sizeof(err->text) - used, "%s%s", separator, tail);

	if (n < 0 || (size_t)n >= sizeof(err->text) - used)
		mark_cut(err->text, sizeof(err->text));
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return -code;
	err->code = code;
	va_start(args, fmt);
	put_text(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -code;
}

int error_from_errno(struct error *err, const char *fmt, ...)
{
	int code = errno > 0 ? errno : EIO;
	va_list args;

	if (err == NULL)
		return -code;
	err->code = code;
	va_start(args, fmt);
	put_text(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	append_text(err, ": ", strerror(code));
	return -code;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char inner[ERROR_TEXT_SIZE];
	va_list args;

	if (err == NULL)
		return -EIO;
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	put_text(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	append_text(err, ": ", inner);
	return -(err->code > 0 ? err->code : EIO);
}

void error_clear(struct error *err)
{
	err->code = 0;
	err->text[0] = '\0';
}

int error_send(int fd, const struct error *err)
{
	ssize_t n;

	do
		n = write(fd, err, sizeof(*err));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*err) ? 0 : -EIO;
}

int error_receive(int fd, struct error *ret_err)
{
	struct error got;
	ssize_t n;

	do
		n = read(fd, &got, sizeof(got));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(got) || got.code < 0)
		return -EPROTO;
	got.text[sizeof(got.text) - 1] = '\0';
	error_make_printable(got.text);
	*ret_err = got;
	return 1;
}
