/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/ini.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Drops blanks at both ends, in place. */
static char *trim(char *string, size_t n)
{
	while (n > 0 && is_blank(string[n - 1]))
		n--;
	string[n] = '\0';
	while (is_blank(*string))
		string++;
	return string;
}

/* Why these bytes are no line of text, or NULL. */
static const char *find_no_text(const char *line, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)line;

	if (n > INI_LINE_MAX)
		return "the line is longer than 4096 bytes";
	for (size_t i = 0; i < n;) {
		size_t length = utf8_length(line + i, n - i);

		if (length == 0)
			return "the line is not UTF-8";
		if (bytes[i] == '\0')
			return "the line has a NUL byte in it";
		if (bytes[i] == '\r')
			return "the line has a carriage return in it";
		if ((bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return "the line has a control character in it";
		i += length;
	}
	return NULL;
}

/* [a-z][a-z0-9_]*, what sections and keys are made of */
static bool is_word(const char *word)
{
	if (*word < 'a' || *word > 'z')
		return false;
	for (; *word; word++)
		if (!(*word >= 'a' && *word <= 'z') &&
		    !(*word >= '0' && *word <= '9') && *word != '_')
			return false;
	return true;
}

static int parse_section(const struct ini_reader *reader,
			 struct ini_entry *entry, char *line)
{
	size_t n = strlen(line);
	char *inner, *blank;

	/* Until it is known to be good, keys stand in no section. */
	entry->section = entry->name = NULL;
	if (line[n - 1] != ']') {
		findings_add(reader->findings, entry->file, entry->line,
			     "a section ends with ']'");
		return 0;
	}
	inner = trim(line + 1, n - 2);
	blank = strpbrk(inner, " \t");
	if (blank) {
		*blank = '\0';
		entry->name = trim(blank + 1, strlen(blank + 1));
	}
	if (!is_word(inner) || (entry->name && strpbrk(entry->name, "[]"))) {
		findings_add(reader->findings, entry->file, entry->line,
			     "a section reads [section] or [section name]");
		return 0;
	}
	entry->section = inner;
	entry->key = entry->value = NULL;
	return reader->each(entry, reader->userdata);
}

static int parse_key(const struct ini_reader *reader, struct ini_entry *entry,
		     char *line)
{
	char *equals = strchr(line, '=');
	char *key;

	if (!equals) {
		findings_add(reader->findings, entry->file, entry->line,
			     "neither a section, a comment nor key = value");
		return 0;
	}
	key = trim(line, (size_t)(equals - line));
	if (!is_word(key)) {
		findings_add(reader->findings, entry->file, entry->line,
			     "a key is lower-case letters, digits and '_'");
		return 0;
	}
	entry->key = key;
	entry->value = trim(equals + 1, strlen(equals + 1));
	return reader->each(entry, reader->userdata);
}

static int parse_line(const struct ini_reader *reader, struct ini_entry *entry,
		      bool *in_bad_section, char *line)
{
	if (*line == '\0' || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		int r = parse_section(reader, entry, line);

		*in_bad_section = !entry->section;
		return r;
	}
	/* One finding for a section that cannot be read, not one a key. */
	if (*in_bad_section)
		return 0;
	if (!entry->section) {
		findings_add(reader->findings, entry->file, entry->line,
			     "stands before the first [section]");
		return 0;
	}
	return parse_key(reader, entry, line);
}

int ini_parse(const struct ini_reader *reader, const char *file, char *bytes,
	      size_t n)
{
	struct ini_entry entry = { .file = file };
	char *end = bytes + n;
	bool in_bad_section = false;
	int r = 0;

	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		findings_add(reader->findings, file, 1,
			     "the file begins with a byte order mark");
		return 0;
	}
	for (char *next, *line = bytes; line < end && r == 0; line = next) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line);
		const char *why = find_no_text(line, length);

		next = stop ? stop + 1 : end;
		entry.line++;
		if (why) {
			findings_add(reader->findings, file, entry.line, "%s",
				     why);
			return 0;
		}
		r = parse_line(reader, &entry, &in_bad_section,
			       trim(line, length));
		if (findings_is_full(reader->findings))
			return r;
	}
	return r;
}

/* Fills bytes from fd; n is INI_FILE_MAX + 1 where there is more. */
static int fill(int fd, char *bytes, size_t *ret_n)
{
	size_t n = 0;

	while (n <= INI_FILE_MAX) {
		ssize_t k = read(fd, bytes + n, INI_FILE_MAX + 1 - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		n += (size_t)k;
	}
	*ret_n = n;
	return 0;
}

int ini_read(const struct ini_reader *reader, const char *file, int fd)
{
	scope(scope_free) char *bytes = malloc(INI_FILE_MAX + 2);
	size_t n = 0;
	int r;

	if (!bytes)
		return -ENOMEM;
	r = fill(fd, bytes, &n);
	if (r < 0)
		return r;
	if (n > INI_FILE_MAX) {
		findings_add(reader->findings, file, 0,
			     "is larger than 1048576 bytes");
		return 0;
	}
	bytes[n] = '\0';
	return ini_parse(reader, file, bytes, n);
}
