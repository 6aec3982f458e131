/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/geoip_view.h"

static void judge_missing(struct doctor *doctor, const json_t *geoip,
			  enum severity bad)
{
	const char *fault = output_member(geoip, "fault", NULL);

	if (fault)
		doctor_say(doctor, CHECK_COUNTRIES, bad, "%s %s",
			   output_member(geoip, "path", "?"), fault);
	else
		doctor_say(doctor, CHECK_COUNTRIES, bad,
			   "there is no country database");
}

static void judge_age(struct doctor *doctor, const json_t *geoip,
		      enum severity bad)
{
	const json_t *database = json_object_get(geoip, "database");
	int64_t built = 0, max_age = 0, age;
	enum severity severity = SEVERITY_OK;

	(void)output_member_int(database, "built", &built);
	(void)output_member_int(geoip, "max_age", &max_age);
	age = doctor->host.now - built;
	if (!geoip_is_fit(geoip))
		severity = bad;
	else if (age > max_age - max_age / 3)
		severity = bad == SEVERITY_ERROR ? SEVERITY_WARNING : bad;
	doctor_say(doctor, CHECK_COUNTRIES, severity,
		   "%s is %" PRId64 " days old, and asked until it is %" PRId64,
		   output_member(database, "type", "?"), age / 86400,
		   max_age / 86400);
}

void doctor_countries(struct doctor *doctor)
{
	const json_t *geoip = json_object_get(doctor->status, "geoip");
	enum severity bad = SEVERITY_NOTE;

	if (!geoip)
		return;
	if (json_is_true(json_object_get(geoip, "needed")))
		bad = SEVERITY_ERROR;
	if (json_is_object(json_object_get(geoip, "database")))
		judge_age(doctor, geoip, bad);
	else
		judge_missing(doctor, geoip, bad);
}
