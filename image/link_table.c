/* SPDX-License-Identifier: Apache-2.0 */
#include "image/link_table.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/base/cleanup.h"

struct link_record {
	struct link_record *next;
	dev_t device;
	ino_t inode;
	nlink_t left; /* names still to come */
	char *name;
};

static struct link_record **bucket_of(const struct link_table *table, dev_t device, ino_t inode)
{
	uint64_t hash = ((uint64_t)inode ^ (uint64_t)device << 40) * 0x9e3779b97f4a7c15U;

	return &table->buckets[(size_t)(hash >> 20) % table->n_buckets];
}

static int grow(struct link_table *table)
{
	struct link_table larger = { .n = table->n };

	larger.n_buckets = table->n_buckets > 0 ? 2 * table->n_buckets : 256;
	larger.buckets = calloc(larger.n_buckets, sizeof(struct link_record *));
	if (larger.buckets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_buckets; i++) {
		struct link_record *record = table->buckets[i];

		while (record != NULL) {
			struct link_record *next = record->next;
			struct link_record **to = bucket_of(&larger, record->device, record->inode);

			record->next = *to;
			*to = record;
			record = next;
		}
	}
	free(table->buckets);
	*table = larger;
	return 0;
}

static int remember(struct link_table *table, const struct stat *inode, const char *name)
{
	struct link_record *record = calloc(1, sizeof(*record));
	struct link_record **bucket = bucket_of(table, inode->st_dev, inode->st_ino);

	if (record == NULL)
		return -ENOMEM;
	record->name = strdup(name);
	if (record->name == NULL) {
		free(record);
		return -ENOMEM;
	}
	record->device = inode->st_dev;
	record->inode = inode->st_ino;
	record->left = inode->st_nlink - 1;
	record->next = *bucket;
	*bucket = record;
	table->n++;
	return 0;
}

int link_table_meet(struct link_table *table, const struct stat *inode, const char *name,
		    char **ret_first)
{
	struct link_record **at;
	struct link_record *record;

	if (table->n >= table->n_buckets && grow(table) < 0)
		return -ENOMEM;
	at = bucket_of(table, inode->st_dev, inode->st_ino);
	while (*at != NULL && ((*at)->inode != inode->st_ino || (*at)->device != inode->st_dev))
		at = &(*at)->next;
	record = *at;
	if (record == NULL)
		return remember(table, inode, name);
	if (--record->left > 0) {
		char *copy = strdup(record->name);

		if (copy == NULL)
			return -ENOMEM;
		*ret_first = copy;
		return 1;
	}
	*ret_first = record->name;
	*at = record->next;
	free(record);
	table->n--;
	return 1;
}

void link_table_release(struct link_table *table)
{
	for (size_t i = 0; i < table->n_buckets; i++) {
		while (table->buckets[i] != NULL) {
			struct link_record *record = table->buckets[i];

			table->buckets[i] = record->next;
			free(record->name);
			free(record);
		}
	}
	cleanup_free(&table->buckets);
	table->n = 0;
	table->n_buckets = 0;
}
