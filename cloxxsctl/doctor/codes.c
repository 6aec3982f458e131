/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether whoever is asked for a code can give one. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>

/* Names that are told; more are counted. */
#define NAMED_MAX 5

struct codeless {
	size_t n;
	char names_text[NAMED_MAX * (NAME_USER_MAX + 2) + 1];
	struct text names;
};

static int add_user(json_t *reply, void *userdata)
{
	const json_t *user = json_object_get(reply, "user");
	const char *name = output_member(user, "name", "?");
	struct codeless *codeless = userdata;

	if (!user)
		return 0;
	if (codeless->n++ < NAMED_MAX) {
		text_add(&codeless->names, codeless->names.n > 0 ? ", " : "");
		output_add_foreign(&codeless->names, name, strlen(name));
	}
	return 0;
}

bool doctor_asks_codes(const struct doctor *doctor)
{
	const json_t *factor = json_object_get(doctor->status, "second_factor");
	int64_t n_asked = 0;

	(void)output_member_int(factor, "asked", &n_asked);
	return n_asked > 0 ||
	       json_array_size(json_object_get(factor, "services")) > 0;
}

void doctor_codes(struct doctor *doctor, struct varlink_client *client)
{
	scope(json_decrefp) json_t *reply = NULL;
	struct codeless codeless = { 0 };
	const char *error = NULL;
	int r;

	if (!doctor_asks_codes(doctor))
		return;
	text_init(&codeless.names, codeless.names_text,
		  sizeof(codeless.names_text));
	r = varlink_client_stream(client, "nl.cloxxs.Admin.ListUsers",
				  json_pack("{s:b}", "no_code", 1), add_user,
				  &codeless, &reply, &error);
	if (!doctor_is_answered(doctor, CHECK_CODES, "who can give no code", r,
				error))
		return;
	if (codeless.n == 0)
		doctor_say(doctor, CHECK_CODES, SEVERITY_OK,
			   "whoever is asked for a code can give one");
	else
		doctor_say(doctor, CHECK_CODES, SEVERITY_WARNING,
			   "%zu %s asked for a code and cannot give one: %s%s",
			   codeless.n, codeless.n == 1 ? "is" : "are",
			   codeless.names_text,
			   codeless.n > NAMED_MAX ? ", ..." : "");
}
