/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Base64 (RFC 4648, 4): how bytes stand in a message. Only written here; the
 * daemon reads it.
 */

#include <stddef.h>

/* Four letters for three bytes, and NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* text has room for BASE64_SIZE(n). */
void base64_write(const unsigned char *bytes, size_t n, char *text);
