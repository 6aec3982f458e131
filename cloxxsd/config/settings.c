/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsd/config/settings_table.h"

/* The rows of a section, in turn: NULL for the section takes the plain ones. */
static bool row_is_of(const struct settings_row *row,
		      const struct settings_section *section)
{
	return settings_section_find(row->section) == section;
}

static void free_rows(const struct settings_section *section, void *object)
{
	for (size_t i = 0; i < settings_table_n; i++)
		if (row_is_of(&settings_table[i], section))
			setting_deinit(settings_table[i].type,
				       (char *)object +
					       settings_table[i].offset);
}

static void free_items(struct settings *settings,
		       const struct settings_section *section)
{
	for (size_t i = 0; i < settings_n_items(settings, section); i++) {
		void *item = settings_item(settings, section, i);

		free_rows(section, item);
		free(*(char **)item);
	}
	free(*(void **)((char *)settings + section->items_offset));
}

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;
	free_rows(NULL, settings);
	for (size_t i = 0; i < settings_sections_n; i++)
		free_items(settings, &settings_sections[i]);
	notice_texts_deinit(&settings->notice);
	free(settings);
	return NULL;
}

static int set_defaults(const struct settings_section *section, void *object)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct settings_row *row = &settings_table[i];
		char buffer[256];
		struct text why;
		int r;

		if (!row_is_of(row, section) || !row->default_value)
			continue;
		text_init(&why, buffer, sizeof(buffer));
		r = setting_parse(row->type, &row->bounds, row->default_value,
				  (char *)object + row->offset, &why);
		if (r != 0)
			return r < 0 ? r : -EINVAL;
	}
	return 0;
}

size_t settings_n_items(const struct settings *settings,
			const struct settings_section *section)
{
	size_t n;

	memcpy(&n, (const char *)settings + section->n_offset, sizeof(n));
	return n;
}

void *settings_item(const struct settings *settings,
		    const struct settings_section *section, size_t i)
{
	char *items;

	memcpy(&items, (const char *)settings + section->items_offset,
	       sizeof(items));
	return items + i * section->item_size;
}

int settings_add_item(struct settings *settings,
		      const struct settings_section *section, const char *name)
{
	size_t n = settings_n_items(settings, section);
	char *items = n > 0 ? settings_item(settings, section, 0) : NULL;
	char *copy, *item;

	items = reallocarray(items, n + 1, section->item_size);
	if (!items)
		return -ENOMEM;
	memcpy((char *)settings + section->items_offset, &items, sizeof(items));
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	item = items + n * section->item_size;
	memset(item, 0, section->item_size);
	memcpy(item, &copy, sizeof(copy));
	n++;
	memcpy((char *)settings + section->n_offset, &n, sizeof(n));
	return set_defaults(section, item);
}

int settings_new(struct settings **ret_settings)
{
	scope(settings_freep) struct settings *settings =
		calloc(1, sizeof(*settings));
	int r;

	if (!settings)
		return -ENOMEM;
	r = set_defaults(NULL, settings);
	if (r < 0)
		return r;
	*ret_settings = scope_take_ptr(settings);
	return 0;
}

struct telling {
	int (*each)(const struct setting *setting, void *userdata);
	void *userdata;
};

/* One key of object, which is called name where its section takes one. */
static int tell(const struct telling *telling, const struct settings_row *row,
		const char *name, const void *object)
{
	char value[SETTING_VALUE_MAX];
	const struct setting setting = {
		.section = row->section,
		.name = name,
		.key = row->key,
		.value = value,
		.default_value = row->default_value,
		.help = row->help,
	};
	struct text text;

	text_init(&text, value, sizeof(value));
	setting_format(row->type, (const char *)object + row->offset, &text);
	return telling->each(&setting, telling->userdata);
}

/* All items of the section that begins at row, one after the other. */
static int tell_items(const struct settings *settings,
		      const struct settings_section *section,
		      const struct settings_row *row,
		      const struct telling *telling)
{
	const struct settings_row *end = settings_table + settings_table_n;
	int r = 0;

	for (size_t i = 0; i < settings_n_items(settings, section); i++) {
		const void *item = settings_item(settings, section, i);

		for (const struct settings_row *one = row;
		     r == 0 && one < end && row_is_of(one, section); one++)
			r = tell(telling, one, *(char *const *)item, item);
	}
	return r;
}

bool settings_services_have(char *const *services, const char *service)
{
	for (; *services; services++)
		if (strcmp(*services, service) == 0)
			return true;
	return false;
}

bool settings_home(const struct settings *settings, const char *name,
		   char *ret_home, size_t size)
{
	const char *form = settings->home, *place = strstr(form, "%u");
	struct text text;

	text_init(&text, ret_home, size);
	text_add_bytes(&text, form,
		       place ? (size_t)(place - form) : strlen(form));
	if (place)
		text_add_format(&text, "%s%s", name, place + 2);
	return !text_is_cut(&text);
}

const struct settings_service *settings_service_find(
	const struct settings *settings, const char *service)
{
	for (size_t i = 0; i < settings->n_services; i++)
		if (strcmp(settings->services[i].name, service) == 0)
			return &settings->services[i];
	return NULL;
}

int settings_for_each(const struct settings *settings,
		      int (*each)(const struct setting *setting,
				  void *userdata),
		      void *userdata)
{
	const struct telling telling = { each, userdata };

	for (size_t i = 0; i < settings_table_n; i++) {
		const struct settings_row *row = &settings_table[i];
		const struct settings_section *section =
			settings_section_find(row->section);
		int r = 0;

		if (!section)
			r = tell(&telling, row, NULL, settings);
		else if (i == 0 || !row_is_of(row - 1, section))
			r = tell_items(settings, section, row, &telling);
		if (r != 0)
			return r;
	}
	return 0;
}

struct dump {
	FILE *stream;
	char section[128]; /* of the row before, with its name */
};

static int dump_row(const struct setting *setting, void *userdata)
{
	struct dump *dump = userdata;
	char section[sizeof(dump->section)];

	(void)snprintf(section, sizeof(section), "%s%s%s", setting->section,
		       setting->name ? " " : "",
		       setting->name ? setting->name : "");
	if (strcmp(dump->section, section) != 0)
		fprintf(dump->stream, "%s[%s]\n", *dump->section ? "\n" : "",
			section);
	memcpy(dump->section, section, sizeof(section));
	fprintf(dump->stream, "%s = %s\n", setting->key, setting->value);
	return 0;
}

int settings_dump(const struct settings *settings, FILE *stream)
{
	struct dump dump = { .stream = stream };
	int r = settings_for_each(settings, dump_row, &dump);

	if (r < 0)
		return r;
	return fflush(stream) != 0 || ferror(stream) ? -EIO : 0;
}
