/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/word_list.h"

#include <string.h>

#include "base/scope.h"

json_t *word_list_json(const char *words)
{
	scope(json_decrefp) json_t *list = json_array();

	for (const char *word = words; list && *word;) {
		size_t n = strcspn(word, ",");

		if (json_array_append_new(list, json_stringn(word, n)) < 0)
			return NULL;
		word += n + (word[n] == ',');
	}
	return scope_take_ptr(list);
}
