/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cloxxsd/config/settings_table.h"

/* Levenshtein's distance of two short words; what is long is far. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], n_b = strlen(b);

	if (strlen(a) >= ARRAY_SIZE(row) || n_b >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n_b; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[n_b];
}

static void consider(const char *word, const char *name, const char **nearest,
		     size_t *least)
{
	size_t d = distance(word, name);

	if (d < *least) {
		*least = d;
		*nearest = name;
	}
}

const char *settings_section_near(const char *section)
{
	const char *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < settings_table_n; i++)
		consider(section, settings_table[i].section, &nearest, &least);
	return nearest;
}

const char *settings_key_near(const char *section, const char *key)
{
	const char *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].section, section) == 0)
			consider(key, settings_table[i].key, &nearest, &least);
	return nearest;
}
