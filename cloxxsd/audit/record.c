/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/audit/record.h"

#include <string.h>

static const char *const names[_RECORD_RESULT_N] = {
	[RECORD_DENIED] = "denied",
	[RECORD_ALLOWED] = "allowed",
	[RECORD_DONE] = "done",
	[RECORD_FAILED] = "failed",
};

const char *record_result_name(enum record_result result)
{
	return names[result];
}

bool record_result_find(const char *name, enum record_result *ret_result)
{
	for (unsigned int i = 0; i < _RECORD_RESULT_N; i++)
		if (strcmp(names[i], name) == 0) {
			*ret_result = (enum record_result)i;
			return true;
		}
	return false;
}
