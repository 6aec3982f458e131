/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is younger than is kept for never goes, whatever the clock did.
 *  2. What goes leaves the set number of verified ones behind.
 *  3. No file goes that this installation did not make.
 */
#include "cloxxsd/backup/catalogue.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Files beyond this are somebody's mistake. */
#define ENTRIES_MAX 65536

/* '0' stands for any digit. */
static const char form[] = "cloxxs-00000000T000000Z-00000000.backup";

void catalogue_deinit(struct catalogue *catalogue)
{
	free(catalogue->entries);
	*catalogue = (struct catalogue){ 0 };
}

bool catalogue_is_file_name(const char *name)
{
	if (strlen(name) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? name[i] < '0' || name[i] > '9'
				   : name[i] != form[i])
			return false;
	return true;
}

void catalogue_file_name(int64_t created, uint64_t sequence,
			 char ret_name[CATALOGUE_FILE_MAX])
{
	time_t at = (time_t)created;
	struct tm tm = { 0 };

	gmtime_r(&at, &tm);
	(void)snprintf(ret_name, CATALOGUE_FILE_MAX,
		       "cloxxs-%04d%02d%02dT%02d%02d%02dZ-%08llu.backup",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec,
		       (unsigned long long)(sequence % 100000000));
}

static const char *distrust(const struct stat *status)
{
	if (!S_ISDIR(status->st_mode))
		return "is not a directory";
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return "belongs neither to root nor to the daemon's user: "
		       "chown it";
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by group or others: chmod it to 0700";
	return NULL;
}

int catalogue_open_directory(const char *path, struct text *why, int *ret_fd)
{
	scope(scope_close) int fd = -1;
	const char *fault;
	struct stat status;
	int r;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		/* A link looks like ENOTDIR beside O_DIRECTORY. */
		fault = r == -ELOOP || r == -ENOTDIR
				? "is a link or no directory: name the "
				  "directory itself in [backup]"
			: r == -ENOENT
				? "is not there: make it, mode 0700, for the "
				  "daemon's user"
				: strerror(-r);
		text_add_format(why, "%s: %s", path, fault);
		return r;
	}
	if (fstat(fd, &status) < 0)
		return -errno;
	fault = distrust(&status);
	if (fault) {
		text_add_format(why, "%s: %s", path, fault);
		return -EPERM;
	}
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

/* -ENOENT: it went meanwhile, or is no plain file. */
static int read_entry(int directory_fd, const char *name,
		      struct catalogue_entry *ret_entry)
{
	struct catalogue_entry entry = { 0 };
	scope(scope_close) int fd = -1;
	struct stat status;

	fd = openat(directory_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -ENOENT : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOENT;
	(void)snprintf(entry.file, sizeof(entry.file), "%s", name);
	entry.bytes = (uint64_t)status.st_size;
	entry.fault = archive_inspect(fd, &entry.header);
	*ret_entry = entry;
	return 0;
}

/* The name tells the time of those whose header does not. */
static int compare(const void *a, const void *b)
{
	const struct catalogue_entry *one = a, *other = b;

	return strcmp(other->file, one->file);
}

static int add_entry(struct catalogue *catalogue, int directory_fd,
		     const char *name)
{
	struct catalogue_entry entry, *entries;
	int r;

	r = read_entry(directory_fd, name, &entry);
	if (r != 0)
		return r == -ENOENT ? 0 : r;
	if (catalogue->n == ENTRIES_MAX)
		return -E2BIG;
	entries = reallocarray(catalogue->entries, catalogue->n + 1,
			       sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	entries[catalogue->n++] = entry;
	catalogue->entries = entries;
	return 0;
}

static void close_stream(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

static DIR *open_stream(int directory_fd)
{
	int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

void catalogue_remove_unfinished(int directory_fd)
{
	scope(close_stream) DIR *stream = open_stream(directory_fd);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		char name[CATALOGUE_FILE_MAX];
		size_t n = strlen(entry->d_name);

		if (n < 4 || n >= sizeof(name) ||
		    strcmp(entry->d_name + n - 4, ".new") != 0)
			continue;
		memcpy(name, entry->d_name, n - 4);
		name[n - 4] = '\0';
		if (catalogue_is_file_name(name))
			(void)unlinkat(directory_fd, entry->d_name, 0);
	}
}

int catalogue_read(int directory_fd, struct catalogue *ret)
{
	scope(catalogue_deinit) struct catalogue catalogue = { 0 };
	scope(close_stream) DIR *stream = open_stream(directory_fd);
	int r = 0;

	if (!stream)
		return -errno;
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(stream);
		if (!entry) {
			if (errno != 0)
				return -errno;
			break;
		}
		if (catalogue_is_file_name(entry->d_name))
			r = add_entry(&catalogue, directory_fd, entry->d_name);
	}
	if (r != 0)
		return r;
	if (catalogue.n > 0)
		qsort(catalogue.entries, catalogue.n,
		      sizeof(*catalogue.entries), compare);
	*ret = catalogue;
	catalogue = (struct catalogue){ 0 };
	return 0;
}

static bool is_candidate(const struct catalogue_entry *entry,
			 const struct prune_rule *rule)
{
	return entry->fault == 0 &&
	       memcmp(entry->header.installation, rule->installation,
		      sizeof(rule->installation)) == 0 &&
	       entry->header.created < rule->now - rule->keep_s;
}

size_t catalogue_prune(const struct catalogue *catalogue,
		       const struct prune_rule *rule, bool *remove)
{
	uint32_t n_verified = 0;
	size_t i = 0, n = 0;

	memset(remove, 0, catalogue->n * sizeof(*remove));
	/* The newest that are verified stay, however old they are. */
	for (; i < catalogue->n && n_verified < rule->keep_verified; i++)
		if (catalogue->entries[i].fault == 0 &&
		    memcmp(catalogue->entries[i].header.installation,
			   rule->installation,
			   sizeof(rule->installation)) == 0 &&
		    rule->verify(&catalogue->entries[i], rule->userdata))
			n_verified++;
	if (n_verified < rule->keep_verified)
		return 0;
	/* Behind them; and what stood between them unverified and old. */
	for (; i < catalogue->n; i++)
		if (is_candidate(&catalogue->entries[i], rule)) {
			remove[i] = true;
			n++;
		}
	return n;
}
