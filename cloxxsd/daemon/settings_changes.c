/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/settings_changes.h"

#include <string.h>

/* The setting that is looked for among those before. */
struct search {
	const struct setting *after;
	struct text *text;
	const struct settings *before;
};

static int compare(const struct setting *before, void *userdata)
{
	struct search *search = userdata;
	const struct setting *after = search->after;

	if (strcmp(before->section, after->section) == 0 &&
	    strcmp(before->key, after->key) == 0 &&
	    strcmp(before->value, after->value) != 0)
		text_add_format(search->text, "%s%s.%s: %s -> %s",
				search->text->n > 0 ? "; " : "",
				before->section, before->key, before->value,
				after->value);
	return 0;
}

static int look(const struct setting *after, void *userdata)
{
	struct search search = *(struct search *)userdata;

	search.after = after;
	return settings_for_each(search.before, compare, &search);
}

void settings_changes(const struct settings *before,
		      const struct settings *after, struct text *text)
{
	struct search search = { .text = text, .before = before };

	if (settings_for_each(after, look, &search) != 0)
		text_add(text, "; (what else changed cannot be told)");
}
