/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/options.h"

#include <string.h>

#define TIMEOUT_DEFAULT_S 60

static const struct option_row table[] = {
	{ "debug", OPTION_FLAG, offsetof(struct options, debug), 0, 0 },
	{ "use_first_pass", OPTION_FLAG,
	  offsetof(struct options, use_first_pass), 0, 0 },
	{ "try_first_pass", OPTION_FLAG,
	  offsetof(struct options, try_first_pass), 0, 0 },
	{ "use_authtok", OPTION_FLAG, offsetof(struct options, use_authtok), 0,
	  0 },
	{ "ignore_unknown_user", OPTION_FLAG,
	  offsetof(struct options, ignore_unknown_user), 0, 0 },
	{ "timeout=", OPTION_NUMBER, offsetof(struct options, timeout_s), 1,
	  300 },
	{ "socket=", OPTION_PATH, offsetof(struct options, socket), 0, 0 },
	{ NULL, OPTION_FLAG, 0, 0, 0 },
};

const struct option_row *options_table(void)
{
	return table;
}

/* Decimal digits only; no sign, space or unit. */
static int read_number(const char *value, const struct option_row *row,
		       uint32_t *ret_number)
{
	uint32_t number = 0;
	size_t n = strlen(value);

	if (n < 1 || n > 9)
		return OPTIONS_E_VALUE;
	for (size_t i = 0; i < n; i++) {
		if (value[i] < '0' || value[i] > '9')
			return OPTIONS_E_VALUE;
		number = number * 10 + (uint32_t)(value[i] - '0');
	}
	if (number < row->min || number > row->max)
		return OPTIONS_E_VALUE;
	*ret_number = number;
	return 0;
}

static int read_path(const char *value, char *ret_path)
{
	size_t n = strlen(value);

	if (value[0] != '/' || n > OPTIONS_SOCKET_MAX)
		return OPTIONS_E_VALUE;
	memcpy(ret_path, value, n + 1);
	return 0;
}

static int read_value(const char *value, const struct option_row *row,
		      struct options *options)
{
	void *to = (char *)options + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_NUMBER:
		return read_number(value, row, to);
	case OPTION_PATH:
		return read_path(value, to);
	}
	return OPTIONS_E_VALUE;
}

static bool is_named(const char *word, const struct option_row *row)
{
	return row->kind == OPTION_FLAG
		       ? strcmp(word, row->name) == 0
		       : strncmp(word, row->name, strlen(row->name)) == 0;
}

static int read_word(const char *word, struct options *options)
{
	for (const struct option_row *row = table; row->name; row++)
		if (is_named(word, row))
			return read_value(word + strlen(row->name), row,
					  options);
	return OPTIONS_E_UNKNOWN;
}

int options_parse(int argc, const char **argv, const char *socket,
		  struct options *ret_options, const char **ret_wrong)
{
	*ret_options = (struct options){ .timeout_s = TIMEOUT_DEFAULT_S };
	if (read_path(socket, ret_options->socket) != 0) {
		*ret_wrong = socket;
		return OPTIONS_E_VALUE;
	}
	for (int i = 0; i < argc; i++) {
		int r = read_word(argv[i], ret_options);

		if (r != 0) {
			*ret_wrong = argv[i];
			return r;
		}
	}
	return 0;
}
