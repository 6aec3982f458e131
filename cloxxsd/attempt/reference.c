/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/reference.h"

#include <sodium.h>

#define N_DIGITS 8
#define HYPHEN_AT 4

void reference_make(char ret_reference[REFERENCE_MAX])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t random[N_DIGITS];

	randombytes_buf(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		ret_reference[i + (i >= HYPHEN_AT)] = digits[random[i] % 32];
	ret_reference[HYPHEN_AT] = '-';
	ret_reference[REFERENCE_MAX - 1] = '\0';
}

bool reference_read(const char *typed, char ret_reference[REFERENCE_MAX])
{
	size_t n = 0;

	for (; *typed; typed++) {
		char c = *typed;

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		/* Crockford's letters that are read for digits */
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		if (n == HYPHEN_AT)
			ret_reference[n++] = '-';
		if (n >= REFERENCE_MAX - 1)
			return false;
		ret_reference[n++] = c;
	}
	ret_reference[n] = '\0';
	return n == REFERENCE_MAX - 1;
}
