/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Host: the machine that is looked at: its files below a root, and what its
 * programs say. Nothing here changes anything. Where the root is not that of
 * the running system, no program is asked: it would tell of another machine.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/text.h"

struct host {
	const char *root;    /* "" for the running system */
	uint32_t uid;        /* who looks */
	int64_t now;         /* seconds since 1970 */
	int64_t deadline_us; /* of all programs together, CLOCK_MONOTONIC */
	/* program_capture(), or what a test has instead */
	int (*capture)(const char *program, const char *const *argv,
		       uint32_t timeout_ms, struct text *output);
};

/* No file that is looked into is larger. */
#define HOST_FILE_MAX (1024 * 1024)

/* path (absolute) below the root. */
void host_path(const struct host *host, const char *path,
	       char ret_path[PATH_MAX]);
/*
 * The regular file at path, ended by NUL, freed by the caller. -EFBIG over
 * HOST_FILE_MAX, -EINVAL for what is no file, else -errno.
 */
must_check int host_read(const struct host *host, const char *path,
			 char **ret_text);
must_check int host_stat(const struct host *host, const char *path,
			 struct stat *ret_status); /* follows links */
must_check int host_lstat(const struct host *host, const char *path,
			  struct stat *ret_status); /* does not */
bool host_has(const struct host *host, const char *path);

struct host_names {
	char **names;
	size_t n;
};
/* What is in the directory, by name, without those that begin with a dot. */
must_check int host_list(const struct host *host, const char *directory,
			 struct host_names *ret_names);
void host_names_deinit(struct host_names *names);

static inline bool host_is_live(const struct host *host)
{
	return host->root[0] == '\0';
}

/*
 * Asks a program, argv[0] its absolute path, for a second at most: its exit
 * status, -ENOENT where it is not installed, -ETIME, -ENOTSUP where the host is
 * not the running one, or another -errno. Output as program_capture() has it.
 */
must_check int host_ask(const struct host *host, const char *const *argv,
			struct text *output);
