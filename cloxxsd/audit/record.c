/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/audit/record.h"

const char *record_result_name(enum record_result result)
{
	static const char *const names[_RECORD_RESULT_N] = {
		[RECORD_DENIED] = "denied",
		[RECORD_ALLOWED] = "allowed",
		[RECORD_DONE] = "done",
		[RECORD_FAILED] = "failed",
	};

	return names[result];
}
