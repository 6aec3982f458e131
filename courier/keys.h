/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Keys: what a section of a configuration holds, as a table: one row a key,
 * with its type, its default and the member that it sets. An unknown key, the
 * same one twice in one file, and a value that is not of its type are findings.
 * A later file's value stands in the place of an earlier one's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "conf/findings.h"
#include "conf/ini.h"

enum key_type {
	KEY_TEXT,       /* char *: what stands there */
	KEY_PATH,       /* char *: an absolute path */
	KEY_NAME,       /* char *: letters, digits, '.', '_' and '-' */
	KEY_CREDENTIAL, /* char *: NAME of credential:NAME */
	KEY_POINTER,    /* char *: a JSON pointer */
	KEY_FIGURES,    /* char *: figures, min to max of them */
	KEY_NAMES,      /* char **, ended by NULL: by comma */
	KEY_WORDS,      /* char **, ended by NULL: by blanks */
	KEY_COUNT,      /* uint32_t, min to max */
	KEY_TIME,       /* uint32_t in ms, min to max: 500ms, 3s, 2m */
	KEY_CHOICE,     /* unsigned int: the place in words */
	KEY_STATUSES,   /* struct answer_statuses: 200, 400-499 */
	KEY_CONDITIONS, /* struct condition_list, by comma */
	KEY_REGEX,      /* regex_t *: POSIX, extended */
};

struct key_row {
	const char *key;
	enum key_type type;
	size_t offset;
	const char *default_value; /* NULL: nothing */
	uint32_t min, max;
	const char *const *words; /* of KEY_CHOICE, ended by NULL */
	bool required;
};

struct key_table {
	const char *section;
	const struct key_row *rows;
	size_t n;
};

#define KEYS_MAX 40
/* Where each row of a table was set; file NULL: nowhere. */
struct key_origins {
	struct key_origin {
		const char *file;
		unsigned int line;
	} section, rows[KEYS_MAX];
};

/* object must be zero. -ENOMEM; it is to be given to keys_free(). */
must_check int keys_set_defaults(const struct key_table *table, void *object);
/* Takes one key; entry->file must be one string a file. 0 or -ENOMEM. */
must_check int keys_take(const struct key_table *table,
			 const struct ini_entry *entry, void *object,
			 struct key_origins *origins,
			 struct findings *findings);
/* Finds what is required and stands nowhere. */
void keys_check(const struct key_table *table,
		const struct key_origins *origins, struct findings *findings);
void keys_free(const struct key_table *table, void *object);
/* Where key was set, or else its section. */
struct key_origin keys_origin(const struct key_table *table,
			      const struct key_origins *origins,
			      const char *key);
bool keys_is_set(const struct key_table *table,
		 const struct key_origins *origins, const char *key);
