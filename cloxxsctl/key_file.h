/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key file: makes the key under which the daemon seals what it stores: 32
 * random bytes, readable by its owner alone. It never writes over anything: a
 * key that is gone takes all passwords with it.
 */

#include "base/scope.h"

#define KEY_FILE_BYTES 32

/*
 * Makes path and brings it and its directory entry to the disk. 0, or -errno
 * (-EEXIST: something is there, even a dangling link), upon which nothing is
 * left behind.
 */
must_check int key_file_create(const char *path);
