/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Unpacker: takes the one country database out of what a provider sends, while
 * it comes: as it is, or out of gzip (RFC 1952), and of that either all, or the
 * one file *.mmdb of a tar archive (POSIX.1, ustar). Which of them it is, the
 * bytes say. It keeps no file, holds less than 64 KiB, and knows nothing of
 * what a database looks like.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

struct unpacker;

enum unpacker_error {
	_UNPACKER_E_OK,
	UNPACKER_E_REFUSED, /* unpacker_fault() says why */
};

struct unpacker_args {
	/* Of what comes, and of what it unpacks to: one more is refused. */
	uint64_t bytes_max;
	/* Given each piece of the database; what it returns other than 0 is
	 * handed up. */
	int (*each)(const void *bytes, size_t n, void *userdata);
	void *userdata;
};

/* -ENOMEM. */
must_check int unpacker_new(const struct unpacker_args *args,
			    struct unpacker **ret_unpacker);
/* Takes NULL, returns NULL. */
struct unpacker *unpacker_free(struct unpacker *unpacker);
static inline void unpacker_freep(struct unpacker **unpacker)
{
	*unpacker = unpacker_free(*unpacker);
}
/* UNPACKER_E_REFUSED, -ENOMEM, or what each returned; then nothing more may be
 * put. */
must_check int unpacker_put(struct unpacker *unpacker, const void *bytes,
			    size_t n);
/* All has come: UNPACKER_E_REFUSED where something is missing. */
must_check int unpacker_end(struct unpacker *unpacker);
/* A part of a sentence about what came: "is cut". */
const char *unpacker_fault(const struct unpacker *unpacker);
