/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SHA-1 (FIPS 180-4), because lists of breached passwords are keyed by it, and
 * no library that the daemon has offers it. For nothing else: it protects
 * nobody.
 */

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20

/* Of n bytes; what was made of them on the way is wiped. */
void sha1(const void *bytes, size_t n, uint8_t ret_digest[SHA1_BYTES]);
