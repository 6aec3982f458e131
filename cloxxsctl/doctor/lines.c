/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\v\f"

char *lines_next(struct lines *lines)
{
	char *line = lines->next, *end;

	if (!line || !*line)
		return NULL;
	end = strchrnul(line, '\n');
	lines->next = *end ? end + 1 : NULL;
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	*end = '\0';
	lines->n++;
	return line;
}

char *lines_trim(char *text)
{
	return text + strspn(text, BLANKS);
}

char *lines_word(char **rest)
{
	char *word = lines_trim(*rest);
	size_t n = strcspn(word, BLANKS);

	*rest = word + n;
	if (n == 0)
		return NULL;
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

char *lines_field(char **rest, char separator)
{
	char *field = *rest, *end;

	if (!field)
		return NULL;
	end = strchr(field, separator);
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return field;
}

bool lines_is_plain(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789_./-");

	return n > 0 && word[n] == '\0';
}

bool lines_number(const char *word, unsigned long long *ret_number)
{
	unsigned long long number;
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	number = strtoull(word, &end, 10);
	if (errno || *end)
		return false;
	*ret_number = number;
	return true;
}
