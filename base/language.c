/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/language.h"

#include <string.h>

#include "base/catalogue.h"

static const struct {
	const char *tag;
	const struct catalogue_entry *entries; /* NULL: as in the source */
} rows[_LANGUAGE_N] = {
	[LANGUAGE_NONE] = { "", NULL },
	[LANGUAGE_ENGLISH] = { "en", NULL },
	[LANGUAGE_DUTCH] = { "nl", catalogue_nl },
};

const char *language_text(enum language language, const char *text)
{
	const struct catalogue_entry *entry = rows[language].entries;

	for (; entry && entry->source; entry++)
		if (strcmp(entry->source, text) == 0)
			return entry->translation;
	return text;
}

enum language language_find(const char *tag)
{
	size_t n = strcspn(tag, "_-.@");

	for (unsigned int i = LANGUAGE_NONE + 1; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].tag) == n &&
		    memcmp(rows[i].tag, tag, n) == 0)
			return (enum language)i;
	return LANGUAGE_NONE;
}

const char *language_tag(enum language language)
{
	return rows[language].tag;
}
