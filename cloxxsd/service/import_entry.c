/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/import_entry.h"

#include <string.h>

#include "cloxxsd/attempt/foreign_hash.h"
#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/user_networks.h"

struct reading {
	struct import_entry *entry;
	struct secret *hash;
	struct text *fault;
};

static void read_name(json_t *value, struct reading *reading)
{
	const char *name = json_string_value(value);

	if (!name || !name_is_user(name, strlen(name)))
		text_add(reading->fault, ADMIN_NAME_RULE);
	else if (name_is_reserved(name, strlen(name)))
		text_add(reading->fault, ADMIN_NAME_RESERVED);
	else
		memcpy(reading->entry->user.name, name, strlen(name) + 1);
}

static void read_uid(json_t *value, struct reading *reading)
{
	json_int_t uid = json_integer_value(value);

	if (!json_is_integer(value) || uid < 0 || uid > UINT32_MAX)
		text_add(reading->fault, "It must be a number.");
	else
		reading->entry->user.uid = (uint32_t)uid;
}

static void read_role(json_t *value, struct reading *reading)
{
	const char *role = json_string_value(value);

	if (!role || !user_role_find(role, &reading->entry->user.role))
		text_add(reading->fault, ADMIN_ROLE_RULE);
}

static void read_enabled(json_t *value, struct reading *reading)
{
	if (!json_is_boolean(value))
		text_add(reading->fault, "It must be true or false.");
	reading->entry->user.enabled = json_is_true(value);
}

static void read_services(json_t *value, struct reading *reading)
{
	char list[ADMIN_SERVICES_MAX];
	const char *fault = "It must be a list of names.";
	struct text text;

	text_init(&text, list, sizeof(list));
	if (json_is_array(value))
		fault = admin_services_fault(value, &text);
	if (fault)
		text_add(reading->fault, fault);
	else
		memcpy(reading->entry->user.services, list, sizeof(list));
}

static void read_path(json_t *value, char buffer[USER_PATH_MAX],
		      struct text *fault)
{
	const char *path = json_string_value(value);

	if (!path || !name_is_path(path, strlen(path)))
		text_add(fault, ADMIN_PATH_RULE);
	else
		memcpy(buffer, path, strlen(path) + 1);
}

static void read_shell(json_t *value, struct reading *reading)
{
	read_path(value, reading->entry->user.shell, reading->fault);
}

static void read_home(json_t *value, struct reading *reading)
{
	read_path(value, reading->entry->user.home, reading->fault);
}

static void read_language(json_t *value, struct reading *reading)
{
	const char *language = json_string_value(value);

	if (!language || !admin_is_language(language))
		text_add(reading->fault, ADMIN_LANGUAGE_RULE);
	else
		memcpy(reading->entry->user.language, language,
		       strlen(language) + 1);
}

static void read_networks(json_t *value, struct reading *reading)
{
	if (json_is_array(value))
		user_networks_read(value, reading->entry->user.networks,
				   reading->fault);
	else
		text_add(reading->fault, "It must be a list of networks.");
}

static void read_time(json_t *value, int64_t *at, struct text *fault)
{
	if (!json_is_integer(value) ||
	    !admin_is_time(json_integer_value(value)))
		text_add(fault, ADMIN_TIME_RULE);
	else
		*at = json_integer_value(value);
}

static void read_not_before(json_t *value, struct reading *reading)
{
	read_time(value, &reading->entry->user.not_before, reading->fault);
}

static void read_not_after(json_t *value, struct reading *reading)
{
	read_time(value, &reading->entry->user.not_after, reading->fault);
}

static void read_hours(json_t *value, struct reading *reading)
{
	const char *hours = json_string_value(value);

	if (!hours)
		text_add(reading->fault, "It must be a text.");
	else
		(void)admin_read_hours(hours, reading->entry->user.hours,
				       reading->fault);
}

static void read_hash(json_t *value, struct reading *reading)
{
	const char *hash = json_string_value(value);
	uint64_t memory;

	if (!hash || foreign_hash_inspect(hash, &memory) != 0 ||
	    secret_set(reading->hash, hash, strlen(hash)) != 0)
		text_add(reading->fault,
			 "Only $y$ (to cost 8), $6$ (to 1000000 rounds), $2b$ "
			 "and $2y$ (to cost 14) are taken.");
}

static const struct {
	const char *name;
	uint32_t given;
	void (*read)(json_t *value, struct reading *reading);
} attributes[] = {
	{ "line", 0, NULL },
	{ "name", 0, read_name },
	{ "uid", IMPORT_UID, read_uid },
	{ "wanted_uid", IMPORT_WANTED_UID, read_uid },
	{ "role", IMPORT_ROLE, read_role },
	{ "enabled", IMPORT_ENABLED, read_enabled },
	{ "services", IMPORT_SERVICES, read_services },
	{ "shell", IMPORT_SHELL, read_shell },
	{ "home", IMPORT_HOME, read_home },
	{ "language", IMPORT_LANGUAGE, read_language },
	{ "networks", IMPORT_NETWORKS, read_networks },
	{ "not_before", IMPORT_NOT_BEFORE, read_not_before },
	{ "not_after", IMPORT_NOT_AFTER, read_not_after },
	{ "hours", IMPORT_HOURS, read_hours },
	{ "password_hash", IMPORT_PASSWORD, read_hash },
};

/* Returns whether there is such an attribute. */
static bool read_attribute(const char *name, json_t *value,
			   struct reading *reading)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (strcmp(attributes[i].name, name) != 0)
			continue;
		if (json_is_null(value) || !attributes[i].read)
			return true;
		reading->entry->given |= attributes[i].given;
		attributes[i].read(value, reading);
		return true;
	}
	return false;
}

bool import_entry_read(json_t *object, struct import_entry *ret_entry,
		       struct secret *ret_hash, struct text *fault)
{
	struct reading reading = { ret_entry, ret_hash, fault };
	const char *name;
	json_t *value;

	*ret_entry = (struct import_entry){
		.line = json_integer_value(json_object_get(object, "line")),
		.user.enabled = true,
	};
	json_object_foreach(object, name, value)
	{
		char sentence[224] = "";
		struct text text;

		text_init(&text, sentence, sizeof(sentence));
		reading.fault = &text;
		if (!read_attribute(name, value, &reading))
			text_add(&text, "There is no such attribute.");
		if (text.n == 0)
			continue;
		text_add_escaped(fault, name, strnlen(name, 40));
		text_add_format(fault, ": %s", sentence);
		return false;
	}
	if (!*ret_entry->user.name)
		text_add(fault, "name: It is missing.");
	return *ret_entry->user.name != '\0';
}
