/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsd/config/settings_table.h"

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;
	for (size_t i = 0; i < settings_table_n; i++)
		setting_deinit(settings_table[i].type,
			       settings_at(settings, &settings_table[i]));
	free(settings);
	return NULL;
}

static int set_defaults(struct settings *settings)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct settings_row *row = &settings_table[i];
		char buffer[256];
		struct text why;
		int r;

		text_init(&why, buffer, sizeof(buffer));
		r = setting_parse(row->type, &row->bounds, row->default_value,
				  settings_at(settings, row), &why);
		if (r != 0)
			return r < 0 ? r : -EINVAL;
	}
	return 0;
}

int settings_new(struct settings **ret_settings)
{
	scope(settings_freep) struct settings *settings =
		calloc(1, sizeof(*settings));
	int r;

	if (!settings)
		return -ENOMEM;
	r = set_defaults(settings);
	if (r < 0)
		return r;
	*ret_settings = scope_take_ptr(settings);
	return 0;
}

int settings_for_each(const struct settings *settings,
		      int (*each)(const struct setting *setting,
				  void *userdata),
		      void *userdata)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct settings_row *row = &settings_table[i];
		char value[SETTING_VALUE_MAX];
		const struct setting setting = {
			.section = row->section,
			.key = row->key,
			.value = value,
			.default_value = row->default_value,
			.help = row->help,
		};
		struct text text;
		int r;

		text_init(&text, value, sizeof(value));
		setting_format(row->type, settings_at_const(settings, row),
			       &text);
		r = each(&setting, userdata);
		if (r != 0)
			return r;
	}
	return 0;
}

struct dump {
	FILE *stream;
	const char *section; /* of the row before */
};

static int dump_row(const struct setting *setting, void *userdata)
{
	struct dump *dump = userdata;

	if (!dump->section || strcmp(dump->section, setting->section) != 0)
		fprintf(dump->stream, "%s[%s]\n", dump->section ? "\n" : "",
			setting->section);
	dump->section = setting->section;
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
