/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A session of another service is to an application as one that is not.
 *  2. What cannot be looked up does not go on.
 */
#include "cloxxsd/service/application.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/config/setting_type.h"
#include "cloxxsd/service/claim.h"

bool application_opened(const struct settings_service *of,
			const struct session *session)
{
	return session->opener == SESSION_OPENER_APPLICATION &&
	       strcmp(session->service, of->name) == 0;
}

/* By the steady clock, which nobody sets; it is of this boot. */
static bool is_over(const struct service *service,
		    const struct session *session)
{
	const struct settings_service *of = settings_service_find(
		service->attempts->settings, session->service);

	return !of || clock_boottime_us() - session->opened_us >=
			      (int64_t)of->session_lifetime_s * 1000000;
}

bool application_is_running(const struct service *service,
			    const struct session *session)
{
	return session_is_running(session, service->boot) &&
	       (session->opener != SESSION_OPENER_APPLICATION ||
		!is_over(service, session));
}

static int find(const struct service *service,
		const struct settings_service *of, const char *id,
		struct application_session *found)
{
	struct store *store = service->state->store;
	int r;

	r = session_find(store, id, &found->session);
	if (r == 0)
		r = user_find_uid(store, found->session.uid, &found->user);
	if (r == USER_E_UNKNOWN)
		return APPLICATION_E_ENDED;
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	if (!application_opened(of, &found->session) ||
	    !application_is_running(service, &found->session))
		return APPLICATION_E_ENDED;
	return 0;
}

int application_session_find(const struct service *service,
			     const struct settings_service *of, const char *id,
			     const char *address,
			     struct application_session *ret_found)
{
	struct application_session found = { .reason = REASON_UNDECIDED };
	struct subject subject = { .comes_from_afar = true,
				   .by_application = true };
	struct login_decision decision;
	struct login_facts facts;
	int r;

	r = find(service, of, id, &found);
	if (r != 0)
		return r;
	memcpy(subject.name, found.user.name, sizeof(found.user.name));
	memcpy(subject.service, found.session.service, sizeof(subject.service));
	if (address && !claim_address(of, address, subject.address))
		subject.address[0] = '\0';
	r = attempt_gather(service->attempts, &subject, LOGIN_PURPOSE_CHECK,
			   &found.user, &facts);
	if (r < 0)
		return r;
	facts.from_anywhere = !address;
	decision = login_decide(&facts);
	found.reason = decision.reason;
	*ret_found = found;
	return decision.verdict == VERDICT_ALLOW ? 0 : APPLICATION_E_DENIED;
}

int application_check_session(struct varlink_call *call, json_t *parameters,
			      void *userdata)
{
	const char *address =
		json_string_value(json_object_get(parameters, "address"));
	struct service *service = userdata;
	struct application_session found;
	int r;

	r = application_session_find(
		service, service_of_peer(service, varlink_call_peer(call)),
		json_string_value(json_object_get(parameters, "session")),
		address, &found);
	if (r == 0)
		return varlink_call_reply(
			call, json_pack("{s:s, s:s}", "verdict", "allow",
					"user", found.user.name));
	return varlink_call_reply(
		call,
		json_pack("{s:s}", "verdict", r < 0 ? "unavailable" : "deny"));
}

static json_t *account_json(const struct account *account)
{
	const struct settings_service *of = account->service;
	const char *fault = account_fault(account);
	char proxies[SETTING_VALUE_MAX];
	struct text text;

	text_init(&text, proxies, sizeof(proxies));
	setting_proxies_format(&of->proxies, &text);
	return json_pack("{s:s, s:s, s:o, s:s, s:s?}", "service", of->name,
			 "account", of->account, "uid",
			 fault ? json_null()
			       : json_integer((json_int_t)account->uid),
			 "proxies", proxies, "fault", fault);
}

json_t *application_add_all(const struct service *service, json_t *reply)
{
	json_t *all = json_array();
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->accounts->n; i++)
		r = json_array_append_new(
			all, account_json(&service->accounts->accounts[i]));
	if (r == 0 && json_object_set_new(reply, "applications", all) == 0)
		return reply;
	if (r != 0)
		json_decref(all);
	json_decref(reply);
	return NULL;
}
