/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Settings table: one row for each key that cloxxsd.conf may hold. Reading,
 * checking, dumping, JSON and the manual's test all come from these rows. It
 * reads no files (ini.h) and checks no key against another (settings.c).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/config/settings.h"
#include "cloxxsd/config/setting_order.h"
#include "cloxxsd/config/setting_type.h"

struct settings_row {
	const char *section, *key;
	enum setting_type type;
	size_t offset; /* in struct settings, or in the section's item */
	const char *default_value; /* NULL: must be set */
	struct setting_bounds bounds;
	const char *help; /* one sentence */
	enum setting_stricter stricter;
};

/*
 * A section that takes a name, [section NAME], and stands as often as there are
 * names: each is an item of a list, whose first member is char *name.
 */
struct settings_section {
	const char *section;
	size_t items_offset, n_offset; /* in struct settings */
	size_t item_size;
};

/* Room for what is kept for each row, and for each item. */
#define SETTINGS_ROWS_MAX 128
#define SETTINGS_ITEMS_MAX 64
/* Letters, digits, '.', '_' and '-'. */
#define SETTINGS_NAME_MAX 64

extern const struct settings_row settings_table[];
extern const size_t settings_table_n;

extern const struct settings_section settings_sections[];
extern const size_t settings_sections_n;

/* The section where it takes a name, or NULL. */
const struct settings_section *settings_section_find(const char *section);
size_t settings_n_items(const struct settings *settings,
			const struct settings_section *section);
/* Item i, for rows of that section: what settings_at() is for the others. */
void *settings_item(const struct settings *settings,
		    const struct settings_section *section, size_t i);
/*
 * Adds an item with that name, all keys at their defaults, those that must be
 * set empty. -ENOMEM.
 */
must_check int settings_add_item(struct settings *settings,
				 const struct settings_section *section,
				 const char *name);

static inline void *settings_at(struct settings *settings,
				const struct settings_row *row)
{
	return (char *)settings + row->offset;
}

/* The row, or NULL; a key is found by a name that it had before, too. */
const struct settings_row *settings_row_find(const char *section,
					     const char *key);
/* Whether any row stands in section. */
bool settings_section_exists(const char *section);

/* For "did you mean": the nearest name at most two letters away, or NULL. */
const char *settings_section_near(const char *section);
const char *settings_key_near(const char *section, const char *key);
/* The section that does have key, or NULL. */
const char *settings_section_of_key(const char *key);
