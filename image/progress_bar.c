/* SPDX-License-Identifier: Apache-2.0 */
#include "image/progress_bar.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"

#define QUIET_MS    500
#define INTERVAL_MS 100
#define WIDTH       40

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_bar_begin(struct progress_bar *bar, int fd, const char *title, uint64_t total_bytes)
{
	*bar = (struct progress_bar){
		.fd = isatty(fd) ? fd : FD_NONE,
		.title = title,
		.total_bytes = total_bytes,
		.began_ms = now_ms(),
	};
}

static void write_line(const struct progress_bar *bar, const char *line)
{
	/* A terminal that is gone is no reason to stop. */
	if (write(bar->fd, line, strlen(line)) < 0)
		return;
}

void progress_bar_draw(struct progress_bar *bar, uint64_t done_bytes)
{
	char line[512], cells[WIDTH + 1];
	uint64_t done = done_bytes < bar->total_bytes ? done_bytes : bar->total_bytes;
	unsigned percent = bar->total_bytes == 0 ? 100 : (unsigned)(done * 100 / bar->total_bytes);
	int64_t now;

	if (bar->fd < 0)
		return;
	now = now_ms();
	if (now - bar->began_ms < QUIET_MS || now - bar->drawn_ms < INTERVAL_MS)
		return;
	bar->drawn_ms = now;
	for (unsigned i = 0; i < WIDTH; i++)
		cells[i] = i * 100 < percent * WIDTH ? '=' : ' ';
	cells[WIDTH] = '\0';
	(void)snprintf(line, sizeof(line), "\r%.60s: [%s] %3u%% of %llu MiB", bar->title, cells,
		       percent, (unsigned long long)(bar->total_bytes >> 20));
	write_line(bar, line);
}

void progress_bar_end(struct progress_bar *bar)
{
	if (bar->fd >= 0 && bar->drawn_ms != 0)
		write_line(bar, "\r\x1b[K");
}
