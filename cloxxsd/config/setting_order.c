/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/setting_order.h"

#include <string.h>

#include "cloxxsd/config/setting_list.h"
#include "policy/code.h"
#include "policy/hours.h"

/* Any object that setting_parse() makes, and what it is freed as. */
struct value {
	enum setting_type type;
	union {
		uint32_t number;
		uint64_t size;
		uint32_t uids[2];
		char *text;
		char **texts;
		struct setting_networks networks;
		struct setting_proxies proxies;
		struct hours hours;
		struct code_demand code;
	} as;
};

static void value_deinit(struct value *value)
{
	setting_deinit(value->type, &value->as);
}

static bool value_read(struct value *value, const struct setting_bounds *bounds,
		       const char *written)
{
	char buffer[256];
	struct text why;

	text_init(&why, buffer, sizeof(buffer));
	return setting_parse(value->type, bounds, written, &value->as, &why) ==
	       0;
}

static uint64_t number_of(const struct value *value)
{
	return value->type == SETTING_SIZE ? value->as.size : value->as.number;
}

static bool lies_in(const struct network *one, const struct networks *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (network_contains(&in->networks[i], &one->address) &&
		    in->networks[i].length <= one->length)
			return true;
	return false;
}

static bool networks_lie_in(const struct networks *some,
			    const struct networks *in)
{
	for (size_t i = 0; i < some->n; i++)
		if (!lies_in(&some->networks[i], in))
			return false;
	return true;
}

static bool texts_have(char *const *texts, const char *one)
{
	for (; texts && *texts; texts++)
		if (strcmp(*texts, one) == 0 || strcmp(*texts, "any") == 0)
			return true;
	return false;
}

static bool texts_lie_in(char *const *some, char *const *in)
{
	for (; some && *some; some++)
		if (!texts_have(in, *some))
			return false;
	return true;
}

/* Whether in has all that some has. */
static bool lie_in(const struct value *some, const struct value *in)
{
	switch (some->type) {
	case SETTING_NETWORKS:
		return in->as.networks.any ||
		       (!some->as.networks.any &&
			networks_lie_in(&some->as.networks.list,
					&in->as.networks.list));
	case SETTING_PROXIES:
		return networks_lie_in(&some->as.proxies.list,
				       &in->as.proxies.list);
	case SETTING_CLASSES:
		return (some->as.number & ~in->as.number) == 0;
	case SETTING_COUNTRIES:
	case SETTING_SERVICES:
	case SETTING_WORDS:
	case SETTING_PREFIXES:
		return texts_lie_in(some->as.texts, in->as.texts);
	case SETTING_NUMBER:
	case SETTING_AUTO:
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_DURATION:
	case SETTING_UIDS:
	case SETTING_PATH:
	case SETTING_HOME:
	case SETTING_PATTERN:
	case SETTING_LANGUAGE:
	case SETTING_DECLARATION:
	case SETTING_LIMIT:
	case SETTING_HOURS:
	case SETTING_PRESET:
	case SETTING_CREDIT:
	case SETTING_FILE:
	case SETTING_YES_NO:
	case SETTING_REQUIRE:
	case SETTING_LABEL:
	case SETTING_TEXTS:
	case SETTING_ACCOUNT:
	case SETTING_CODE:
	case SETTING_MAIL:
	case SETTING_ROUTE:
		break;
	}
	return false;
}

/* A minute that is let in now, and was not. */
static bool hours_are_wider(const struct hours *before,
			    const struct hours *after)
{
	for (unsigned int i = 0; i < 7 * 1440; i++) {
		const struct hours_moment moment = {
			.day = (uint8_t)(i / 1440),
			.minute = (uint16_t)(i % 1440),
		};

		if (hours_contain(after, &moment) &&
		    !hours_contain(before, &moment))
			return true;
	}
	return false;
}

/* 0 in the place of the one end or the other. */
static bool is_lower(uint64_t a, uint64_t b, bool zero_is_most)
{
	if (zero_is_most && (a == 0 || b == 0))
		return a != 0 && b == 0;
	return a < b;
}

static bool is_weaker(enum setting_stricter stricter,
		      const struct value *before, const struct value *after)
{
	switch (stricter) {
	case SETTING_STRICTER_NEITHER:
		return false;
	case SETTING_STRICTER_LOWER:
		return is_lower(number_of(before), number_of(after), false);
	case SETTING_STRICTER_LOWER_OFF:
		return is_lower(number_of(before), number_of(after), true);
	case SETTING_STRICTER_HIGHER:
		return is_lower(number_of(after), number_of(before), false);
	case SETTING_STRICTER_HIGHER_OFF:
		return is_lower(number_of(after), number_of(before), true);
	case SETTING_STRICTER_FEWER:
		return !lie_in(after, before);
	case SETTING_STRICTER_FEWER_NONE:
		if (before->as.networks.any || after->as.networks.any)
			return !before->as.networks.any;
		if (before->as.networks.list.n == 0)
			return false;
		return after->as.networks.list.n == 0 || !lie_in(after, before);
	case SETTING_STRICTER_MORE:
		return !lie_in(before, after);
	case SETTING_STRICTER_ONE:
		return before->as.text && !after->as.text;
	case SETTING_STRICTER_HOURS:
		return hours_are_wider(&before->as.hours, &after->as.hours);
	case SETTING_STRICTER_CODE:
		return code_demand_is_weaker(&before->as.code, &after->as.code);
	}
	return true;
}

bool setting_is_weaker(enum setting_stricter stricter, enum setting_type type,
		       const struct setting_bounds *bounds, const char *before,
		       const char *after)
{
	scope(value_deinit) struct value was = { .type = type };
	scope(value_deinit) struct value is = { .type = type };

	if (stricter == SETTING_STRICTER_NEITHER)
		return false;
	if (!value_read(&was, bounds, before) ||
	    !value_read(&is, bounds, after))
		return true;
	return is_weaker(stricter, &was, &is);
}
