/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of users, the format by the first byte: nothing that is handed on lacks
 * a line, and no fault lies outside the file. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/user_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct seen {
	int64_t n_lines;
};

static void check_line(const struct seen *seen, int64_t line)
{
	if (line < 1 || line > seen->n_lines)
		abort();
}

static int see_user(json_t *user, void *userdata)
{
	check_line(userdata, json_integer_value(json_object_get(user, "line")));
	json_decref(user);
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
	struct seen seen = { .n_lines = 2 };
	struct user_file_args args = { .user = see_user,
				       .fault = see_fault,
				       .userdata = &seen };
	const uint8_t *half;

	if (n == 0)
		return 0;
	/* Exactly so large: a byte too far is seen. */
	args.users.bytes = malloc(n);
	if (!args.users.bytes)
		abort();
	args.users.n = n - 1;
	memcpy(args.users.bytes, bytes + 1, n - 1);
	for (size_t i = 0; i < n; i++)
		seen.n_lines += bytes[i] == '\n';
	switch (bytes[0]) {
	case 'j':
		(void)!user_file_read_json(&args);
		break;
	case 'p':
		half = memchr(bytes, '\0', n);
		args.shadow = args.users;
		if (half)
			args.users.n = (size_t)(half - bytes) - 1;
		(void)!user_file_read_passwd(&args);
		args.users = args.shadow;
		break;
	default:
		(void)!user_file_read_csv(&args);
	}
	user_bytes_deinit(&args.users);
	return 0;
}
