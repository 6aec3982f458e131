/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Scratch: a directory of a test's own, mode 0700, and what tests do with
 * files in it. Fails the test itself where something goes wrong.
 */

#include <stddef.h>
#include <sys/types.h>

struct scratch {
	char path[64];
};

void scratch_init(struct scratch *scratch);
/* Removes it with all that is in it; links are not followed. */
void scratch_deinit(struct scratch *scratch);
/* PATH/name, in a buffer of 128 bytes. */
const char *scratch_path(const struct scratch *scratch, const char *name,
			 char buffer[128]);
/* Writes the file name anew, of mode. */
void scratch_write(const struct scratch *scratch, const char *name,
		   const void *bytes, size_t n, mode_t mode);
/* Puts n bytes at offset into the file name; from its end where negative. */
void scratch_patch(const struct scratch *scratch, const char *name,
		   off_t offset, const void *bytes, size_t n);
off_t scratch_size(const struct scratch *scratch, const char *name);
