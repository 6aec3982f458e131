/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/utf8.h"

#include "base/scope.h"

size_t utf8_length(const char *bytes, size_t n)
{
	static const struct {
		unsigned char first, last;  /* of the first byte */
		unsigned char lower, upper; /* of the second */
		unsigned char length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *byte = (const unsigned char *)bytes;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (byte[0] < forms[i].first || byte[0] > forms[i].last)
			continue;
		if (forms[i].length > n)
			return 0;
		if (forms[i].length > 1 &&
		    (byte[1] < forms[i].lower || byte[1] > forms[i].upper))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if (byte[k] < 0x80 || byte[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

bool utf8_is_text(const char *bytes, size_t n)
{
	while (n > 0) {
		size_t length = utf8_length(bytes, n);

		if (length == 0 || bytes[0] == '\0')
			return false;
		bytes += length;
		n -= length;
	}
	return true;
}
