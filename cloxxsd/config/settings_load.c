/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "cloxxsd/config/settings_table.h"
#include "conf/dropins.h"
#include "conf/ini.h"
#include "conf/trusted_file.h"

/* Where a row was set last. */
struct origin {
	unsigned int file; /* 0: by default */
	unsigned int line;
};

struct loader {
	struct settings *settings;
	struct findings findings;
	struct origin origins[SETTINGS_ROWS_MAX];
	/* The same for items, in the order in which they were met. */
	struct item {
		const struct settings_section *section;
		size_t i; /* in its list */
		struct origin origin;
		struct origin origins[SETTINGS_ROWS_MAX];
	} items[SETTINGS_ITEMS_MAX];
	size_t n_items;
	unsigned int file; /* the one being read, from 1 on */
	char *paths[DROPINS_MAX + 2];
};

static void loader_deinit(struct loader *loader)
{
	for (size_t i = 0; i < ARRAY_SIZE(loader->paths); i++)
		free(loader->paths[i]);
	settings_freep(&loader->settings);
}

static void find_unknown_section(struct loader *loader,
				 const struct ini_entry *entry)
{
	struct findings_quote quote =
		findings_quote(entry->section, strlen(entry->section));
	const char *near = settings_section_near(entry->section);

	findings_add(&loader->findings, entry->file, entry->line,
		     "unknown section %s%s%s%s", quote.text,
		     near ? ", did you mean [" : "", near ? near : "",
		     near ? "]?" : "");
}

static void find_unknown_key(struct loader *loader,
			     const struct ini_entry *entry)
{
	struct findings_quote quote =
		findings_quote(entry->key, strlen(entry->key));
	const char *section = settings_section_of_key(entry->key);
	const char *near = settings_key_near(entry->section, entry->key);

	if (section)
		findings_add(&loader->findings, entry->file, entry->line,
			     "key %s stands in [%s], not in [%s]", quote.text,
			     section, entry->section);
	else
		findings_add(&loader->findings, entry->file, entry->line,
			     "unknown key %s in [%s]%s%s%s", quote.text,
			     entry->section, near ? ", did you mean '" : "",
			     near ? near : "", near ? "'?" : "");
}

static int set_value(struct loader *loader, const struct ini_entry *entry,
		     const struct settings_row *row, void *object)
{
	struct findings_quote quote =
		findings_quote(entry->value, strlen(entry->value));
	char buffer[256];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = setting_parse(row->type, &row->bounds, entry->value,
			  (char *)object + row->offset, &why);
	if (r <= 0)
		return r;
	findings_add(&loader->findings, entry->file, entry->line, "%s: %s %s%s",
		     entry->key, quote.text, buffer,
		     strpbrk(entry->value, "#;")
			     ? " (a comment needs a line of its own)"
			     : "");
	return 0;
}

static void *item_object(const struct loader *loader, const struct item *item)
{
	return settings_item(loader->settings, item->section, item->i);
}

/* The item of that name, or NULL. */
static struct item *find_item(struct loader *loader,
			      const struct settings_section *section,
			      const char *name)
{
	for (size_t i = 0; i < loader->n_items; i++) {
		struct item *item = &loader->items[i];

		if (item->section == section &&
		    strcmp(*(char **)item_object(loader, item), name) == 0)
			return item;
	}
	return NULL;
}

static const char *name_fault(const struct loader *loader, const char *name)
{
	if (!name)
		return "needs a name: [section NAME]";
	if (!name_is_service(name, strlen(name)) ||
	    strlen(name) > SETTINGS_NAME_MAX)
		return "takes a name of letters, digits, '.', '_' and '-', 64 "
		       "at most";
	if (loader->n_items == SETTINGS_ITEMS_MAX)
		return "stands more often than 64 times, all such sections "
		       "together";
	return NULL;
}

/* The line [section NAME]. */
static int take_item(struct loader *loader, const struct ini_entry *entry,
		     const struct settings_section *section)
{
	const char *fault;
	struct item *item;

	if (entry->name && find_item(loader, section, entry->name))
		return 0;
	fault = name_fault(loader, entry->name);
	if (fault) {
		findings_add(&loader->findings, entry->file, entry->line,
			     "[%s] %s", section->section, fault);
		return 0;
	}
	item = &loader->items[loader->n_items++];
	item->section = section;
	item->i = settings_n_items(loader->settings, section);
	item->origin = (struct origin){ loader->file, entry->line };
	return settings_add_item(loader->settings, section, entry->name);
}

/* The line [section] or [section NAME]. */
static int take_section(struct loader *loader, const struct ini_entry *entry,
			const struct settings_section *section)
{
	if (!settings_section_exists(entry->section))
		find_unknown_section(loader, entry);
	else if (section)
		return take_item(loader, entry, section);
	else if (entry->name)
		findings_add(&loader->findings, entry->file, entry->line,
			     "[%s] takes no name", entry->section);
	return 0;
}

static int take_entry(const struct ini_entry *entry, void *userdata)
{
	struct loader *loader = userdata;
	const struct settings_section *section =
		settings_section_find(entry->section);
	const struct settings_row *row;
	struct origin *origin;
	struct item *item = NULL;

	if (!entry->key)
		return take_section(loader, entry, section);
	/* One finding a section, not one a key. */
	if (!settings_section_exists(entry->section))
		return 0;
	if (section)
		item = entry->name ? find_item(loader, section, entry->name)
				   : NULL;
	if (section && !item)
		return 0;
	row = settings_row_find(entry->section, entry->key);
	if (!row) {
		find_unknown_key(loader, entry);
		return 0;
	}
	origin =
		&(item ? item->origins : loader->origins)[row - settings_table];
	if (origin->file == loader->file) {
		findings_add(&loader->findings, entry->file, entry->line,
			     "%s stands in line %u already", entry->key,
			     origin->line);
		return 0;
	}
	*origin = (struct origin){ loader->file, entry->line };
	return set_value(loader, entry, row,
			 item ? item_object(loader, item)
			      : (void *)loader->settings);
}

/* Reads one file; ownership of path goes to the loader. */
static int load_file(struct loader *loader, int directory_fd, const char *name,
		     char *path)
{
	struct trusted_file file = { .directory_fd = directory_fd,
				     .name = name,
				     .shown = path,
				     .kind = TRUSTED_FILE_REGULAR };
	struct ini_reader reader = { .findings = &loader->findings,
				     .each = take_entry,
				     .userdata = loader };
	scope(scope_close) int fd = -1;
	int r;

	if (!path)
		return -ENOMEM;
	loader->paths[++loader->file] = path;
	r = trusted_file_open(&file, &loader->findings, &fd);
	if (r < 0)
		return r;
	if (r > 0)
		return 0;
	return ini_read(&reader, path, fd);
}

static int load_dropin(const struct dropin *dropin, void *userdata)
{
	return load_file(userdata, dropin->directory_fd, dropin->name,
			 strdup(dropin->path));
}

static int load_directory(struct loader *loader, const char *directory)
{
	return dropins_for_each(directory, &loader->findings, load_dropin,
				loader);
}

/* What one key cannot know of another. */
static void cross_check(struct loader *loader)
{
	const struct settings_row *memory =
		settings_row_find("workers", "memory");
	const struct settings_row *hash =
		settings_row_find("password", "hash_memory");
	const struct origin *origin = &loader->origins[memory - settings_table];
	char buffers[2][32];
	struct text texts[2];

	if (loader->settings->workers_memory >= loader->settings->hash_memory)
		return;
	if (origin->file == 0)
		origin = &loader->origins[hash - settings_table];
	text_init(&texts[0], buffers[0], sizeof(buffers[0]));
	text_init(&texts[1], buffers[1], sizeof(buffers[1]));
	setting_format(memory->type, settings_at(loader->settings, memory),
		       &texts[0]);
	setting_format(hash->type, settings_at(loader->settings, hash),
		       &texts[1]);
	findings_add(&loader->findings, loader->paths[origin->file],
		     origin->line,
		     "memory of [workers], %s, does not hold one hash_memory "
		     "of [password], %s",
		     buffers[0], buffers[1]);
}

static const struct origin *origin_of(const struct loader *loader,
				      const char *key)
{
	return &loader->origins[settings_row_find("password", key) -
				settings_table];
}

/* What the preset asks of key, as it would be written. */
static void write_hold(const struct password_preset_row *row,
		       enum password_preset preset, struct text *text)
{
	const struct settings_row *setting =
		settings_row_find("password", row->key);
	enum password_hold hold = row->presets[preset].hold;

	text_add(text, hold == PASSWORD_HOLD_SAME   ? ""
		       : hold == PASSWORD_HOLD_MOST ? "at most "
						    : "at least ");
	setting_format(setting->type, &row->presets[preset].value, text);
	if (hold == PASSWORD_HOLD_LEAST_0)
		text_add(text, " or 0");
}

/*
 * What the preset says of keys that nobody set, and whether those that were set
 * are as strict.
 */
static void apply_preset(struct loader *loader)
{
	struct password_policy *policy = &loader->settings->password;
	enum password_preset preset = policy->preset;
	struct password_policy held = *policy;

	password_preset_apply(preset, &held);
	for (size_t i = 0; i < password_preset_rows_n; i++) {
		const struct password_preset_row *row =
			&password_preset_rows[i];
		const struct origin *origin = origin_of(loader, row->key);
		uint32_t *value = (uint32_t *)((char *)policy + row->offset);
		char asked[32];
		struct text text;

		if (origin->file == 0) {
			memcpy(value, (char *)&held + row->offset,
			       sizeof(*value));
			continue;
		}
		if (password_preset_takes(row, preset, *value))
			continue;
		text_init(&text, asked, sizeof(asked));
		write_hold(row, preset, &text);
		findings_add(&loader->findings, loader->paths[origin->file],
			     origin->line,
			     "preset %s wants %s %s; another value takes "
			     "preset = custom",
			     password_preset_name(preset), row->key, asked);
	}
}

static void check_password(struct loader *loader)
{
	const struct password_policy *policy = &loader->settings->password;
	const struct origin *trial = origin_of(loader, "trial");
	const struct origin *age = origin_of(loader, "min_age");

	if (age->file == 0)
		age = origin_of(loader, "max_age");
	if (policy->max_age_s > 0 && policy->min_age_s >= policy->max_age_s &&
	    age->file != 0)
		findings_add(&loader->findings, loader->paths[age->file],
			     age->line,
			     "min_age of [password] is not below max_age: "
			     "nobody could change a password in time");
	if (loader->settings->trial && policy->preset == PASSWORD_PRESET_CUSTOM)
		findings_add(&loader->findings, loader->paths[trial->file],
			     trial->line,
			     "trial = yes needs preset = modern or bio: custom "
			     "would leave nothing in force");
}

/* What must be set, in each section with a name. */
static void check_items(struct loader *loader)
{
	for (size_t i = 0; i < loader->n_items; i++)
		for (size_t k = 0; k < settings_table_n; k++) {
			const struct settings_row *row = &settings_table[k];
			const struct item *item = &loader->items[i];

			if (settings_section_find(row->section) !=
				    item->section ||
			    row->default_value || item->origins[k].file != 0)
				continue;
			findings_add(&loader->findings,
				     loader->paths[item->origin.file],
				     item->origin.line,
				     "[%s %s] needs %s = ...", row->section,
				     *(char **)item_object(loader, item),
				     row->key);
		}
}

/* The service for which an account speaks is found by the account. */
static void check_account(struct loader *loader, size_t i)
{
	const struct settings_row *row =
		settings_row_find("service", "account");
	const struct item *item = &loader->items[i];
	const struct settings_service *service = item_object(loader, item);
	const struct origin *origin = &item->origins[row - settings_table];

	for (size_t k = 0; service->account && k < i; k++) {
		const struct item *other = &loader->items[k];
		const struct settings_service *one = item_object(loader, other);

		if (other->section != item->section || !one->account ||
		    strcmp(one->account, service->account) != 0)
			continue;
		findings_add(&loader->findings, loader->paths[origin->file],
			     origin->line,
			     "account %s speaks for [service %s] already: one "
			     "account is one service",
			     service->account, one->name);
		return;
	}
}

static void check_accounts(struct loader *loader)
{
	const struct settings_section *section =
		settings_section_find("service");

	for (size_t i = 0; i < loader->n_items; i++)
		if (loader->items[i].section == section)
			check_account(loader, i);
}

/* The texts of the notice, from where the key says that they are. */
static int load_notice(struct loader *loader)
{
	const struct settings_row *row = settings_row_find("notice", "text");
	const struct origin *origin = &loader->origins[row - settings_table];
	const struct notice_text_args args = {
		.form = loader->settings->notice_text,
		.version = loader->settings->notice_version,
		.file = loader->paths[origin->file],
		.line = origin->line,
	};

	return notice_texts_load(&args, &loader->findings,
				 &loader->settings->notice);
}

/* The end of each load: what was found decides. */
static int finish(struct loader *loader, int r, struct settings **ret_settings)
{
	if (r < 0)
		return r;
	if (loader->findings.n == 0)
		apply_preset(loader);
	if (loader->findings.n == 0)
		cross_check(loader);
	if (loader->findings.n == 0)
		check_password(loader);
	if (loader->findings.n == 0)
		check_items(loader);
	if (loader->findings.n == 0)
		check_accounts(loader);
	if (loader->findings.n > 0)
		return SETTINGS_E_INVALID;
	*ret_settings = scope_take_ptr(loader->settings);
	return 0;
}

int settings_load(const char *file, const char *directory, struct text *error,
		  struct settings **ret_settings)
{
	scope(loader_deinit) struct loader loader = {
		.findings = { .text = error },
	};
	int r;

	r = settings_new(&loader.settings);
	if (r == 0)
		r = load_file(&loader, AT_FDCWD, file, strdup(file));
	if (r == 0)
		r = load_directory(&loader, directory);
	if (r == 0 && loader.findings.n == 0)
		r = load_notice(&loader);
	return finish(&loader, r, ret_settings);
}

int settings_parse(const char *file, char *bytes, size_t n, struct text *error,
		   struct settings **ret_settings)
{
	scope(loader_deinit) struct loader loader = {
		.findings = { .text = error },
	};
	struct ini_reader reader = { .findings = &loader.findings,
				     .each = take_entry,
				     .userdata = &loader };
	int r;

	loader.paths[++loader.file] = strdup(file);
	if (!loader.paths[loader.file])
		return -ENOMEM;
	r = settings_new(&loader.settings);
	if (r == 0)
		r = ini_parse(&reader, file, bytes, n);
	return finish(&loader, r, ret_settings);
}
