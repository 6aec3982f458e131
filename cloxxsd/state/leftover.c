/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The store, its log, and what a restore kept of it are never among them.
 *  2. No link is followed.
 */
#include "cloxxsd/state/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"

/* A state directory of a copy's own has the copy in its private/. */
static const struct {
	const char *pattern;
	bool is_directory;
} leftovers[] = {
	{ "check.??????", true },   { "restore.new", true },
	{ "restore.old", true },    { "snapshot.db", false },
	{ "snapshot.db-*", false },
};

static const char *const files[] = { "store.db", "store.db-wal", "store.db-shm",
				     "store.db-journal", "store.made" };

static int open_directory(int parent_fd, const char *name)
{
	return openat(parent_fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void clear_files(int parent_fd, const char *name)
{
	scope(scope_close) int fd = open_directory(parent_fd, name);

	for (size_t i = 0; fd >= 0 && i < ARRAY_SIZE(files); i++)
		(void)unlinkat(fd, files[i], 0);
}

static void clear_directory(int parent_fd, const char *name)
{
	scope(scope_close) int fd = open_directory(parent_fd, name);

	if (fd < 0)
		return;
	clear_files(fd, "private");
	(void)unlinkat(fd, "private", AT_REMOVEDIR);
	clear_files(parent_fd, name);
	(void)unlinkat(parent_fd, name, AT_REMOVEDIR);
}

static void clear(int private_fd, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++) {
		if (fnmatch(leftovers[i].pattern, name, FNM_NOESCAPE) != 0)
			continue;
		if (leftovers[i].is_directory)
			clear_directory(private_fd, name);
		else
			(void)unlinkat(private_fd, name, 0);
	}
}

static void close_stream(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

void leftover_clear(const char *directory)
{
	scope(close_stream) DIR *stream = NULL;
	const struct dirent *entry;
	char path[512];
	struct text text;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/private", directory);
	if (text_is_cut(&text))
		return;
	stream = opendir(path);
	while (stream && (entry = readdir(stream)))
		clear(dirfd(stream), entry->d_name);
}
