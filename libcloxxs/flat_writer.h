/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Flat writer: writes flat JSON objects (RFC 8259) and objects around them, as
 * libcloxxs/flat.h reads them. What does not fit, or is not UTF-8 without
 * U+0000, spoils the whole (flat_writer_is_bad()), so that a chain of calls
 * needs one check at its end; a message is never cut. The buffer may hold
 * secrets: its owner wipes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"

struct flat_writer {
	char *buffer;
	size_t size, n; /* NUL included; not included */
	bool bad;
	bool first; /* no member in the open object yet */
};

/* An empty message in size bytes at buffer; size must be at least 1. */
void flat_writer_init(struct flat_writer *writer, char *buffer, size_t size);
/* Opens an object: the outermost with name NULL. */
void flat_open(struct flat_writer *writer, const char *name);
void flat_close(struct flat_writer *writer);
/* An array of objects: each is opened with flat_open_item(). */
void flat_open_array(struct flat_writer *writer, const char *name);
void flat_open_item(struct flat_writer *writer);
void flat_close_array(struct flat_writer *writer);
/* Members. A NULL string writes nothing: absent is as null. */
void flat_add_bytes(struct flat_writer *writer, const char *name,
		    const char *bytes, size_t n);
void flat_add_string(struct flat_writer *writer, const char *name,
		     const char *string);
void flat_add_secret(struct flat_writer *writer, const char *name,
		     const struct secret *secret);
void flat_add_int(struct flat_writer *writer, const char *name, int64_t value);
void flat_add_bool(struct flat_writer *writer, const char *name, bool value);

static inline bool flat_writer_is_bad(const struct flat_writer *writer)
{
	return writer->bad;
}
