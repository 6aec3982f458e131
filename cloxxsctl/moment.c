/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/moment.h"

#include <string.h>
#include <time.h>

/* n digits, as a number; -1 where they are not there. */
static int digits(const char *text, size_t n)
{
	int number = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* "2026-12-24"; what follows it, or NULL. */
static const char *read_date(const char *text, struct tm *tm)
{
	if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-')
		return NULL;
	tm->tm_year = digits(text, 4) - 1900;
	tm->tm_mon = digits(text + 5, 2) - 1;
	tm->tm_mday = digits(text + 8, 2);
	return tm->tm_year < 70 || tm->tm_mon < 0 || tm->tm_mday < 1
		       ? NULL
		       : text + 10;
}

/* " 08:30" or "T08:30:00", or nothing; what follows it, or NULL. */
static const char *read_time(const char *text, struct tm *tm)
{
	if (!*text)
		return text;
	if (!strchr(" Tt", *text) || strnlen(text, 6) < 6 || text[3] != ':')
		return NULL;
	tm->tm_hour = digits(text + 1, 2);
	tm->tm_min = digits(text + 4, 2);
	text += 6;
	if (*text == ':') {
		if (strnlen(text, 3) < 3)
			return NULL;
		tm->tm_sec = digits(text + 1, 2);
		text += 3;
	}
	return tm->tm_hour < 0 || tm->tm_min < 0 || tm->tm_sec < 0 ? NULL
								   : text;
}

/* "Z" or "+01:00": its distance from UTC. */
static bool read_zone(const char *text, int64_t *ret_seconds)
{
	int hours, minutes;

	if ((*text == 'Z' || *text == 'z') && !text[1]) {
		*ret_seconds = 0;
		return true;
	}
	if ((*text != '+' && *text != '-') || strlen(text) != 6 ||
	    text[3] != ':')
		return false;
	hours = digits(text + 1, 2);
	minutes = digits(text + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*ret_seconds = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/* The C library makes 2 March of 30 February; we do not. */
static bool is_same(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon &&
	       a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

bool moment_read(const char *text, int64_t *ret_at)
{
	struct tm typed = { .tm_isdst = -1 }, made;
	const char *rest = read_date(text, &typed);
	int64_t zone = 0;
	time_t at;
	bool local;

	rest = rest ? read_time(rest, &typed) : NULL;
	if (!rest)
		return false;
	local = !*rest;
	if (!local && (strlen(text) == 10 || !read_zone(rest, &zone)))
		return false;
	made = typed;
	at = local ? mktime(&made) : timegm(&made);
	if (!is_same(&made, &typed) || at - zone < 0)
		return false;
	*ret_at = at - zone;
	return true;
}
