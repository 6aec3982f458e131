/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Diff: the differences of two small texts as diff -u has them, so that a
 * sysadmin sees what a change would be before it is made.
 */

#include <stdio.h>

#include "base/scope.h"

/* More lines than these in one of the two: -E2BIG. */
#define DIFF_LINES_MAX 1000

/*
 * Prints them to stream under the name path, nothing where the texts are the
 * same. from NULL: the file is new. Foreign bytes come out escaped. -errno.
 */
must_check int diff_print(FILE *stream, const char *path, const char *from,
			  const char *to);
