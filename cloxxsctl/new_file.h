/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * New file: a file for its owner alone that was not there before, and is there
 * behind it only if all of it is on the disk. Nothing is ever overwritten.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/scope.h"

/* *ret_file is for new_file_close(). -EEXIST: there is something of that name;
 * -errno. */
must_check int new_file_open(const char *path, FILE **ret_file);
/* Closes it; removes it unless it is whole and could be written. -errno. */
must_check int new_file_close(const char *path, FILE *file, bool whole);
