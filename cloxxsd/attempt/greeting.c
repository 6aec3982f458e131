/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/greeting.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cloxxsd/attempt/notice.h"

/* More than this says no more. */
#define FAILED_SHOWN_MAX 100

/* Not from the locale, which is the daemon's and not the user's. */
static const struct {
	const char *last, *from, *at, *failed;
	const char *days[7], *months[12];
} languages[_NOTICE_LANGUAGE_N] = {
	[NOTICE_ENGLISH] = {
		"Last login: ", " from ", " at ",
		"Failed attempts since: ",
		{ "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" },
		{ "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		  "Sep", "Oct", "Nov", "Dec" },
	},
	[NOTICE_DUTCH] = {
		"Laatste aanmelding: ", " vanaf ", " op ",
		"Mislukte pogingen sindsdien: ",
		{ "zo", "ma", "di", "wo", "do", "vr", "za" },
		{ "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug",
		  "sep", "okt", "nov", "dec" },
	},
};

static bool is_terminal(const char *terminal)
{
	static const char *const begins[] = { "tty", "pts/", "/dev/", ":" };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(terminal, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

bool greeting_is_visit(const struct subject *subject)
{
	return subject->peer == 0 && !*subject->requester &&
	       (*subject->address || is_terminal(subject->terminal));
}

static enum notice_language language_of(const char *tag)
{
	for (unsigned int i = 0; i < _NOTICE_LANGUAGE_N; i++)
		if (strcmp(notice_language_tag((enum notice_language)i), tag) ==
		    0)
			return (enum notice_language)i;
	return NOTICE_ENGLISH;
}

/* "Sat 28 Nov 2026 13:04 CET" */
static void add_time(enum notice_language language, int64_t at,
		     struct text *text)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return;
	text_add_format(text, "%s %d %s %d %02d:%02d %s",
			languages[language].days[tm.tm_wday], tm.tm_mday,
			languages[language].months[tm.tm_mon],
			tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_zone);
}

void greeting_visit_write(const struct visit *visit, const char *tag,
			  struct text *text)
{
	enum notice_language language = language_of(tag);

	if (visit->at == 0)
		return;
	text_add(text, languages[language].last);
	add_time(language, visit->at, text);
	/* A terminal is what the host called it, an address is canonical. */
	if (*visit->address)
		text_add_format(text, "%s%s", languages[language].from,
				visit->address);
	else if (*visit->terminal)
		text_add(text, languages[language].at);
	if (!*visit->address)
		text_add_escaped(text, visit->terminal,
				 strlen(visit->terminal));
	text_add_format(text, " (%s). %s", visit->service,
			languages[language].failed);
	if (visit->failed >= FAILED_SHOWN_MAX)
		text_add_format(text, "%d+", FAILED_SHOWN_MAX);
	else
		text_add_format(text, "%" PRId64, visit->failed);
}

void greeting_write(struct attempts *attempts, const struct subject *subject,
		    const struct user *user, struct text *text)
{
	const char *notice;
	struct visit visit;

	if (!greeting_is_visit(subject))
		return;
	notice = notice_shown(attempts, subject, user);
	if (notice)
		text_add(text, notice);
	if (!attempts->settings->last_login ||
	    visit_find(attempts->state->store, user->uid, &visit) != 0 ||
	    visit.at == 0)
		return;
	if (notice)
		text_add(text, "\n\n");
	greeting_visit_write(&visit, user->language, text);
}
