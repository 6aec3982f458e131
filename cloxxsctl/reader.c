/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/reader.h"

#include <stdlib.h>

#include "base/scope.h"

enum language reader_language(const char *named)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES",
						 "LANG" };
	enum language found;

	for (size_t i = 0; !named && i < ARRAY_SIZE(variables); i++) {
		const char *value = secure_getenv(variables[i]);

		if (value && *value)
			named = value;
	}
	found = named ? language_find(named) : LANGUAGE_NONE;
	return found == LANGUAGE_NONE ? LANGUAGE_ENGLISH : found;
}
