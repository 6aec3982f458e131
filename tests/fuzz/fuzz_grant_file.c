/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of grants: nothing that is handed on lacks what a grant needs, and no
 * fault lies outside the file. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/grant_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_line(const int64_t *n_lines, int64_t line)
{
	if (line < 1 || line > *n_lines)
		abort();
}

static int see_grant(json_t *grant, void *userdata)
{
	check_line(userdata,
		   json_integer_value(json_object_get(grant, "line")));
	for (size_t i = GRANT_COLUMN_HOLDER; i <= GRANT_COLUMN_RIGHT; i++)
		if (json_string_length(
			    json_object_get(grant, grant_columns[i])) == 0)
			abort();
	json_decref(grant);
	return 0;
}

static void see_fault(int64_t line, const char *sentence, void *userdata)
{
	check_line(userdata, line);
	if (!*sentence || strlen(sentence) > 400)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	int64_t n_lines = 2;
	struct grant_file_args args = { .n = n,
					.grant = see_grant,
					.fault = see_fault,
					.userdata = &n_lines };
	/* Exactly so large: a byte too far is seen. */
	char *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, bytes, n);
	for (size_t i = 0; i < n; i++)
		n_lines += bytes[i] == '\n';
	args.bytes = copy;
	(void)!grant_file_read(&args);
	free(copy);
	return 0;
}
