/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/user_networks.h"

#include <string.h>

#include "base/network.h"

#define TOO_MANY "These are more networks than a user can have."

/* The elements joined, as they were given; false where there is no room. */
static bool join(json_t *array, struct text *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
	{
		const char *text = json_string_value(one);

		text_add_format(list, "%s%s", i > 0 ? "," : "",
				text ? text : "");
	}
	return !text_is_cut(list);
}

void user_networks_read(json_t *array, char ret_networks[USER_NETWORKS_MAX],
			struct text *fault)
{
	scope(networks_deinit) struct networks networks = { 0 };
	char given[USER_NETWORKS_MAX], written[USER_NETWORKS_MAX];
	struct networks_fault wrong;
	struct text text;
	int r = 0;

	text_init(&text, given, sizeof(given));
	if (!join(array, &text)) {
		text_add(fault, TOO_MANY);
		return;
	}
	if (json_array_size(array) > 0)
		r = networks_parse(given, &networks, &wrong);
	if (r < 0) {
		text_add(fault, "There is no memory for it.");
		return;
	}
	if (r > 0) {
		networks_fault_write(&wrong, fault);
		text_add(fault, ".");
		return;
	}
	text_init(&text, written, sizeof(written));
	networks_write(&networks, &text);
	if (text_is_cut(&text))
		text_add(fault, TOO_MANY);
	else
		memcpy(ret_networks, written, text.n + 1);
}

/* The next element of a canonical list; "" at its end. */
static const char *take(const char *list, char ret_one[NETWORK_TEXT_MAX])
{
	size_t n = strcspn(list, ",");

	ret_one[0] = '\0';
	if (n < NETWORK_TEXT_MAX) {
		memcpy(ret_one, list, n);
		ret_one[n] = '\0';
	}
	list += n;
	return list + strspn(list, ", ");
}

json_t *user_networks_json(const char *networks)
{
	json_t *array = json_array();
	char one[NETWORK_TEXT_MAX];

	while (*networks) {
		networks = take(networks, one);
		(void)!json_array_append_new(array, json_string(one));
	}
	return array;
}

static bool stands_in(const char *list, const char *network)
{
	char one[NETWORK_TEXT_MAX];

	while (*list) {
		list = take(list, one);
		if (strcmp(one, network) == 0)
			return true;
	}
	return false;
}

/* Those of list that are not in other, each behind sign. */
static void tell_new(const char *list, const char *other, char sign,
		     struct text *text)
{
	char one[NETWORK_TEXT_MAX];

	while (*list) {
		list = take(list, one);
		if (!stands_in(other, one))
			text_add_format(text, "%s%c%s", text->n > 0 ? " " : "",
					sign, one);
	}
}

void user_networks_tell(const char *before, const char *after,
			struct text *text)
{
	tell_new(after, before, '+', text);
	tell_new(before, after, '-', text);
}
