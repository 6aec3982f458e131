/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/escape.h"

#include <stdio.h>
#include <string.h>

static void add_url(struct wiped *wiped, const char *bytes, size_t n)
{
	static const char figures[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
			wiped_add_char(wiped, (char)c);
			continue;
		}
		wiped_add_char(wiped, '%');
		wiped_add_char(wiped, figures[c >> 4]);
		wiped_add_char(wiped, figures[c & 15]);
	}
}

static void add_json(struct wiped *wiped, const char *bytes, size_t n)
{
	char buffer[8];

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '"' || c == '\\') {
			wiped_add_char(wiped, '\\');
			wiped_add_char(wiped, (char)c);
		} else if (c == '\n') {
			wiped_add(wiped, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			(void)snprintf(buffer, sizeof(buffer), "\\u%04x", c);
			wiped_add(wiped, buffer);
		} else {
			wiped_add_char(wiped, (char)c);
		}
	}
}

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\n':
		return "&#10;";
	case '\t':
		return "&#9;";
	default:
		return NULL;
	}
}

static void add_xml(struct wiped *wiped, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *entity = entity_of(bytes[i]);

		if (entity)
			wiped_add(wiped, entity);
		else
			wiped_add_char(wiped, bytes[i]);
	}
}

static int add_header(struct wiped *wiped, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return ESCAPE_E_HEADER;
	wiped_add_bytes(wiped, bytes, n);
	return 0;
}

int escape_add(struct wiped *wiped, enum escape escape, const char *bytes,
	       size_t n)
{
	switch (escape) {
	case ESCAPE_NONE:
		wiped_add_bytes(wiped, bytes, n);
		return 0;
	case ESCAPE_URL:
		add_url(wiped, bytes, n);
		return 0;
	case ESCAPE_JSON:
		add_json(wiped, bytes, n);
		return 0;
	case ESCAPE_XML:
		add_xml(wiped, bytes, n);
		return 0;
	case ESCAPE_HEADER:
		return add_header(wiped, bytes, n);
	}
	return ESCAPE_E_HEADER;
}
