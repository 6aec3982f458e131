/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define PROGRAM_MAX_MS 1000

void host_path(const struct host *host, const char *path,
	       char ret_path[PATH_MAX])
{
	struct text text;

	text_init(&text, ret_path, PATH_MAX);
	text_add(&text, host->root);
	text_add(&text, path);
}

static int read_all(int fd, size_t size, char **ret_text)
{
	scope(scope_free) char *text = malloc(size + 1);
	size_t n = 0;

	if (!text)
		return -ENOMEM;
	while (n < size) {
		ssize_t more = read(fd, text + n, size - n);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return -errno;
		if (more == 0)
			break;
		n += (size_t)more;
	}
	text[n] = '\0';
	*ret_text = scope_take_ptr(text);
	return 0;
}

int host_read(const struct host *host, const char *path, char **ret_text)
{
	scope(scope_close) int fd = -1;
	char full[PATH_MAX];
	struct stat status;

	host_path(host, path, full);
	fd = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size > HOST_FILE_MAX)
		return -EFBIG;
	/* The kernel's own files tell no size. */
	return read_all(fd,
			status.st_size > 0 ? (size_t)status.st_size
					   : HOST_FILE_MAX,
			ret_text);
}

int host_stat(const struct host *host, const char *path,
	      struct stat *ret_status)
{
	char full[PATH_MAX];

	host_path(host, path, full);
	return stat(full, ret_status) < 0 ? -errno : 0;
}

int host_lstat(const struct host *host, const char *path,
	       struct stat *ret_status)
{
	char full[PATH_MAX];

	host_path(host, path, full);
	return lstat(full, ret_status) < 0 ? -errno : 0;
}

bool host_has(const struct host *host, const char *path)
{
	struct stat status;

	return host_stat(host, path, &status) == 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int host_list(const struct host *host, const char *directory,
	      struct host_names *ret_names)
{
	struct dirent **entries;
	char full[PATH_MAX];
	char **names;
	int n, r = 0;

	host_path(host, directory, full);
	n = scandir(full, &entries, is_visible, by_name);
	if (n < 0)
		return -errno;
	names = calloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		if (names && !(names[i] = strdup(entries[i]->d_name)))
			r = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	if (!names)
		return -ENOMEM;
	if (r < 0) {
		host_names_deinit(
			&(struct host_names){ .names = names, .n = (size_t)n });
		return r;
	}
	*ret_names = (struct host_names){ .names = names, .n = (size_t)n };
	return 0;
}

void host_names_deinit(struct host_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct host_names){ 0 };
}

int host_ask(const struct host *host, const char *const *argv,
	     struct text *output)
{
	int64_t left_ms = (host->deadline_us - clock_monotonic_us()) / 1000;

	if (!host_is_live(host))
		return -ENOTSUP;
	if (left_ms <= 0)
		return -ETIME;
	return host->capture(argv[0], argv,
			     left_ms < PROGRAM_MAX_MS ? (uint32_t)left_ms
						      : PROGRAM_MAX_MS,
			     output);
}
