/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The country database, as a promise about countries hangs on it. */
#include <string.h>
#include <time.h>

#include "cloxxsctl/geoip_view.h"
#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/promise.h"

static long long days(int64_t seconds)
{
	return (long long)(seconds / 86400);
}

/* "2026-11-01", of the day in UTC. */
static void write_day(int64_t at, char ret_day[16])
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    strftime(ret_day, 16, "%Y-%m-%d", &tm) == 0)
		memcpy(ret_day, "?", 2);
}

static void say_age(const struct evidence *evidence, struct answer *answer,
		    enum answer_outcome outcome, const json_t *geoip)
{
	const json_t *database = json_object_get(geoip, "database");
	int64_t built = 0, max_age = 0;
	char day[16];

	(void)output_member_int(database, "built", &built);
	(void)output_member_int(geoip, "max_age", &max_age);
	write_day(built, day);
	answer_say(answer, outcome,
		   "The country database is of %s, %lld days old; it is asked "
		   "until it is %lld. It calls itself",
		   "De landendatabase is van %s, %lld dagen oud; hij wordt "
		   "geraadpleegd tot hij er %lld oud is. Hij noemt zich",
		   day, days(evidence->now - built), days(max_age));
	answer_say_foreign(answer, output_member(database, "type", "?"));
}

bool look_country_database(const struct evidence *evidence,
			   struct answer *answer)
{
	const json_t *geoip = json_object_get(evidence->doctor.status, "geoip");
	bool fit = geoip_is_fit(geoip);

	if (json_is_object(json_object_get(geoip, "database")))
		say_age(evidence, answer, fit ? ANSWER_KEPT : ANSWER_NOT_KEPT,
			geoip);
	else
		answer_say(answer, ANSWER_NOT_KEPT,
			   "There is no country database that can be asked.",
			   "Er is geen landendatabase die geraadpleegd kan "
			   "worden.");
	return fit && json_is_object(json_object_get(geoip, "database"));
}
