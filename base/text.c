/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){ .buffer = buffer, .size = size };
	buffer[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t n)
{
	/* Once cut, always cut: a later shorter piece would leave a gap. */
	if (text->cut || n >= text->size - text->n) {
		text->cut = true;
		return;
	}
	memcpy(text->buffer + text->n, bytes, n);
	text->n += n;
	text->buffer[text->n] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->n;
	va_list arguments;
	int n;

	if (text->cut)
		return;
	va_start(arguments, format);
	n = vsnprintf(text->buffer + text->n, room, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= room) {
		text->buffer[text->n] = '\0';
		text->cut = true;
		return;
	}
	text->n += (size_t)n;
}

void text_add_escaped(struct text *text, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte >= 0x20 && byte < 0x7f && byte != '\\')
			text_add_bytes(text, &bytes[i], 1);
		else
			text_add_format(text, "\\x%02x", byte);
	}
}
