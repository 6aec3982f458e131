/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key file: the root keys under which the daemon's own keys are wrapped, 32
 * random bytes each, readable by their owner alone. What it makes it never
 * writes over anything; what it replaces it replaces whole: a key that is gone
 * takes all passwords with it.
 */

#include <stddef.h>

#include "base/scope.h"

#define KEY_FILE_BYTES 32
#define KEY_FILE_KEYS 8
#define KEY_FILE_MAX (KEY_FILE_KEYS * KEY_FILE_BYTES)

/* Root keys, newest first; wiped by the caller. */
struct key_file {
	unsigned char bytes[KEY_FILE_MAX];
	size_t n;
};

/*
 * Makes path and brings it and its directory entry to the disk. 0, or -errno
 * (-EEXIST: something is there, even a dangling link), upon which nothing is
 * left behind.
 */
must_check int key_file_create(const char *path);
/* The same with n bytes of a mode. */
must_check int key_file_write(const char *path, const void *bytes, size_t n,
			      unsigned int mode);
/* A new key, which is kept nowhere yet. */
must_check int key_file_new(struct key_file *file);
/* Reads a key file. -EBADMSG: it is none. */
must_check int key_file_read(const char *path, struct key_file *file);
/* Puts a new random key before the others; the eighth of them goes. */
must_check int key_file_add(struct key_file *file);
/*
 * Puts n bytes in the place of path, by way of path.new, all of it or nothing,
 * with its owner. -EEXIST: path.new is there.
 */
must_check int key_file_replace(const char *path, const void *bytes, size_t n);
