/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/file.h"

#define MAX_BYTES 65536
#define MAX_WORDS 64
#define BLANK     " \t\r"

struct words {
	const char *items[MAX_WORDS];
	size_t n;
};

/* Splits what is behind the key; more words than there is room for are left out. */
static void add_words(struct words *words, char *rest)
{
	while (words->n < MAX_WORDS) {
		size_t length;

		rest += strspn(rest, BLANK);
		length = strcspn(rest, BLANK);
		if (length == 0)
			return;
		words->items[words->n++] = rest;
		if (rest[length] == '\0')
			return;
		rest[length] = '\0';
		rest += length + 1;
	}
}

static int keep(struct arena *arena, const struct words *words, const char *const **ret_items,
		size_t *ret_n)
{
	const char **items = arena_array(arena, words->n + 1, const char *);

	if (items == NULL)
		return -ENOMEM;
	memcpy(items, words->items, words->n * sizeof(items[0]));
	*ret_items = items;
	*ret_n = words->n;
	return 0;
}

static void read_line(char *line, struct words *servers, struct words *search, struct words *rest)
{
	char *behind = line + strcspn(line, BLANK);
	struct words *words = NULL;

	if (*behind == '\0')
		return;
	*behind++ = '\0';
	if (strcmp(line, "nameserver") == 0)
		words = servers;
	else if (strcmp(line, "search") == 0)
		words = search;
	else if (strcmp(line, "options") == 0)
		words = rest;
	if (words == search && words != NULL)
		search->n = 0; /* the last one counts */
	if (words != NULL)
		add_words(words, behind);
}

int resolv_conf_read(struct arena *arena, const char *path, struct cni_dns *ret, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* often a link */
	auto_text struct text text = { 0 };
	struct words servers = { 0 }, search = { 0 }, options = { 0 }, domain = { 0 };
	struct cni_dns dns = { 0 };
	char *copy, *line;
	int r = fd < 0 ? -errno : file_read_fd(fd, MAX_BYTES, &text);

	if (r < 0)
		return error_set(err, -r, "resolvConf: reading %s: %s", path, strerror(-r));
	copy = arena_string(arena, text_string(&text));
	for (line = copy; line != NULL && *line != '\0';) {
		size_t length = strcspn(line, "\n");
		bool is_last = line[length] == '\0';

		line[length] = '\0';
		if (strncmp(line, "domain", 6) == 0 && strchr(BLANK, line[6]) != NULL) {
			domain.n = 0;
			add_words(&domain, line + 6);
		} else {
			read_line(line, &servers, &search, &options);
		}
		line = is_last ? NULL : line + length + 1;
	}
	if (copy == NULL || keep(arena, &servers, &dns.nameservers, &dns.n_nameservers) < 0 ||
	    keep(arena, &search, &dns.search, &dns.n_search) < 0 ||
	    keep(arena, &options, &dns.options, &dns.n_options) < 0)
		return error_set(err, ENOMEM, "resolvConf: out of memory");
	dns.domain = domain.n > 0 ? domain.items[0] : NULL;
	*ret = dns;
	return 0;
}
