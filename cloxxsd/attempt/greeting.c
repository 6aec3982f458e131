/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/greeting.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cloxxsd/attempt/notice.h"

/* More than this says no more. */
#define FAILED_SHOWN_MAX 100

/* Not from the locale, which is the daemon's and not the user's. */
static const char *const days[7] = { N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"),
				     N_("Thu"), N_("Fri"), N_("Sat") };
static const char *const months[12] = { N_("Jan"), N_("Feb"), N_("Mar"),
					N_("Apr"), N_("May"), N_("Jun"),
					N_("Jul"), N_("Aug"), N_("Sep"),
					N_("Oct"), N_("Nov"), N_("Dec") };

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
	return (subject->peer == 0 || subject->by_application) &&
	       !*subject->requester &&
	       (*subject->address || is_terminal(subject->terminal));
}

/* "Sat 28 Nov 2026 13:04 CET" */
static void add_time(const struct hearer *hearer, int64_t at, struct text *text)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return;
	text_add_format(text, "%s %d %s %d %02d:%02d %s",
			hearer_text(hearer, days[tm.tm_wday]), tm.tm_mday,
			hearer_text(hearer, months[tm.tm_mon]),
			tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_zone);
}

void greeting_visit_write(const struct visit *visit,
			  const struct hearer *hearer, struct text *text)
{
	char when[64], terminal[4 * sizeof(visit->terminal)];
	struct text part;

	if (visit->at == 0)
		return;
	text_init(&part, when, sizeof(when));
	add_time(hearer, visit->at, &part);
	/* A terminal is what the host called it, an address is canonical. */
	text_init(&part, terminal, sizeof(terminal));
	text_add_escaped(&part, visit->terminal, strlen(visit->terminal));
	if (*visit->address)
		text_add_format(
			text,
			hearer_text(hearer, "Last login: %s from %s (%s)."),
			when, visit->address, visit->service);
	else if (*visit->terminal)
		text_add_format(
			text, hearer_text(hearer, "Last login: %s at %s (%s)."),
			when, terminal, visit->service);
	else
		text_add_format(text,
				hearer_text(hearer, "Last login: %s (%s)."),
				when, visit->service);
	text_add_format(text, " %s",
			hearer_text(hearer, "Failed attempts since: "));
	if (visit->failed >= FAILED_SHOWN_MAX)
		text_add_format(text, "%d+", FAILED_SHOWN_MAX);
	else
		text_add_format(text, "%" PRId64, visit->failed);
}

void greeting_write(struct attempts *attempts, const struct subject *subject,
		    const struct user *user, struct text *text)
{
	struct hearer hearer = hearer_user(attempts->settings, subject, user);
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
	greeting_visit_write(&visit, &hearer, text);
}
