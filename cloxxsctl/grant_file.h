/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grant file: grants as they stand in a file of CSV, with the header
 *
 *     holder,project,right,service,until
 *
 * in any order; service and until may be left out. Read into the objects that
 * the daemon's method GrantsPut takes. It says what is no such file; what is no
 * such grant the daemon says. A field may have the apostrophe before it by
 * which an export keeps it from being a formula.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

enum grant_column {
	GRANT_COLUMN_HOLDER,
	GRANT_COLUMN_PROJECT,
	GRANT_COLUMN_RIGHT,
	GRANT_COLUMN_SERVICE,
	GRANT_COLUMN_UNTIL,
	_GRANT_COLUMN_N,
};
extern const char *const grant_columns[_GRANT_COLUMN_N];

struct grant_file_args {
	const char *bytes;
	size_t n;
	/* Takes grant, who has its line in it. What it returns other than 0
	 * ends the reading and is handed up. */
	int (*grant)(json_t *grant, void *userdata);
	void (*fault)(int64_t line, const char *sentence, void *userdata);
	void *userdata;
};

/* -ENOMEM, or what grant returned. */
must_check int grant_file_read(const struct grant_file_args *args);
