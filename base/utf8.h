/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * UTF-8: which bytes are well formed (RFC 3629, section 4: nothing overlong, no
 * surrogate, nothing above U+10FFFF). It knows no characters, only their bytes.
 */

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at bytes, of which there are n > 0; else 0. */
size_t utf8_length(const char *bytes, size_t n);
/* Whether n bytes are characters, and none of them NUL. */
bool utf8_is_text(const char *bytes, size_t n);
