/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key writer: a process that stays root while its parent gives that up, and
 * does one thing with it: it writes a key file where there is none, of the
 * bytes that it is sent, or ends where none are sent.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"

struct key_writer {
	pid_t child; /* 0: none */
	int fd;      /* to write the key to */
};

/* Starts it for the file at path; before any thread. -errno. */
must_check int key_writer_start(const char *path,
				struct key_writer *ret_writer);
/* Has it write n bytes, and waits: 0 when the file is on the disk, or -errno
 * (-EEXIST: there is one). */
must_check int key_writer_write(struct key_writer *writer, const uint8_t *bytes,
				size_t n);
/* Ends it, with nothing written. */
void key_writer_end(struct key_writer *writer);
