/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/outcome.h"

#include <string.h>

static const struct outcome denied = { "deny", MARK_NO, TONE_BAD };

static const struct outcome others[] = {
	{ "pass", MARK_YES, TONE_GOOD },
	{ "skipped", MARK_SKIPPED, TONE_FAINT },
	{ "trial", MARK_SKIPPED, TONE_WARN },
};

const struct outcome *outcome_of(const json_t *rule)
{
	const char *name = output_member(rule, "outcome", denied.name);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(others[i].name, name) == 0)
			return &others[i];
	return &denied;
}
