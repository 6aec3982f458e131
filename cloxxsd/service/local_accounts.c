/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/local_accounts.h"

#include <stdio.h>
#include <string.h>

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static int match(const char *line, const char *name, uint32_t id)
{
	size_t n = strcspn(line, ":");
	const char *field;
	char *end;
	unsigned long number;

	if (n == strlen(name) && memcmp(line, name, n) == 0)
		return LOCAL_ACCOUNTS_NAME;
	field = line[n] ? strchr(line + n + 1, ':') : NULL;
	if (!field)
		return 0;
	number = strtoul(field + 1, &end, 10);
	return end != field + 1 && *end == ':' && number == id
		       ? LOCAL_ACCOUNTS_ID
		       : 0;
}

int local_accounts_find(const char *file, const char *name, uint32_t id)
{
	scope(close_file) FILE *stream = NULL;
	scope(scope_free) char *line = NULL;
	size_t size = 0;
	int r = 0;

	stream = fopen(file, "re");
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && getline(&line, &size, stream) >= 0)
		r = match(line, name, id);
	if (r == 0 && ferror(stream))
		return -EIO;
	return r;
}
