/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Trusted file: opens what only root or the caller's own account can have
 * written: a regular file or a directory, no link, not writable by group or
 * others. What another account may write is never read, however harmless it
 * looks. Never blocks, whatever stands at the path.
 */

#include "base/scope.h"
#include "conf/findings.h"

enum trusted_file_error {
	_TRUSTED_FILE_E_OK,
	TRUSTED_FILE_E_MISSING, /* nothing stands there */
	TRUSTED_FILE_E_REFUSED, /* a finding says why */
};

enum trusted_file_kind {
	TRUSTED_FILE_REGULAR,
	TRUSTED_FILE_DIRECTORY,
};

struct trusted_file {
	int directory_fd;  /* or AT_FDCWD */
	const char *name;  /* under it */
	const char *shown; /* what findings call it */
	enum trusted_file_kind kind;
};

/* Opens file for reading, close-on-exec. TRUSTED_FILE_E_* or -errno. */
must_check int trusted_file_open(const struct trusted_file *file,
				 struct findings *findings, int *ret_fd);
