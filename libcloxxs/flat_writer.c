/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No byte behind the buffer is written, and the NUL always stands.
 *  2. A message that is bad stays bad: it never becomes a shorter good one.
 */
#include "libcloxxs/flat_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void flat_writer_init(struct flat_writer *writer, char *buffer, size_t size)
{
	*writer = (struct flat_writer){ .buffer = buffer,
					.size = size,
					.first = true };
	buffer[0] = '\0';
}

static void write_bytes(struct flat_writer *writer, const char *bytes, size_t n)
{
	if (writer->bad || n >= writer->size - writer->n) {
		writer->bad = true;
		return;
	}
	memcpy(writer->buffer + writer->n, bytes, n);
	writer->n += n;
	writer->buffer[writer->n] = '\0';
}

static void write_word(struct flat_writer *writer, const char *word)
{
	write_bytes(writer, word, strlen(word));
}

/* Escapes what must be: the quote, the backslash and control characters. */
static void write_string(struct flat_writer *writer, const char *bytes,
			 size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (!utf8_is_text(bytes, n))
		writer->bad = true;
	write_word(writer, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		char escape[6] = { '\\',
				   'u',
				   '0',
				   '0',
				   digits[byte >> 4],
				   digits[byte & 15] };

		if (byte < 0x20 || byte == 0x7f)
			write_bytes(writer, escape, sizeof(escape));
		else if (byte == '"' || byte == '\\')
			write_bytes(writer, byte == '"' ? "\\\"" : "\\\\", 2);
		else
			write_bytes(writer, &bytes[i], 1);
		explicit_bzero(escape, sizeof(escape));
	}
	write_word(writer, "\"");
}

static void write_name(struct flat_writer *writer, const char *name)
{
	if (!writer->first)
		write_word(writer, ",");
	writer->first = false;
	write_string(writer, name, strlen(name));
	write_word(writer, ":");
}

void flat_open(struct flat_writer *writer, const char *name)
{
	if (name)
		write_name(writer, name);
	write_word(writer, "{");
	writer->first = true;
}

void flat_close(struct flat_writer *writer)
{
	write_word(writer, "}");
	writer->first = false;
}

void flat_open_array(struct flat_writer *writer, const char *name)
{
	write_name(writer, name);
	write_word(writer, "[");
	writer->first = true;
}

void flat_open_item(struct flat_writer *writer)
{
	if (!writer->first)
		write_word(writer, ",");
	flat_open(writer, NULL);
}

void flat_close_array(struct flat_writer *writer)
{
	write_word(writer, "]");
	writer->first = false;
}

void flat_add_bytes(struct flat_writer *writer, const char *name,
		    const char *bytes, size_t n)
{
	if (!bytes)
		return;
	write_name(writer, name);
	write_string(writer, bytes, n);
}

void flat_add_string(struct flat_writer *writer, const char *name,
		     const char *string)
{
	if (string)
		flat_add_bytes(writer, name, string, strlen(string));
}

void flat_add_secret(struct flat_writer *writer, const char *name,
		     const struct secret *secret)
{
	flat_add_bytes(writer, name, secret->bytes, secret->n);
}

void flat_add_int(struct flat_writer *writer, const char *name, int64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, value);
	write_name(writer, name);
	write_word(writer, number);
}

void flat_add_bool(struct flat_writer *writer, const char *name, bool value)
{
	write_name(writer, name);
	write_word(writer, value ? "true" : "false");
}
