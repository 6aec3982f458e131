/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Country: which two letters name a country, so that a rule that never matches
 * is an error, and a database's codes for anything else are no country. ISO
 * 3166-1 alpha-2 as officially assigned, and XK, which everybody uses for
 * Kosovo. "UK" is none (GB is), nor are "EU", "AP", "A1" and "XX".
 */

#include <stdbool.h>
#include <stddef.h>

/* Two letters and a NUL. */
#define COUNTRY_SIZE 3

/* Whether the n bytes at code are such a code: two capitals. */
bool country_is_known(const char *code, size_t n);
