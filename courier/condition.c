/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/condition.h"

#include <string.h>

/* Names in an answer that are longer are nobody's. */
#define TOKEN_MAX 128

bool condition_is_pointer(const char *pointer)
{
	if (pointer[0] != '/')
		return false;
	for (; *pointer; pointer++) {
		if ((unsigned char)*pointer <= ' ')
			return false;
		if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
			return false;
	}
	return true;
}

/* An index has no sign and no zeros before it (RFC 6901, section 4). */
static bool read_index(const char *token, size_t *ret_index)
{
	size_t index = 0;

	if (!*token || (token[0] == '0' && token[1]))
		return false;
	for (; *token; token++) {
		if (*token < '0' || *token > '9' || index > 100000)
			return false;
		index = index * 10 + (size_t)(*token - '0');
	}
	*ret_index = index;
	return true;
}

static const json_t *step(const json_t *from, const char *token)
{
	size_t index;

	if (json_is_object(from))
		return json_object_get(from, token);
	if (json_is_array(from) && read_index(token, &index))
		return json_array_get(from, index);
	return NULL;
}

/* The token at pointer, behind its slash; false where it is too long. */
static bool read_token(const char **pointer, char token[TOKEN_MAX + 1])
{
	const char *at = *pointer + 1;
	size_t n = 0;

	for (; *at && *at != '/'; at++) {
		char c = *at;

		if (c == '~')
			c = *++at == '1' ? '/' : '~';
		if (n == TOKEN_MAX)
			return false;
		token[n++] = c;
	}
	token[n] = '\0';
	*pointer = at;
	return true;
}

const json_t *condition_find(const json_t *root, const char *pointer)
{
	char token[TOKEN_MAX + 1];

	while (root && *pointer == '/')
		root = read_token(&pointer, token) ? step(root, token) : NULL;
	return root;
}

void condition_deinit(struct condition *condition)
{
	free(condition->pointer);
	json_decref(condition->value);
	*condition = (struct condition){ 0 };
}

void condition_list_deinit(struct condition_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		condition_deinit(&list->list[i]);
	list->n = 0;
}

static bool is_operator(const char *operator)
{
	return strcmp(operator, "==") == 0 || strcmp(operator, "!=") == 0 ||
	       strcmp(operator, ">=") == 0;
}

static int refuse(struct text *why)
{
	text_add(why, "reads /pointer == value, with ==, != or >=, and a "
		      "number, a \"string\", true, false or null");
	return CONDITION_E_INVALID;
}

int condition_init(struct condition *ret_condition, const char *source,
		   struct text *why)
{
	const char *blank = strchr(source, ' '), *value;
	struct condition condition = { 0 };

	if (!blank || strlen(blank) < 4 || blank[3] != ' ')
		return refuse(why);
	memcpy(condition.operator, blank + 1, 2);
	value = blank + 4;
	condition.pointer = strndup(source, (size_t)(blank - source));
	if (!condition.pointer)
		return -ENOMEM;
	condition.value = json_loads(value, JSON_DECODE_ANY, NULL);
	if (!condition.value || json_is_object(condition.value) ||
	    json_is_array(condition.value) ||
	    !condition_is_pointer(condition.pointer) ||
	    !is_operator(condition.operator) ||
	    (condition.operator[0] ==
	     '>' && !json_is_number(condition.value))) {
		condition_deinit(&condition);
		return refuse(why);
	}
	*ret_condition = condition;
	return 0;
}

static enum condition_answer answer_of(bool holds)
{
	return holds ? CONDITION_TRUE : CONDITION_FALSE;
}

static bool are_equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) >= json_number_value(b) &&
		       json_number_value(a) <= json_number_value(b);
	return json_equal(a, b);
}

enum condition_answer condition_ask(const struct condition *condition,
				    const json_t *answer)
{
	const json_t *found = condition_find(answer, condition->pointer);
	const json_t *value = condition->value;

	if (!found && json_is_null(value) &&
	    condition->operator[0] == '=' && json_is_object(answer))
		return CONDITION_TRUE;
	if (!found)
		return CONDITION_UNKNOWN;
	switch (condition->operator[0]) {
	case '=':
		return answer_of(are_equal(found, value));
	case '!':
		return answer_of(!are_equal(found, value));
	default:
		return answer_of(json_is_number(found) &&
				 json_number_value(found) >=
					 json_number_value(value));
	}
}
