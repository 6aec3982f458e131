/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/timestamp.h"

#include <stddef.h>
#include <time.h>

/* n digits; false where there are fewer. */
static bool take_digits(const char **at, unsigned int n, int *ret_number)
{
	int number = 0;

	for (unsigned int i = 0; i < n; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		number = number * 10 + ((*at)[i] - '0');
	}
	*ret_number = number;
	*at += n;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool take_date(const char **at, struct tm *tm)
{
	if (!take_digits(at, 4, &tm->tm_year) || !take_char(at, '-') ||
	    !take_digits(at, 2, &tm->tm_mon) || !take_char(at, '-') ||
	    !take_digits(at, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool take_time(const char **at, struct tm *tm)
{
	if (!take_digits(at, 2, &tm->tm_hour) || !take_char(at, ':') ||
	    !take_digits(at, 2, &tm->tm_min))
		return false;
	if (take_char(at, ':') && !take_digits(at, 2, &tm->tm_sec))
		return false;
	return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 59;
}

/* "Z" or "+01:00", to the end; seconds east of Greenwich. */
static bool take_zone(const char **at, long *ret_offset)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes;

	*ret_offset = 0;
	if (take_char(at, 'Z'))
		return **at == '\0';
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_digits(at, 2, &hours) || !take_char(at, ':') ||
	    !take_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_offset = sign * (hours * 3600L + minutes * 60L);
	return **at == '\0';
}

/* The time of tm, with a zone or in that of the host. */
static bool convert(const struct tm *tm, const long *offset,
		    int64_t *ret_seconds)
{
	struct tm made = *tm;
	int64_t seconds;

	made.tm_isdst = -1;
	seconds = offset ? timegm(&made) - *offset : mktime(&made);
	/* The C library makes another of a day or an hour that is none. */
	if (made.tm_mon != tm->tm_mon || made.tm_mday != tm->tm_mday ||
	    made.tm_hour != tm->tm_hour || made.tm_min != tm->tm_min)
		return false;
	if (seconds < 1 || seconds > TIMESTAMP_MAX)
		return false;
	*ret_seconds = seconds;
	return true;
}

bool timestamp_read(const char *text, enum timestamp_side side,
		    int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	const char *at = text;
	long offset;

	if (!take_date(&at, &tm))
		return false;
	if (*at == '\0') {
		if (side == TIMESTAMP_END) {
			tm.tm_hour = 23;
			tm.tm_min = 59;
			tm.tm_sec = 59;
		}
		return convert(&tm, NULL, ret_seconds);
	}
	if (!take_char(&at, 'T') && !take_char(&at, ' '))
		return false;
	if (!take_time(&at, &tm))
		return false;
	if (*at == '\0')
		return convert(&tm, NULL, ret_seconds);
	return take_zone(&at, &offset) && convert(&tm, &offset, ret_seconds);
}

void timestamp_write(int64_t seconds, struct text *text)
{
	time_t time = (time_t)seconds;
	char buffer[TIMESTAMP_TEXT_MAX];
	struct tm tm;

	if (gmtime_r(&time, &tm) &&
	    strftime(buffer, sizeof(buffer), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		text_add(text, buffer);
	else
		text_add_format(text, "%lld", (long long)seconds);
}
