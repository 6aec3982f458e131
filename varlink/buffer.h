/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Buffer: the bytes between a socket and its messages, up to a bound. Every
 * byte may belong to a password, so what is dropped is wiped, and nothing is
 * moved in memory without wiping the place it leaves. Knows no messages.
 */

#include <stddef.h>

#include "base/scope.h"

struct buffer {
	char *bytes;
	size_t n, size;
};

/*
 * Makes room for n_more bytes behind the n that are there. -ENOBUFS where that
 * would be more than max in all, -ENOMEM; the content is then as before.
 */
must_check int buffer_reserve(struct buffer *buffer, size_t n_more, size_t max);
/* Wipes the first n bytes and moves the rest to the front. */
void buffer_drop(struct buffer *buffer, size_t n);
/* Wipes and frees; the buffer is empty and usable again. */
void buffer_deinit(struct buffer *buffer);
