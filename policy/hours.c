/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/hours.h"

#include <string.h>
#include <strings.h>

#define DAY_MINUTES 1440

static const char day_names[_HOURS_DAY_N][3] = { "mo", "tu", "we", "th",
						 "fr", "sa", "su" };

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static bool take_day(const char **at, uint8_t *ret_day)
{
	for (uint8_t i = 0; i < _HOURS_DAY_N; i++)
		if (strncasecmp(*at, day_names[i], 2) == 0) {
			*ret_day = i;
			*at += 2;
			return true;
		}
	return false;
}

static bool take_two_digits(const char **at, uint16_t *ret_number)
{
	const char *c = *at;

	if (c[0] < '0' || c[0] > '9' || c[1] < '0' || c[1] > '9')
		return false;
	*ret_number = (uint16_t)((c[0] - '0') * 10 + (c[1] - '0'));
	*at += 2;
	return true;
}

/* "07:00"; 24:00 is the end of a day. */
static bool take_time(const char **at, uint16_t *ret_minute)
{
	uint16_t hour, minute;

	if (!take_two_digits(at, &hour) || **at != ':')
		return false;
	(*at)++;
	if (!take_two_digits(at, &minute) || minute > 59 || hour > 24 ||
	    (hour == 24 && minute > 0))
		return false;
	*ret_minute = (uint16_t)(hour * 60 + minute);
	return true;
}

/* Days, if there are any, and the blank behind them. */
static bool take_days(const char **at, struct hours_range *range)
{
	range->first_day = HOURS_MONDAY;
	range->last_day = HOURS_SUNDAY;
	if (**at >= '0' && **at <= '9')
		return true;
	if (!take_day(at, &range->first_day))
		return false;
	range->last_day = range->first_day;
	if (**at == '-') {
		(*at)++;
		if (!take_day(at, &range->last_day))
			return false;
	}
	if (**at != ' ' && **at != '\t')
		return false;
	*at = skip_blanks(*at);
	return true;
}

/* What is wrong with the part, or NULL; *ret_end is behind it. */
static const char *take_range(const char *at, struct hours_range *range,
			      const char **ret_end)
{
	if (!take_days(&at, range) || !take_time(&at, &range->from) ||
	    *at != '-')
		goto invalid;
	at++;
	if (!take_time(&at, &range->to))
		goto invalid;
	at = skip_blanks(at);
	if (*at && *at != ',')
		goto invalid;
	*ret_end = at;
	if (range->first_day > range->last_day)
		return ", whose days run backwards: name two ranges";
	if (range->from == range->to || range->from == DAY_MINUTES)
		return ", which is no time at all: a whole day is 00:00-24:00";
	return NULL;
invalid:
	return ", which is no range such as mo-fr 07:00-20:00 (mo tu we th fr "
	       "sa su, 00:00 to 24:00)";
}

static int refuse(struct text *why, const char *part, const char *fault)
{
	size_t n = strcspn(part, ",");

	text_add(why, "holds \"");
	text_add_escaped(why, part, n > 40 ? 40 : n);
	text_add_format(why, "\"%s", fault);
	return HOURS_E_INVALID;
}

int hours_parse(const char *string, struct hours *ret_hours, struct text *why)
{
	struct hours hours = { 0 };
	const char *at = skip_blanks(string);

	if (strcasecmp(at, "always") == 0) {
		*ret_hours = hours;
		return 0;
	}
	for (;;) {
		const char *fault;

		if (hours.n == HOURS_RANGES_MAX) {
			text_add_format(why, "has more than %d ranges",
					HOURS_RANGES_MAX);
			return HOURS_E_INVALID;
		}
		fault = take_range(at, &hours.ranges[hours.n], &string);
		if (fault)
			return refuse(why, at, fault);
		hours.n++;
		if (!*string)
			break;
		at = skip_blanks(string + 1);
	}
	*ret_hours = hours;
	return 0;
}

static void write_range(const struct hours_range *range, struct text *text)
{
	bool daily = range->first_day == HOURS_MONDAY &&
		     range->last_day == HOURS_SUNDAY;

	if (!daily)
		text_add(text, day_names[range->first_day]);
	if (!daily && range->last_day != range->first_day)
		text_add_format(text, "-%s", day_names[range->last_day]);
	text_add_format(text, "%s%02u:%02u-%02u:%02u", daily ? "" : " ",
			range->from / 60U, range->from % 60U, range->to / 60U,
			range->to % 60U);
}

void hours_write(const struct hours *hours, struct text *text)
{
	if (hours->n == 0)
		text_add(text, "always");
	for (size_t i = 0; i < hours->n; i++) {
		text_add(text, i > 0 ? ", " : "");
		write_range(&hours->ranges[i], text);
	}
}

struct hours hours_never(void)
{
	return (struct hours){ .n = 1 };
}

static bool range_has_day(const struct hours_range *range, unsigned int day)
{
	return day >= range->first_day && day <= range->last_day;
}

static bool range_contains(const struct hours_range *range,
			   const struct hours_moment *moment)
{
	unsigned int before = (moment->day + 6U) % _HOURS_DAY_N;
	uint16_t minute = moment->minute;

	if (range->from < range->to)
		return range_has_day(range, moment->day) &&
		       range->from <= minute && minute < range->to;
	if (range->from == range->to)
		return false;
	return (range_has_day(range, moment->day) && range->from <= minute) ||
	       (range_has_day(range, before) && minute < range->to);
}

bool hours_contain(const struct hours *hours, const struct hours_moment *moment)
{
	if (hours->n == 0)
		return true;
	if (moment->day >= _HOURS_DAY_N || moment->minute >= DAY_MINUTES)
		return false;
	for (size_t i = 0; i < hours->n && i < HOURS_RANGES_MAX; i++)
		if (range_contains(&hours->ranges[i], moment))
			return true;
	return false;
}
