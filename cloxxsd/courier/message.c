/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/courier/message.h"

#include <string.h>

#include "base/text.h"

static const char *const kind_names[_COURIER_KINDS] = {
	[_COURIER_NONE] = "",
	[COURIER_SMS] = "sms",
	[COURIER_MAIL] = "mail",
	[COURIER_WEBHOOK] = "webhook",
};

static const char *const result_names[_COURIER_RESULTS] = {
	[COURIER_UNCERTAIN] = "uncertain",
	[COURIER_ACCEPTED] = "accepted",
	[COURIER_REFUSED] = "refused",
	[COURIER_UNREACHABLE] = "unreachable",
};

const char *courier_kind_name(enum courier_kind kind)
{
	return kind < _COURIER_KINDS ? kind_names[kind] : "";
}

const char *courier_result_name(enum courier_result result)
{
	return result < _COURIER_RESULTS ? result_names[result] : "";
}

int message_encode(const struct courier_message *message,
		   json_t **ret_parameters)
{
	json_t *parameters;

	if (message->kind <= _COURIER_NONE || message->kind >= _COURIER_KINDS ||
	    message->timeout_ms == 0 ||
	    message->timeout_ms > COURIER_TIMEOUT_MAX_MS)
		return -EINVAL;
	if (strlen(message->text) > COURIER_TEXT_MAX)
		return -EMSGSIZE;
	parameters = json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s?}", "kind",
			       kind_names[message->kind], "to", message->to,
			       "subject", message->subject, "text",
			       message->text, "reference", message->reference,
			       "route", message->route);
	if (!parameters)
		return -EINVAL;
	*ret_parameters = parameters;
	return 0;
}

static void take(char *place, size_t size, const char *value)
{
	struct text text;

	text_init(&text, place, size);
	/* As much as fits: for people to read. */
	for (; value && *value && text.n + 4 < size; value++)
		text_add_escaped(&text, value, 1);
}

static enum courier_result find_result(const char *name)
{
	for (int i = 0; name && i < _COURIER_RESULTS; i++)
		if (strcmp(result_names[i], name) == 0)
			return (enum courier_result)i;
	return COURIER_UNCERTAIN;
}

/* An error is told before anything is sent. */
static void decode_error(const char *error, const json_t *parameters,
			 struct courier_answer *ret)
{
	const char *parameter =
		json_string_value(json_object_get(parameters, "parameter"));
	char line[COURIER_DETAIL_MAX];
	struct text text;

	text_init(&text, line, sizeof(line));
	text_add_format(&text, "%.120s%s%.60s", error, parameter ? " " : "",
			parameter ? parameter : "");
	ret->result = COURIER_REFUSED;
	take(ret->detail, sizeof(ret->detail), line);
}

static void decode_passed(const json_t *list, struct courier_answer *ret)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)list, i,
			   one) if (json_is_string(one) &&
				    ret->n_passed < COURIER_PASSED_MAX)
		take(ret->passed[ret->n_passed++], COURIER_ROUTE_MAX,
		     json_string_value(one));
}

void message_decode(const char *bytes, size_t n, struct courier_answer *ret)
{
	json_t *message = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *parameters = json_object_get(message, "parameters");
	const char *error =
		json_string_value(json_object_get(message, "error"));
	const char *result =
		json_string_value(json_object_get(parameters, "result"));

	*ret = (struct courier_answer){ .result = find_result(result) };
	if (error) {
		decode_error(error, parameters, ret);
	} else if (!result) {
		take(ret->detail, sizeof(ret->detail),
		     "no answer of a courier");
	} else {
		take(ret->route, sizeof(ret->route),
		     json_string_value(json_object_get(parameters, "route")));
		take(ret->detail, sizeof(ret->detail),
		     json_string_value(json_object_get(parameters, "detail")));
		decode_passed(json_object_get(parameters, "passed"), ret);
	}
	json_decref(message);
}
