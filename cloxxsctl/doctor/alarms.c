/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether alarms are raised, and whether anybody hears of them. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>

static bool is(const json_t *object, const char *member)
{
	return json_is_true(json_object_get(object, member));
}

static size_t list_raised(const json_t *rules, struct text *text)
{
	const json_t *rule;
	size_t i, n = 0;

	json_array_foreach((json_t *)rules, i, rule)
	{
		const char *name = output_member(rule, "rule", "?");

		if (!is(rule, "raised"))
			continue;
		text_add(text, n++ > 0 ? ", " : "");
		output_add_foreign(text, name, strlen(name));
	}
	return n;
}

static void judge_raised(struct doctor *doctor)
{
	char names[256];
	struct text text;
	size_t n;

	text_init(&text, names, sizeof(names));
	n = list_raised(json_object_get(doctor->alarms, "rules"), &text);
	if (n > 0)
		doctor_say(doctor, CHECK_ALARMS, SEVERITY_WARNING, "raised: %s",
			   names);
}

static void judge_telling(struct doctor *doctor)
{
	bool mail = *output_member(doctor->alarms, "mail", "") != '\0';
	bool webhook = *output_member(doctor->alarms, "webhook", "") != '\0';

	if (is(doctor->alarms, "undelivered"))
		doctor_say(doctor, CHECK_ALARMS, SEVERITY_ERROR,
			   "the last one could not be delivered: %s",
			   output_member(doctor->alarms, "why", "?"));
	else if (!mail && !webhook)
		doctor_say(doctor, CHECK_ALARMS, SEVERITY_NOTE,
			   "they go into the journal alone: [alarms] of "
			   "cloxxsd.conf names nobody");
	else
		doctor_say(doctor, CHECK_ALARMS, SEVERITY_OK, "told by %s%s%s",
			   mail ? "mail" : "", mail && webhook ? " and " : "",
			   webhook ? "web hook" : "");
}

void doctor_alarms(struct doctor *doctor, struct varlink_client *client)
{
	const char *error = NULL;
	json_t *reply = NULL;
	int r = varlink_client_call(client, "nl.cloxxs.Admin.Alarms", NULL,
				    &reply, &error);

	if (!doctor_is_answered(doctor, CHECK_ALARMS, "alarms", r, error)) {
		json_decref(reply);
		return;
	}
	doctor->alarms = reply;
	judge_raised(doctor);
	judge_telling(doctor);
}
