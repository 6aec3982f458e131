/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "varlink/parameters.h"

#include <string.h>

static bool strings_fit(const json_t *value, size_t max)
{
	size_t n = json_array_size(value);

	if (!json_is_array(value) || n > PARAMETERS_STRINGS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(value, i);

		if (!json_is_string(item) || json_string_length(item) > max)
			return false;
	}
	return true;
}

static bool map_fits(const json_t *value, size_t max)
{
	const char *key;
	json_t *item;

	if (!json_is_object(value) ||
	    json_object_size(value) > PARAMETERS_MAP_MAX)
		return false;
	json_object_foreach((json_t *)(uintptr_t)value, key, item)
	{
		if (!json_is_string(item) || json_string_length(item) > max)
			return false;
	}
	return true;
}

static bool objects_fit(const json_t *value, size_t max)
{
	size_t n = json_array_size(value);

	if (!json_is_array(value) || n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!json_is_object(json_array_get(value, i)))
			return false;
	return true;
}

static bool fits(const struct varlink_parameter *row, const json_t *value)
{
	switch (row->type) {
	case _VARLINK_NONE:
		return false;
	case VARLINK_STRING:
		return json_is_string(value) &&
		       json_string_length(value) <= row->max;
	case VARLINK_INT:
		return json_is_integer(value);
	case VARLINK_BOOL:
		return json_is_boolean(value);
	case VARLINK_STRINGS:
		return strings_fit(value, row->max);
	case VARLINK_MAP:
		return map_fits(value, row->max);
	case VARLINK_OBJECTS:
		return objects_fit(value, row->max);
	}
	return false;
}

static const struct varlink_parameter *find(
	const struct varlink_parameter *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

const char *parameters_check(const struct varlink_parameter *rows,
			     const json_t *parameters)
{
	const struct varlink_parameter *row;
	const char *name;
	json_t *value;

	/* jansson's iterator takes no const, and changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)parameters, name, value)
	{
		if (!find(rows, name))
			return name;
	}
	for (row = rows; row && row->name; row++) {
		value = json_object_get(parameters, row->name);
		if (!value || json_is_null(value)) {
			if (!row->optional)
				return row->name;
		} else if (!fits(row, value)) {
			return row->name;
		}
	}
	return NULL;
}

const char *varlink_object_fault(const struct varlink_parameter *rows,
				 const json_t *object)
{
	return parameters_check(rows, object);
}
