/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replay: feeds files to a fuzz target without a fuzzer: those named on the
 * command line, a directory standing for the files in it; without any, the
 * corpus that the program is named for (fuzz_flat: tests/fuzz/corpus/flat).
 * Each is given in memory without a byte to spare, so that a sanitizer sees an
 * overrun. A run that fed nothing fails.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void close_filep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void close_directoryp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static int feed_file(const char *path, size_t size)
{
	scope(close_filep) FILE *file = fopen(path, "rb");
	scope(scope_free) uint8_t *bytes = malloc(size ? size : 1);

	if (!file || !bytes || fread(bytes, 1, size, file) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return -EIO;
	}
	(void)LLVMFuzzerTestOneInput(bytes, size);
	return 1;
}

static int feed_directory(const char *path)
{
	scope(close_directoryp) DIR *directory = opendir(path);
	const struct dirent *entry;
	int n = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		char file[4096];
		struct stat status;
		int r;

		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (stat(file, &status) < 0 || !S_ISREG(status.st_mode))
			continue;
		r = feed_file(file, (size_t)status.st_size);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

/* The number of files fed, or -errno. */
static int feed(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		perror(path);
		return -errno;
	}
	return S_ISDIR(status.st_mode)
		       ? feed_directory(path)
		       : feed_file(path, (size_t)status.st_size);
}

static int feed_own_corpus(const char *program)
{
	const char *source = getenv("CLOXXS_SRCDIR");
	const char *name = strstr(program, "fuzz_");
	char path[4096];

	for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
		name = next;
	if (!name)
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		 source ? source : ".", name + strlen("fuzz_"));
	return feed(path);
}

int main(int argc, char **argv)
{
	int n = argc < 2 ? feed_own_corpus(argv[0]) : 0;

	for (int i = 1; n >= 0 && i < argc; i++) {
		int r = feed(argv[i]);

		n = r < 0 ? r : n + r;
	}
	printf("%d inputs\n", n);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
