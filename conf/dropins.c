/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/dropins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/trusted_file.h"

static void scope_closedir(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_dropin(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

struct names {
	size_t n;
	char *names[DROPINS_MAX];
};

static void names_deinit(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->names[i]);
}

static int list(DIR *stream, const char *directory, struct findings *findings,
		struct names *names)
{
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(stream);
		if (!entry)
			break;
		if (!is_dropin(entry->d_name))
			continue;
		if (names->n == DROPINS_MAX) {
			findings_add(findings, directory, 0,
				     "has more than %d files", DROPINS_MAX);
			return 0;
		}
		names->names[names->n] = strdup(entry->d_name);
		if (!names->names[names->n])
			return -ENOMEM;
		names->n++;
	}
	if (errno != 0)
		return -errno;
	qsort(names->names, names->n, sizeof(names->names[0]), compare_names);
	return 0;
}

static char *join(const char *directory, const char *name)
{
	size_t size = strlen(directory) + 1 + strlen(name) + 1;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s/%s", directory, name);
	return path;
}

int dropins_for_each(const char *directory, struct findings *findings,
		     int (*each)(const struct dropin *dropin, void *userdata),
		     void *userdata)
{
	struct trusted_file file = { .directory_fd = AT_FDCWD,
				     .name = directory,
				     .shown = directory,
				     .kind = TRUSTED_FILE_DIRECTORY };
	scope(scope_close) int fd = -1;
	scope(scope_closedir) DIR *stream = NULL;
	scope(names_deinit) struct names names = { 0 };
	int r;

	r = trusted_file_open(&file, findings, &fd);
	if (r < 0)
		return r;
	if (r > 0)
		return 0;
	stream = fdopendir(fd);
	if (!stream)
		return -errno;
	scope_take_fd(&fd);
	r = list(stream, directory, findings, &names);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		scope(scope_free) char *path = join(directory, names.names[i]);
		struct dropin dropin = { .directory_fd = dirfd(stream),
					 .name = names.names[i],
					 .path = path };

		r = path ? each(&dropin, userdata) : -ENOMEM;
	}
	return r;
}
