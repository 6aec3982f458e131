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
#include "cloxxsd/config/setting_type.h"

struct settings_row {
	const char *section, *key;
	enum setting_type type;
	size_t offset; /* in struct settings */
	const char *default_value;
	struct setting_bounds bounds;
	const char *help; /* one sentence */
};

/* Room for what is kept for each row. */
#define SETTINGS_ROWS_MAX 64

extern const struct settings_row settings_table[];
extern const size_t settings_table_n;

static inline void *settings_at(struct settings *settings,
				const struct settings_row *row)
{
	return (char *)settings + row->offset;
}

static inline const void *settings_at_const(const struct settings *settings,
					    const struct settings_row *row)
{
	return (const char *)settings + row->offset;
}

/* The row, or NULL. */
const struct settings_row *settings_row_find(const char *section,
					     const char *key);
/* Whether any row stands in section. */
bool settings_section_exists(const char *section);

/* For "did you mean": the nearest name at most two letters away, or NULL. */
const char *settings_section_near(const char *section);
const char *settings_key_near(const char *section, const char *key);
/* The section that does have key, or NULL. */
const char *settings_section_of_key(const char *key);
