/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Country: the two-letter codes that stand for one (ISO 3166-1 alpha-2,
 * officially assigned). What country databases put in their place (EU, A1, ZZ)
 * and what people write by habit (UK) is none.
 */

#include <stdbool.h>
#include <stddef.h>

/* Two letters and the NUL. */
#define COUNTRY_CODE_MAX 3

/* code: n bytes, in capitals. */
bool country_is_code(const char *code, size_t n);
