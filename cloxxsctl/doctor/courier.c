/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what must leave the host, codes and alarms, can. */
#include "cloxxsctl/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

#define ANSWER_MAX_MS 700
#define N_NEEDS 4

/* What must leave, and by what: a route of this kind and, where there is one
 * only that will do, of this name. */
struct need {
	bool is;
	const char *kind, *name, *what;
};

static void list_needs(const struct doctor *doctor, struct need needs[N_NEEDS])
{
	const json_t *factor = json_object_get(doctor->status, "second_factor");
	const char *mail = output_member(doctor->alarms, "mail", "");
	const char *webhook = output_member(doctor->alarms, "webhook", "");
	bool asks = doctor_asks_codes(doctor);
	int64_t n_phone = 0, n_mail = 0;

	(void)output_member_int(factor, "phone", &n_phone);
	if (json_is_true(json_object_get(factor, "mail_codes")))
		(void)output_member_int(factor, "mail", &n_mail);
	needs[0] = (struct need){ asks && n_phone > 0, "sms", NULL,
				  "codes by SMS" };
	needs[1] = (struct need){ asks && n_mail > 0, "mail", NULL,
				  "codes by mail" };
	needs[2] =
		(struct need){ *mail != '\0', "mail", NULL, "alarms by mail" };
	needs[3] = (struct need){ *webhook != '\0', "webhook", webhook,
				  "alarms by web hook" };
}

static bool serves(const json_t *route, const struct need *need)
{
	return need->is &&
	       strcmp(output_member(route, "kind", ""), need->kind) == 0 &&
	       (!need->name ||
		strcmp(output_member(route, "route", ""), need->name) == 0);
}

/* In one line; "" where nothing must leave. */
static void write_needs(const struct need needs[N_NEEDS], struct text *text)
{
	for (size_t i = 0; i < N_NEEDS; i++)
		if (needs[i].is)
			text_add_format(text, "%s%s", text->n > 0 ? ", " : "",
					needs[i].what);
}

static int keep_route(json_t *reply, void *userdata)
{
	if (!json_object_get(reply, "route"))
		return 0;
	return json_array_append(userdata, reply) < 0 ? -ENOMEM : 0;
}

static void failed(struct doctor *doctor, int error, const char *needed)
{
	if (error == -EACCES || error == -EPERM)
		doctor_skip(doctor, CHECK_COURIER, doctor->courier, error);
	else if (error == VARLINK_CLIENT_E_IMPOSTOR)
		doctor_say(doctor, CHECK_COURIER, SEVERITY_ERROR,
			   "%s: somebody else answers, or others may write "
			   "where it stands",
			   doctor->courier);
	else
		doctor_say(doctor, CHECK_COURIER, SEVERITY_ERROR,
			   "no courier answers at %s, and these cannot leave: "
			   "%s",
			   doctor->courier, needed);
}

/* Into doctor->routes, or says why not. */
static void ask_routes(struct doctor *doctor, const char *needed)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *routes = json_array();
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_new(doctor->courier, ANSWER_MAX_MS, &client);
	if (r == 0)
		r = varlink_client_stream(client, "nl.cloxxs.Courier.Routes",
					  NULL, keep_route, routes, &reply,
					  &error);
	if (r == 0 && error)
		r = strcmp(error, "org.varlink.service.PermissionDenied") == 0
			    ? -EACCES
			    : -EPROTO;
	if (r != 0)
		failed(doctor, r, needed);
	else
		doctor->routes = scope_take_ptr(routes);
}

static void judge_need(struct doctor *doctor, const struct need *need)
{
	const json_t *route;
	size_t i;

	json_array_foreach(doctor->routes, i, route)
	{
		if (serves(route, need))
			return;
	}
	if (!need->is)
		return;
	finding_mend(doctor_say(doctor, CHECK_COURIER, SEVERITY_ERROR,
				"%s cannot leave: the courier has no route of "
				"kind %s%s%s",
				need->what, need->kind,
				need->name ? " named " : "",
				need->name ? need->name : ""),
		     "cloxxsctl courier status; see cloxxs-courier.conf(5)");
}

/* Whether the last message by it went wrong; one behind it went well. */
static void judge_route(struct doctor *doctor, const json_t *route)
{
	int64_t accepted = 0, last = 0;

	(void)output_member_int(route, "accepted_at", &accepted);
	(void)output_member_int(route, "failed_at", &last);
	if (last <= accepted)
		return;
	finding_mend(doctor_say(doctor, CHECK_COURIER, SEVERITY_WARNING,
				"the last message by %s (%s) failed, %" PRId64
				" min ago: %s",
				output_member(route, "route", "?"),
				output_member(route, "kind", "?"),
				(doctor->host.now - last) / 60,
				output_member(route, "failed_detail", "?")),
		     "cloxxsctl courier test --to ADDRESS");
}

static void judge(struct doctor *doctor, const struct need needs[N_NEEDS],
		  const char *needed)
{
	const json_t *route;
	size_t i;

	for (i = 0; i < N_NEEDS; i++)
		judge_need(doctor, &needs[i]);
	json_array_foreach(doctor->routes, i, route)
	{
		for (size_t k = 0; k < N_NEEDS; k++) {
			if (!serves(route, &needs[k]))
				continue;
			judge_route(doctor, route);
			break;
		}
	}
	if (findings_worst_of(&doctor->findings, CHECK_COURIER) == SEVERITY_OK)
		doctor_say(doctor, CHECK_COURIER, SEVERITY_OK,
			   "the courier answers, and has a route for: %s",
			   needed);
}

void doctor_courier(struct doctor *doctor)
{
	struct need needs[N_NEEDS];
	char needed[128];
	struct text text;

	list_needs(doctor, needs);
	text_init(&text, needed, sizeof(needed));
	write_needs(needs, &text);
	if (text.n == 0)
		return;
	if (!doctor->routes)
		ask_routes(doctor, needed);
	if (doctor->routes)
		judge(doctor, needs, needed);
}
