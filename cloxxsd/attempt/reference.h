/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reference: the short code that a refusal shows and an administrator asks
 * about. It finds a record and proves nothing.
 */

#include <stdbool.h>

/* "ABCD-EFGH" and the NUL */
#define REFERENCE_MAX 10

/* A fresh code of 40 random bits (Crockford's base 32). */
void reference_make(char ret_reference[REFERENCE_MAX]);
/*
 * The code that was typed, "k7qm2rtx" or "K7QM-2RTX", as reference_make()
 * writes it; false where it cannot be one, with *ret_reference undefined.
 */
bool reference_read(const char *typed, char ret_reference[REFERENCE_MAX]);
