/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/base64.h"

void base64_write(const unsigned char *bytes, size_t n, char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned int group = (unsigned int)bytes[i] << 16;

		if (i + 1 < n)
			group |= (unsigned int)bytes[i + 1] << 8;
		if (i + 2 < n)
			group |= bytes[i + 2];
		*text++ = letters[group >> 18];
		*text++ = letters[group >> 12 & 63];
		*text++ = i + 1 < n ? letters[group >> 6 & 63] : '=';
		*text++ = i + 2 < n ? letters[group & 63] : '=';
	}
	*text = '\0';
}
