/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/settings_changes.h"

#include <string.h>

#include "cloxxsd/config/settings_table.h"

/* The setting that is looked for among others. */
struct search {
	const struct setting *one;
	const struct settings *others;
	struct text *text, *weakened;
	bool found;
};

static bool is_same_key(const struct setting *a, const struct setting *b)
{
	return strcmp(a->section, b->section) == 0 &&
	       strcmp(a->key, b->key) == 0 &&
	       strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0;
}

#define NONE "(none)"

static void tell(struct text *text, const char *mark,
		 const struct setting *setting, const char *before,
		 const char *after)
{
	text_add_format(text, "%s%s%s%s%s.%s: %s -> %s",
			text->n > 0 ? "; " : "", mark, setting->section,
			setting->name ? " " : "",
			setting->name ? setting->name : "", setting->key,
			before, after);
}

/* NULL: there is no such section; it is as one in which nothing is said. */
static bool weakens(const struct setting *setting, const char *before,
		    const char *after)
{
	const struct settings_row *row =
		settings_row_find(setting->section, setting->key);

	if (!before)
		before = setting->default_value;
	if (!after)
		after = setting->default_value;
	return row && before && after &&
	       setting_is_weaker(row->stricter, row->type, &row->bounds, before,
				 after);
}

static void tell_change(const struct search *search,
			const struct setting *setting, const char *before,
			const char *after)
{
	const char *was = before ? before : NONE, *is = after ? after : NONE;

	tell(search->text, "", setting, was, is);
	if (weakens(setting, before, after))
		tell(search->weakened, "weakened=", setting, was, is);
}

static int compare(const struct setting *before, void *userdata)
{
	struct search *search = userdata;
	const struct setting *after = search->one;

	if (!is_same_key(before, after))
		return 0;
	search->found = true;
	if (strcmp(before->value, after->value) != 0)
		tell_change(search, after, before->value, after->value);
	return 0;
}

/* What is now, against what was. */
static int look(const struct setting *after, void *userdata)
{
	struct search search = *(struct search *)userdata;
	int r;

	search.one = after;
	r = settings_for_each(search.others, compare, &search);
	if (r == 0 && !search.found)
		tell_change(&search, after, NULL, after->value);
	return r;
}

static int find(const struct setting *after, void *userdata)
{
	struct search *search = userdata;

	search->found = search->found || is_same_key(search->one, after);
	return 0;
}

/* What was, and is no more: of a section with a name. */
static int look_back(const struct setting *before, void *userdata)
{
	struct search search = *(struct search *)userdata;
	int r;

	search.one = before;
	r = settings_for_each(search.others, find, &search);
	if (r == 0 && !search.found)
		tell_change(&search, before, before->value, NULL);
	return r;
}

void settings_changes(const struct settings *before,
		      const struct settings *after, struct text *changes,
		      struct text *weakened)
{
	struct search back = { .text = changes,
			       .weakened = weakened,
			       .others = before };
	struct search forth = { .text = changes,
				.weakened = weakened,
				.others = after };
	const char *was = before->notice.version, *is = after->notice.version;

	if (settings_for_each(after, look, &back) != 0 ||
	    settings_for_each(before, look_back, &forth) != 0)
		text_add(changes, "; (what else changed cannot be told)");
	/* Another text in the same file is no other setting. */
	if (strcmp(was, is) != 0)
		text_add_format(changes, "%snotice: %s -> %s",
				changes->n > 0 ? "; " : "", was, is);
}
