/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/keys.h"

#include <string.h>

#include "courier/key_type.h"

static const struct key_row *find(const struct key_table *table,
				  const char *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(table->rows[i].key, key) == 0)
			return &table->rows[i];
	return NULL;
}

int keys_set_defaults(const struct key_table *table, void *object)
{
	char buffer[256];
	struct text why;

	for (size_t i = 0; i < table->n; i++) {
		const struct key_row *row = &table->rows[i];
		int r;

		if (!row->default_value)
			continue;
		text_init(&why, buffer, sizeof(buffer));
		r = key_type_parse(row, row->default_value,
				   (char *)object + row->offset, &why);
		if (r != 0)
			return r < 0 ? r : -EINVAL;
	}
	return 0;
}

static int set(const struct key_row *row, const struct ini_entry *entry,
	       void *object, struct findings *findings)
{
	struct findings_quote quote =
		findings_quote(entry->value, strlen(entry->value));
	char buffer[256];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = key_type_parse(row, entry->value, (char *)object + row->offset,
			   &why);
	if (r <= 0)
		return r;
	/* What stands where a credential is named may be the secret itself. */
	findings_add(
		findings, entry->file, entry->line, "%s: %s %s", entry->key,
		row->type == KEY_CREDENTIAL ? "its value" : quote.text, buffer);
	return 0;
}

int keys_take(const struct key_table *table, const struct ini_entry *entry,
	      void *object, struct key_origins *origins,
	      struct findings *findings)
{
	const struct key_row *row = find(table, entry->key);
	struct key_origin *origin;

	if (!row) {
		struct findings_quote quote =
			findings_quote(entry->key, strlen(entry->key));

		findings_add(findings, entry->file, entry->line,
			     "unknown key %s in [%s]", quote.text,
			     table->section);
		return 0;
	}
	origin = &origins->rows[row - table->rows];
	if (origin->file == entry->file) {
		findings_add(findings, entry->file, entry->line,
			     "%s stands in line %u already", entry->key,
			     origin->line);
		return 0;
	}
	*origin = (struct key_origin){ entry->file, entry->line };
	return set(row, entry, object, findings);
}

void keys_check(const struct key_table *table,
		const struct key_origins *origins, struct findings *findings)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].required && !origins->rows[i].file)
			findings_add(findings, origins->section.file,
				     origins->section.line,
				     "[%s] needs %s = ...", table->section,
				     table->rows[i].key);
}

void keys_free(const struct key_table *table, void *object)
{
	for (size_t i = 0; i < table->n; i++)
		key_type_free(&table->rows[i],
			      (char *)object + table->rows[i].offset);
}

struct key_origin keys_origin(const struct key_table *table,
			      const struct key_origins *origins,
			      const char *key)
{
	const struct key_row *row = find(table, key);

	return row && origins->rows[row - table->rows].file
		       ? origins->rows[row - table->rows]
		       : origins->section;
}

bool keys_is_set(const struct key_table *table,
		 const struct key_origins *origins, const char *key)
{
	const struct key_row *row = find(table, key);

	return row && origins->rows[row - table->rows].file;
}
