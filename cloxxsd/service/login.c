/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The account phase asks every gate, pass or no pass.
 *  2. One decision, one record. An account phase that lets in whom a login has
 *     just let in, by its pass and by the same gates, is that login's decision
 *     and in its record; whatever else it decides has a record of its own.
 */
#include "cloxxsd/service/application.h"
#include "cloxxsd/service/claim.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/greeting.h"
#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/service/user_json.h"
#include "cloxxsd/state/session.h"
#include "varlink/interfaces.h"

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

static bool take_pass(struct service *service, const struct subject *subject,
		      uint32_t uid, json_t *parameters, enum pass_phase phase,
		      struct pass_proof *ret_proof)
{
	const char *pass = string_of(parameters, "pass");
	const struct pass_binding binding = {
		.uid = uid,
		.peer = subject->peer,
		.service = subject->service,
		.address = subject->address,
	};

	return pass && pass_take(service->attempts->passes, pass, &binding,
				 phase, clock_monotonic_us(), ret_proof);
}

static void free_attempt(void *data)
{
	attempt_abandon(data);
}

/* Whether a pass spares the question for the current password. */
static bool is_proved(struct service *service, const struct subject *subject,
		      json_t *parameters, struct pass_proof *ret_proof)
{
	struct user user;

	return user_find(service->state->store, subject->name, &user) == 0 &&
	       take_pass(service, subject, user.uid, parameters,
			 PASS_PHASE_CHANGE, ret_proof);
}

static int start(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct varlink_connection *connection = varlink_call_connection(call);
	struct service *service = userdata;
	const char *purpose = string_of(parameters, "purpose");
	enum login_purpose meant;
	struct attempt *attempt;
	struct subject subject;
	struct pass_proof proof;
	bool proved = false;
	int r;

	if (strcmp(purpose, "login") == 0)
		meant = LOGIN_PURPOSE_LOGIN;
	else if (strcmp(purpose, "change") == 0)
		meant = LOGIN_PURPOSE_CHANGE;
	else
		return varlink_call_invalid(call, "purpose");
	if (!claim_take(service, call, parameters, &subject))
		return 0;
	varlink_connection_set_data(connection, NULL, NULL);
	r = attempt_new(service->attempts, meant, &subject, &attempt);
	if (r == -EBUSY)
		return varlink_call_error(call, "nl.cloxxs.Login.Busy", NULL);
	if (r < 0)
		return r;
	varlink_connection_set_data(connection, attempt, free_attempt);
	if (meant == LOGIN_PURPOSE_CHANGE)
		proved = is_proved(service, &subject, parameters, &proof);
	return attempt_start(attempt, call, proved ? &proof : NULL);
}

static int answer(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct attempt *attempt = varlink_connection_data(
		varlink_call_connection(call), free_attempt);
	const char *typed = string_of(parameters, "answer");
	int r = -EBADE;

	(void)userdata;
	if (attempt && typed)
		r = attempt_answer(attempt, call,
				   strlen(typed) <= SECRET_MAX ? typed : NULL);
	else if (attempt)
		r = attempt_cannot_ask(attempt, call);
	if (r == -EBADE)
		return varlink_call_error(call, "nl.cloxxs.Login.NoAttempt",
					  NULL);
	return r;
}

/* What the account phase and the session decide by, and record. */
struct gate {
	struct user user;
	struct login_decision decision;
	struct hearer hearer; /* who is told */
	bool passed; /* with a pass: a password was proved just before */
	struct pass_proof proof; /* of that pass */
	char rules[LOGIN_RULES_TEXT_MAX];
	char details[96];
	char reference[REFERENCE_MAX];
};

/* What a refusal needs, whatever goes wrong from here on. */
static void begin_gate(struct service *service, const struct subject *subject,
		       struct gate *gate)
{
	reference_make(gate->reference);
	gate->hearer = hearer_stranger(service->attempts->settings, subject);
}

static void decide(const struct login_facts *facts, struct gate *gate)
{
	struct text text;

	gate->decision = login_decide(facts);
	text_init(&text, gate->rules, sizeof(gate->rules));
	login_rules_write(&gate->decision, &text);
	gate->details[0] = '\0';
}

/* Whoever has a pass has proved his password just before. */
static void show_pass(struct service *service, const struct subject *subject,
		      json_t *parameters, enum pass_phase phase,
		      struct gate *gate)
{
	gate->passed = take_pass(service, subject, gate->user.uid, parameters,
				 phase, &gate->proof);
	if (gate->passed)
		gate->hearer = hearer_user(service->attempts->settings, subject,
					   &gate->user);
}

static int ask_gates(struct service *service, const struct subject *subject,
		     json_t *parameters, enum login_purpose purpose,
		     struct gate *ret_gate)
{
	struct login_facts facts;
	int r;

	begin_gate(service, subject, ret_gate);
	r = attempt_gather(service->attempts, subject, purpose, &ret_gate->user,
			   &facts);
	if (r != 0)
		return r;
	show_pass(service, subject, parameters,
		  purpose == LOGIN_PURPOSE_SESSION ? PASS_PHASE_SESSION
						   : PASS_PHASE_ACCOUNT,
		  ret_gate);
	facts.logged_in = ret_gate->passed;
	if (ret_gate->passed && ret_gate->proof.code)
		facts.code = LOGIN_CODE_RIGHT;
	decide(&facts, ret_gate);
	return 0;
}

static struct record gate_record(const struct subject *subject,
				 const struct gate *gate, enum event allowed,
				 enum event denied)
{
	struct record record = subject_record(subject, clock_realtime_us());
	bool good = gate->decision.verdict != VERDICT_DENY;

	record.event = good ? allowed : denied;
	record.result = good ? RECORD_ALLOWED : RECORD_DENIED;
	record.reason = gate->decision.reason;
	record.reference = good ? NULL : gate->reference;
	record.rules = gate->rules;
	record.details = record_text(gate->details);
	return record;
}

static int reply_refused(struct varlink_call *call, const char *verdict,
			 const struct gate *gate)
{
	char message[HEARER_REFUSAL_MAX];
	struct text text;

	text_init(&text, message, sizeof(message));
	hearer_refuse(&gate->hearer, &gate->decision, gate->reference, &text);
	return varlink_call_reply(call,
				  json_pack("{s:s, s:s, s:s}", "verdict",
					    verdict, "message", message,
					    "reference", gate->reference));
}

/* It could not be decided, or not be written. */
static int reply_unavailable(struct varlink_call *call, struct gate *gate)
{
	gate->decision = (struct login_decision){
		.verdict = VERDICT_DENY,
		.reason = REASON_NOT_WRITTEN,
	};
	return reply_refused(call, "unavailable", gate);
}

static int reply_verdict(struct varlink_call *call, enum verdict verdict)
{
	return varlink_call_reply(
		call, json_pack("{s:s}", "verdict", verdict_name(verdict)));
}

static void tell_method(const struct gate *gate, const char *method,
			struct text *details)
{
	text_add_format(details, "method=%.60s",
			gate->passed ? "password"
			: method     ? method
				     : "none");
}

static void tell_country(const struct gate *gate, struct text *details)
{
	if (*gate->decision.country)
		text_add_format(details, " country=%s", gate->decision.country);
}

/* The record is written before the answer leaves. */
static int conclude(struct service *service, struct varlink_call *call,
		    struct gate *gate, struct record record)
{
	struct change_set set = { 0 };

	change_set_record(&set, record);
	if (state_apply(service->state, &set) != 0)
		return reply_unavailable(call, gate);
	if (gate->decision.verdict == VERDICT_DENY)
		return reply_refused(call, "deny", gate);
	return reply_verdict(call, gate->decision.verdict);
}

static int account(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	const char *method = string_of(parameters, "method");
	struct service *service = userdata;
	struct subject subject;
	struct gate gate = { 0 };
	struct text details;

	if (!claim_take(service, call, parameters, &subject))
		return 0;
	if (ask_gates(service, &subject, parameters, LOGIN_PURPOSE_ACCOUNT,
		      &gate) != 0)
		return reply_unavailable(call, &gate);
	if (gate.passed && gate.decision.verdict == VERDICT_ALLOW)
		return reply_verdict(call, VERDICT_ALLOW);
	text_init(&details, gate.details, sizeof(gate.details));
	tell_method(&gate, method, &details);
	if (gate.user.break_glass)
		text_add(&details, " break-glass");
	tell_country(&gate, &details);
	return conclude(service, call, &gate,
			gate_record(&subject, &gate, EVENT_ACCOUNT_ALLOWED,
				    EVENT_ACCOUNT_DENIED));
}

/* What is asked of users who are not ours: from where they come. */
static int ask_whence(struct service *service, const struct subject *subject,
		      struct gate *ret_gate)
{
	const struct settings *settings = service->attempts->settings;
	struct login_facts facts = {
		.purpose = LOGIN_PURPOSE_UNMANAGED,
		.service_allowed = !settings_services_have(
			settings->unmanaged_deny, subject->service),
		.from_anywhere = !settings_services_have(
			settings->unmanaged_origin, subject->service),
	};
	int r;

	begin_gate(service, subject, ret_gate);
	r = origin_gather(service->attempts, subject, NULL, &facts.origin);
	if (r == 0)
		decide(&facts, ret_gate);
	return r;
}

static int unmanaged(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	struct service *service = userdata;
	struct subject subject;
	struct gate gate = { 0 };
	struct text details;

	if (!claim_take(service, call, parameters, &subject))
		return 0;
	if (ask_whence(service, &subject, &gate) != 0)
		return reply_unavailable(call, &gate);
	text_init(&details, gate.details, sizeof(gate.details));
	tell_method(&gate, string_of(parameters, "method"), &details);
	tell_country(&gate, &details);
	return conclude(service, call, &gate,
			gate_record(&subject, &gate, EVENT_UNMANAGED_ALLOWED,
				    EVENT_UNMANAGED_DENIED));
}

/* Whom nobody but root acts as. */
static bool is_himself_or_root(const struct subject *subject)
{
	return !*subject->requester ||
	       strcmp(subject->requester, subject->name) == 0 ||
	       strcmp(subject->requester, "root") == 0;
}

/* Who came in himself came from somewhere: a job has no address, and who acts
 * as somebody is named. */
static struct session_opened opened_by(struct service *service,
				       struct varlink_call *call,
				       const struct subject *subject)
{
	const struct varlink_peer *peer = varlink_call_peer(call);
	bool by_root = peer->uid == 0;

	return (struct session_opened){
		.boot = service->boot,
		/* What a user opens for himself is no process to be ended, and
		 * that of an application is not his. */
		.pid = by_root ? peer->pid : 0,
		.at_us = subject->by_application ? clock_boottime_us()
						 : peer->admitted_us,
		.opener = subject->by_application ? SESSION_OPENER_APPLICATION
			  : !by_root              ? SESSION_OPENER_HIMSELF
			  : is_himself_or_root(subject) ? SESSION_OPENER_ROOT
							: SESSION_OPENER_OTHER,
		.himself = *subject->address &&
			   (!*subject->requester ||
			    strcmp(subject->requester, subject->name) == 0),
		/* su and sudo begin no login: they name who asked. */
		.audit_session =
			*subject->requester ? 0 : subject->audit_session,
	};
}

/* What the session begins with, and that it began. */
static void greet(struct service *service, const struct subject *subject,
		  const struct gate *gate, struct change_set *set,
		  struct text *greeting)
{
	if (gate->decision.verdict != VERDICT_ALLOW)
		return;
	greeting_write(service->attempts, subject, &gate->user, greeting);
	if (greeting_is_visit(subject))
		change_set_add(set, (struct change){
					    .type = CHANGE_VISIT,
					    .uid = gate->user.uid,
					    .at = clock_realtime_us() / 1000000,
					    .service = subject->service,
					    .address = subject->address,
					    .terminal = subject->terminal });
}

static void tell_session(const char *id, char *details, size_t size)
{
	(void)snprintf(details, size, "session=%.*s", SESSION_MARK_LENGTH, id);
}

static int open_session(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	char message[GREETING_MAX];
	struct text greeting;
	struct service *service = userdata;
	uint8_t random[(SESSION_ID_MAX - 1) / 2];
	struct session_opened opened;
	struct change_set set = { 0 };
	struct subject subject;
	struct gate gate = { 0 };
	char id[SESSION_ID_MAX];
	bool must_change;

	if (!claim_take(service, call, parameters, &subject))
		return 0;
	if (ask_gates(service, &subject, parameters, LOGIN_PURPOSE_SESSION,
		      &gate) != 0)
		return reply_unavailable(call, &gate);
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(id, sizeof(id), random, sizeof(random));
	opened = opened_by(service, call, &subject);
	/* A temporary password opens no session, only the choice of another. */
	must_change = gate.decision.verdict == VERDICT_CHANGE;
	if (gate.decision.verdict != VERDICT_ALLOW) {
		gate.decision.verdict = VERDICT_DENY;
	} else {
		tell_session(id, gate.details, sizeof(gate.details));
		change_set_add(
			&set,
			(struct change){ .type = CHANGE_SESSION_OPEN,
					 .uid = gate.user.uid,
					 .at = clock_realtime_us() / 1000000,
					 .session = id,
					 .opened = &opened,
					 .service = subject.service,
					 .address = subject.address,
					 .terminal = subject.terminal });
	}
	text_init(&greeting, message, sizeof(message));
	greet(service, &subject, &gate, &set, &greeting);
	change_set_record(&set,
			  gate_record(&subject, &gate, EVENT_SESSION_OPENED,
				      EVENT_SESSION_DENIED));
	if (gate.user.break_glass && gate.decision.verdict == VERDICT_ALLOW)
		change_set_record(&set, gate_record(&subject, &gate,
						    EVENT_BREAK_GLASS_USED,
						    EVENT_SESSION_DENIED));
	if (state_apply(service->state, &set) != 0)
		return reply_unavailable(call, &gate);
	/* Without a text: sshd goes on to ask for another password then. */
	if (must_change)
		return varlink_call_reply(
			call, json_pack("{s:s}", "verdict", "change"));
	if (gate.decision.verdict == VERDICT_DENY)
		return reply_refused(call, "deny", &gate);
	return varlink_call_reply(call,
				  json_pack("{s:s, s:s, s:o}", "verdict",
					    "allow", "session", id, "message",
					    text_or_null(message)));
}

/*
 * Root closes any, a user his own, an application those it opened. Of others it
 * learns nothing: they are as if they were not open.
 */
static bool may_close(struct service *service, struct varlink_call *call,
		      const struct session *session)
{
	const struct varlink_peer *peer = varlink_call_peer(call);
	const struct settings_service *of = service_of_peer(service, peer);

	if (peer->uid == 0 ||
	    (of ? application_opened(of, session) : peer->uid == session->uid))
		return true;
	service->refused(peer, "nl.cloxxs.Login.CloseSession", service);
	if (of)
		(void)!varlink_call_reply_empty(call);
	else
		(void)!varlink_call_denied(call);
	return false;
}

static int close_session(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	const char *id = string_of(parameters, "session");
	struct service *service = userdata;
	struct change_set set = { 0 };
	struct session session;
	char details[64];
	struct user user;

	if (session_find(service->state->store, id, &session) != 0 ||
	    user_find_uid(service->state->store, session.uid, &user) != 0)
		return varlink_call_reply_empty(call);
	if (!may_close(service, call, &session))
		return 0;
	tell_session(id, details, sizeof(details));
	change_set_add(&set, (struct change){ .type = CHANGE_SESSION_CLOSE,
					      .session = id });
	change_set_record(
		&set,
		(struct record){ .at_us = clock_realtime_us(),
				 .event = EVENT_SESSION_CLOSED,
				 .result = RECORD_DONE,
				 .reason = REASON_NONE,
				 .user = user.name,
				 .actor = user.name,
				 .service = session.service,
				 .address = record_text(session.address),
				 .terminal = record_text(session.terminal),
				 .details = details });
	if (state_apply(service->state, &set) != 0)
		return -EIO;
	return varlink_call_reply_empty(call);
}

#define SUBJECT_PARAMETERS                                              \
	{ "user", VARLINK_STRING, false, ATTEMPT_NAME_MAX },            \
		{ "service", VARLINK_STRING, false, NAME_SERVICE_MAX }, \
		{ "address", VARLINK_STRING, true, 255 },               \
		{ "terminal", VARLINK_STRING, true, 64 },               \
		{ "requester", VARLINK_STRING, true, 256 },             \
		{ "language", VARLINK_STRING, true, 64 },               \
		{ "system_uid", VARLINK_INT, true, 0 },                 \
	{                                                               \
		"audit_session", VARLINK_INT, true, 0                   \
	}
#define PASS_PARAMETER                           \
	{                                        \
		"pass", VARLINK_STRING, true, 64 \
	}

static const struct varlink_parameter start_parameters[] = {
	{ "purpose", VARLINK_STRING, false, 16 },
	SUBJECT_PARAMETERS,
	PASS_PARAMETER,
	{ 0 },
};

/* Longer than a password may be, so that such a one is told apart and
 * uncounted. */
static const struct varlink_parameter answer_parameters[] = {
	{ "answer", VARLINK_STRING, true, 8192 },
	{ 0 },
};

static const struct varlink_parameter account_parameters[] = {
	{ "method", VARLINK_STRING, true, 64 },
	SUBJECT_PARAMETERS,
	PASS_PARAMETER,
	{ 0 },
};

/* No pass: nobody has proved anything here. */
static const struct varlink_parameter unmanaged_parameters[] = {
	{ "method", VARLINK_STRING, true, 64 },
	SUBJECT_PARAMETERS,
	{ 0 },
};

static const struct varlink_parameter open_parameters[] = {
	SUBJECT_PARAMETERS,
	PASS_PARAMETER,
	{ 0 },
};

static const struct varlink_parameter check_parameters[] = {
	{ "session", VARLINK_STRING, false, 64 },
	{ "address", VARLINK_STRING, true, 255 },
	{ 0 },
};

static const struct varlink_parameter close_parameters[] = {
	{ "session", VARLINK_STRING, false, 64 },
	{ 0 },
};

static const struct varlink_parameter keys_parameters[] = {
	{ "user", VARLINK_STRING, false, ATTEMPT_NAME_MAX },
	{ "service", VARLINK_STRING, false, NAME_SERVICE_MAX },
	{ "address", VARLINK_STRING, true, 255 },
	{ "system_uid", VARLINK_INT, true, 0 },
	{ 0 },
};

#define EVERYBODY (PEER_ROOT | PEER_USER | PEER_SERVICE)

static const struct varlink_method methods[] = {
	{ "nl.cloxxs.Login.Start", EVERYBODY, VARLINK_SENSITIVE | VARLINK_MORE,
	  16384, 60000, start_parameters, start },
	{ "nl.cloxxs.Login.Answer", EVERYBODY, VARLINK_SENSITIVE | VARLINK_MORE,
	  65536, 300000, answer_parameters, answer },
	{ "nl.cloxxs.Login.Account", EVERYBODY, VARLINK_SENSITIVE, 16384, 10000,
	  account_parameters, account },
	{ "nl.cloxxs.Login.Unmanaged", PEER_ROOT, 0, 16384, 10000,
	  unmanaged_parameters, unmanaged },
	{ "nl.cloxxs.Login.OpenSession", EVERYBODY, VARLINK_SENSITIVE, 16384,
	  10000, open_parameters, open_session },
	{ "nl.cloxxs.Login.CheckSession", PEER_SERVICE, 0, 4096, 10000,
	  check_parameters, application_check_session },
	{ "nl.cloxxs.Login.CloseSession", EVERYBODY, 0, 4096, 10000,
	  close_parameters, close_session },
	{ "nl.cloxxs.Login.AuthorizedKeys", PEER_ROOT | PEER_KEYS,
	  VARLINK_MORE_ONLY, 4096, 10000, keys_parameters,
	  login_authorized_keys },
	{ 0 },
};

const struct varlink_interface service_login = {
	.name = "nl.cloxxs.Login",
	.description = varlink_nl_cloxxs_Login,
	.methods = methods,
};
