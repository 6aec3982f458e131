/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/settings_changes.h"

#include <string.h>

/* The key that is looked for among the settings before, and its value there. */
struct search {
	const char *section, *key, *value;
	struct text *text;
	const struct settings *before;
};

static int compare(const char *section, const char *key, const char *value,
		   const char *default_value, const char *help, void *userdata)
{
	struct search *search = userdata;

	(void)default_value;
	(void)help;
	if (strcmp(section, search->section) == 0 &&
	    strcmp(key, search->key) == 0 && strcmp(value, search->value) != 0)
		text_add_format(search->text, "%s%s.%s: %s -> %s",
				search->text->n > 0 ? "; " : "", section, key,
				value, search->value);
	return 0;
}

static int look(const char *section, const char *key, const char *value,
		const char *default_value, const char *help, void *userdata)
{
	struct search search = *(struct search *)userdata;

	(void)default_value;
	(void)help;
	search.section = section;
	search.key = key;
	search.value = value;
	return settings_for_each(search.before, compare, &search);
}

void settings_changes(const struct settings *before,
		      const struct settings *after, struct text *text)
{
	struct search search = { .text = text, .before = before };

	if (settings_for_each(after, look, &search) != 0)
		text_add(text, "; (what else changed cannot be told)");
}
