/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/key_type.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "courier/answer.h"
#include "courier/vault.h"

#define LIST_MAX 64
#define STATUS_MAX 999

static int refuse(struct text *why, const char *fault)
{
	text_add(why, fault);
	return KEY_TYPE_E_INVALID;
}

static int set_string(void *at, const char *value, size_t n)
{
	char *copy = strndup(value, n);

	if (!copy)
		return -ENOMEM;
	free(*(char **)at);
	*(char **)at = copy;
	return 0;
}

static int parse_text(const struct key_row *row, const char *value, void *at,
		      struct text *why)
{
	(void)row;
	if (*value == '\0')
		return refuse(why, "is empty");
	return set_string(at, value, strlen(value));
}

static int parse_path(const struct key_row *row, const char *value, void *at,
		      struct text *why)
{
	(void)row;
	if (value[0] != '/')
		return refuse(why, "is no absolute path");
	return set_string(at, value, strlen(value));
}

static int parse_name(const struct key_row *row, const char *value, void *at,
		      struct text *why)
{
	(void)row;
	if (!vault_is_name(value, strlen(value)))
		return refuse(why, "takes letters, digits, '.', '_' and '-', "
				   "64 at most");
	return set_string(at, value, strlen(value));
}

static int parse_credential(const struct key_row *row, const char *value,
			    void *at, struct text *why)
{
	static const char prefix[] = "credential:";

	/* The value may be the secret itself: it is not repeated. */
	if (strncmp(value, prefix, strlen(prefix)) != 0)
		return refuse(why, "reads credential:NAME; no secret stands in "
				   "a configuration");
	return parse_name(row, value + strlen(prefix), at, why);
}

static int parse_pointer(const struct key_row *row, const char *value, void *at,
			 struct text *why)
{
	(void)row;
	if (!condition_is_pointer(value))
		return refuse(why, "is no JSON pointer: /name/0/name");
	return set_string(at, value, strlen(value));
}

static int parse_figures(const struct key_row *row, const char *value, void *at,
			 struct text *why)
{
	size_t n = strspn(value, "0123456789");

	if (value[n] || n < row->min || n > row->max) {
		text_add_format(why, "takes %u to %u figures", row->min,
				row->max);
		return KEY_TYPE_E_INVALID;
	}
	return set_string(at, value, n);
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void scope_list(char ***list)
{
	free_list(*list);
}

/* Words between separators; blanks around them are dropped. */
static int split(const char *value, const char *separators, struct text *why,
		 char ***ret_list)
{
	scope(scope_list) char **list = calloc(LIST_MAX + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	while (*value) {
		size_t length = strcspn(value, separators), end = length;
		const char *next = value + length + (value[length] ? 1 : 0);

		while (end > 0 && *value == ' ') {
			value++;
			end--;
		}
		while (end > 0 && value[end - 1] == ' ')
			end--;
		if (end == 0 && *separators == ',')
			return refuse(why, "has an empty item");
		if (n == LIST_MAX)
			return refuse(why, "has more than 64 items");
		if (end > 0) {
			list[n] = strndup(value, end);
			if (!list[n++])
				return -ENOMEM;
		}
		value = next;
	}
	*ret_list = scope_take_ptr(list);
	return 0;
}

static int parse_names(const struct key_row *row, const char *value, void *at,
		       struct text *why)
{
	scope(scope_list) char **list = NULL;
	int r = split(value, ",", why, &list);

	(void)row;
	if (r != 0)
		return r;
	for (size_t i = 0; list[i]; i++) {
		if (!vault_is_name(list[i], strlen(list[i])))
			return refuse(why, "takes names of letters, digits, "
					   "'.', '_' and '-', by comma");
		for (size_t k = 0; k < i; k++)
			if (strcmp(list[i], list[k]) == 0)
				return refuse(why, "has a name twice");
	}
	free_list(*(char ***)at);
	*(char ***)at = scope_take_ptr(list);
	return 0;
}

static int parse_words(const struct key_row *row, const char *value, void *at,
		       struct text *why)
{
	scope(scope_list) char **list = NULL;
	int r = split(value, " \t", why, &list);

	(void)row;
	if (r != 0)
		return r;
	free_list(*(char ***)at);
	*(char ***)at = scope_take_ptr(list);
	return 0;
}

/* Figures only; false where there are none, or too many. */
static bool read_number(const char **value, uint32_t *ret_number)
{
	size_t n = strspn(*value, "0123456789");
	uint32_t number = 0;

	if (n == 0 || n > 9)
		return false;
	for (size_t i = 0; i < n; i++)
		number = number * 10 + (uint32_t)((*value)[i] - '0');
	*value += n;
	*ret_number = number;
	return true;
}

static int parse_count(const struct key_row *row, const char *value, void *at,
		       struct text *why)
{
	uint32_t number = 0;

	if (!read_number(&value, &number) || *value || number < row->min ||
	    number > row->max) {
		text_add_format(why, "takes a number from %u to %u", row->min,
				row->max);
		return KEY_TYPE_E_INVALID;
	}
	*(uint32_t *)at = number;
	return 0;
}

static int parse_time(const struct key_row *row, const char *value, void *at,
		      struct text *why)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
	uint32_t number = 0;

	if (read_number(&value, &number))
		for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
			uint64_t ms = (uint64_t)number * units[i].ms;

			if (strcmp(value, units[i].unit) != 0 ||
			    ms < row->min || ms > row->max)
				continue;
			*(uint32_t *)at = (uint32_t)ms;
			return 0;
		}
	text_add_format(why,
			"takes a time such as 500ms or 3s, from %ums to "
			"%us",
			row->min, row->max / 1000);
	return KEY_TYPE_E_INVALID;
}

static int parse_choice(const struct key_row *row, const char *value, void *at,
			struct text *why)
{
	text_add(why, "is none of");
	for (unsigned int i = 0; row->words[i]; i++) {
		if (strcmp(row->words[i], value) == 0) {
			*(unsigned int *)at = i;
			return 0;
		}
		text_add_format(why, "%s %s", i > 0 ? "," : "", row->words[i]);
	}
	return KEY_TYPE_E_INVALID;
}

static bool read_range(const char *item, struct answer_range *ret_range)
{
	uint32_t from = 0, to = 0;

	if (!read_number(&item, &from))
		return false;
	to = from;
	if (*item == '-' && (item++, !read_number(&item, &to)))
		return false;
	*ret_range = (struct answer_range){ (int)from, (int)to };
	return !*item && from <= to && to <= STATUS_MAX;
}

static int parse_statuses(const struct key_row *row, const char *value,
			  void *at, struct text *why)
{
	struct answer_statuses statuses = { 0 };
	scope(scope_list) char **list = NULL;
	int r = split(value, ",", why, &list);

	(void)row;
	if (r != 0)
		return r;
	for (size_t i = 0; list[i]; i++)
		if (i == ANSWER_RANGES_MAX ||
		    !read_range(list[i], &statuses.ranges[statuses.n++]))
			return refuse(why, "takes statuses, as 200, 400-499, "
					   "16 at most");
	*(struct answer_statuses *)at = statuses;
	return 0;
}

static int parse_conditions(const struct key_row *row, const char *value,
			    void *at, struct text *why)
{
	scope(condition_list_deinit) struct condition_list conditions = { 0 };
	scope(scope_list) char **list = NULL;
	int r = split(value, ",", why, &list);

	(void)row;
	for (size_t i = 0; r == 0 && list[i]; i++) {
		if (i == CONDITIONS_MAX)
			return refuse(why, "has more than 4 conditions");
		r = condition_init(&conditions.list[i], list[i], why);
		if (r == 0)
			conditions.n++;
	}
	if (r != 0)
		return r;
	condition_list_deinit(at);
	*(struct condition_list *)at = conditions;
	conditions = (struct condition_list){ 0 };
	return 0;
}

static void free_regex(regex_t *regex)
{
	if (regex)
		regfree(regex);
	free(regex);
}

static int parse_regex(const struct key_row *row, const char *value, void *at,
		       struct text *why)
{
	regex_t *regex = calloc(1, sizeof(*regex));
	int r;

	(void)row;
	if (!regex)
		return -ENOMEM;
	r = regcomp(regex, value, REG_EXTENDED | REG_NOSUB);
	if (r != 0) {
		free(regex);
		return r == REG_ESPACE
			       ? -ENOMEM
			       : refuse(why, "is no regular expression");
	}
	free_regex(*(regex_t **)at);
	*(regex_t **)at = regex;
	return 0;
}

static int (*const parsers[])(const struct key_row *row, const char *value,
			      void *at, struct text *why) = {
	[KEY_TEXT] = parse_text,
	[KEY_PATH] = parse_path,
	[KEY_NAME] = parse_name,
	[KEY_CREDENTIAL] = parse_credential,
	[KEY_POINTER] = parse_pointer,
	[KEY_FIGURES] = parse_figures,
	[KEY_NAMES] = parse_names,
	[KEY_WORDS] = parse_words,
	[KEY_COUNT] = parse_count,
	[KEY_TIME] = parse_time,
	[KEY_CHOICE] = parse_choice,
	[KEY_STATUSES] = parse_statuses,
	[KEY_CONDITIONS] = parse_conditions,
	[KEY_REGEX] = parse_regex,
};

int key_type_parse(const struct key_row *row, const char *value, void *at,
		   struct text *why)
{
	return parsers[row->type](row, value, at, why);
}

void key_type_free(const struct key_row *row, void *at)
{
	switch (row->type) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_NAME:
	case KEY_CREDENTIAL:
	case KEY_POINTER:
	case KEY_FIGURES:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case KEY_NAMES:
	case KEY_WORDS:
		free_list(*(char ***)at);
		*(char ***)at = NULL;
		break;
	case KEY_CONDITIONS:
		condition_list_deinit(at);
		break;
	case KEY_REGEX:
		free_regex(*(regex_t **)at);
		*(regex_t **)at = NULL;
		break;
	case KEY_COUNT:
	case KEY_TIME:
	case KEY_CHOICE:
	case KEY_STATUSES:
		break;
	}
}
