/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the folders it is given: the seed corpus as a test. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "tests/fuzz/fuzz.h"

static int run_file(int directory, const char *name)
{
	auto_text struct text text = { 0 };
	struct error err = { 0 };
	uint8_t *exact; /* of the input's size, so that a sanitizer sees a read past its end */

	if (file_read_at(directory, name, (size_t)8 << 20, &text, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	exact = malloc(text.length > 0 ? text.length : 1);
	if (exact == NULL)
		return -1;
	if (text.length > 0)
		memcpy(exact, text.data, text.length);
	(void)LLVMFuzzerTestOneInput(exact, text.length);
	free(exact);
	return 0;
}

static int run_folder(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	int n = 0;

	if (directory == NULL) {
		perror(path);
		return -1;
	}
	while (n >= 0 && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n = run_file(dirfd(directory), entry->d_name) < 0 ? -1 : n + 1;
	}
	(void)closedir(directory);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = run_folder(argv[i]);

		if (n <= 0) {
			(void)fprintf(stderr, "%s: no corpus\n", argv[i]);
			return EXIT_FAILURE;
		}
		(void)printf("%s: %d files\n", argv[i], n);
	}
	return EXIT_SUCCESS;
}
