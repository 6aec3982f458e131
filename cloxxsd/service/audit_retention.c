/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept longer than its time, and who is put under a pseudonym. */
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cloxxsd/service/audit.h"
#include "cloxxsd/service/user_json.h"
#include "cloxxsd/state/erasure.h"
#include "cloxxsd/state/retention.h"

/* Records that are looked at in one turn, and turns between two replies. */
#define TURN 100
#define TURNS_A_REPLY 50
#define DETAILS_MAX 640
#define TOO_MANY "There are 256 holds: release one."
_Static_assert(HOLDS_MAX == 256, "as TOO_MANY says");

const struct varlink_parameter audit_hold_parameters[] = {
	{ "user", VARLINK_STRING, true, NAME_USER_MAX },
	{ "class", VARLINK_STRING, true, 32 },
	{ "since", VARLINK_INT, true, 0 },
	{ "until", VARLINK_INT, true, 0 },
	{ "reason", VARLINK_STRING, false, HOLD_REASON_MAX - 1 },
	{ 0 },
};
const struct varlink_parameter audit_release_parameters[] = {
	{ "id", VARLINK_INT, false, 0 },
	{ "reason", VARLINK_STRING, false, HOLD_REASON_MAX - 1 },
	{ 0 },
};
const struct varlink_parameter audit_erase_parameters[] = {
	{ "name", VARLINK_STRING, false, NAME_USER_MAX },
	{ "reason", VARLINK_STRING, false, HOLD_REASON_MAX - 1 },
	{ 0 },
};

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

static int64_t number_of(json_t *parameters, const char *name,
			 int64_t otherwise)
{
	json_t *value = json_object_get(parameters, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static int not_written(struct varlink_call *call)
{
	return varlink_call_error(
		call, "nl.cloxxs.Audit.Unavailable",
		json_pack("{s:s}", "message",
			  "It could not be written; nothing was changed."));
}

static int conflict(struct varlink_call *call, const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Audit.Conflict",
				  json_pack("{s:s}", "message", message));
}

static int not_found(struct varlink_call *call, const char *name)
{
	return varlink_call_error(call, "nl.cloxxs.Audit.NotFound",
				  json_pack("{s:s}", "name", name));
}

/* Why nothing can be put on hold so, or NULL. */
static const char *read_hold(json_t *parameters, struct hold *hold,
			     const char **ret_parameter)
{
	const char *user = string_of(parameters, "user");
	const char *class = string_of(parameters, "class");

	hold->class = _EVENT_CLASS_N;
	hold->since_us = number_of(parameters, "since", 0);
	hold->until_us = number_of(parameters, "until", INT64_MAX);
	memcpy(hold->reason, string_of(parameters, "reason"),
	       strlen(string_of(parameters, "reason")) + 1);
	*ret_parameter = "user";
	if (user && !name_is_user(user, strlen(user)))
		return "It is no name of a user.";
	if (user)
		memcpy(hold->user, user, strlen(user) + 1);
	*ret_parameter = "class";
	if (class && !event_class_find(class, &hold->class))
		return "It is none of logins, administration and application.";
	*ret_parameter = "until";
	if (hold->since_us < 0 || hold->until_us <= hold->since_us)
		return "It would end before it begins.";
	*ret_parameter = "reason";
	return *hold->reason ? NULL : "It must say why.";
}

static void add_time(struct text *text, const char *name, int64_t at_us,
		     int64_t none)
{
	if (at_us == none)
		return;
	text_add_format(text, " %s=", name);
	timestamp_write(at_us / 1000000, text);
}

static void describe(const struct hold *hold, struct text *text)
{
	text_add_format(text, "class=%s",
			hold->class == _EVENT_CLASS_N
				? "all"
				: event_class_name(hold->class));
	add_time(text, "since", hold->since_us, 0);
	add_time(text, "until", hold->until_us, INT64_MAX);
	text_add_format(text, " reason=%s", hold->reason);
}

int audit_add_hold(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	struct service *service = userdata;
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_AUDIT_HELD,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR };
	const char *parameter, *fault;
	char details[DETAILS_MAX];
	struct hold hold = { 0 };
	struct actor actor;
	struct text text;
	int r;

	fault = read_hold(parameters, &hold, &parameter);
	if (fault)
		return audit_invalid(call, parameter, fault);
	service_find_actor(service, varlink_call_peer(call), &actor);
	actor_sign(&actor, &record);
	memcpy(hold.actor, actor.name, sizeof(actor.name));
	hold.made = record.at_us / 1000000;
	text_init(&text, details, sizeof(details));
	describe(&hold, &text);
	record.user = record_text(hold.user);
	record.details = details;
	r = retention_hold(service->state, &hold, &record);
	if (r == HOLD_E_FULL)
		return conflict(call, TOO_MANY);
	if (r != 0)
		return not_written(call);
	return varlink_call_reply(
		call, json_pack("{s:I}", "id", (json_int_t)hold.id));
}

static json_t *hold_json(const struct hold *hold)
{
	return json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:s, s:I, s:s}", "id",
		(json_int_t)hold->id, "user", text_or_null(hold->user), "class",
		hold->class == _EVENT_CLASS_N
			? json_null()
			: json_string(event_class_name(hold->class)),
		"since",
		hold->since_us == 0 ? json_null()
				    : json_integer((json_int_t)hold->since_us),
		"until",
		hold->until_us == INT64_MAX
			? json_null()
			: json_integer((json_int_t)hold->until_us),
		"reason", hold->reason, "made", (json_int_t)hold->made, "actor",
		hold->actor);
}

int audit_list_holds(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	scope(scope_free) struct holds *holds = calloc(1, sizeof(*holds));
	struct service *service = userdata;
	int r = 0;

	(void)parameters;
	if (!holds || holds_load(service->state->store, holds) != 0)
		return varlink_call_error(call, "nl.cloxxs.Audit.Unavailable",
					  json_pack("{s:s}", "message",
						    "The store cannot be "
						    "read."));
	for (size_t i = 0; r == 0 && i < holds->n; i++)
		r = varlink_call_continue(
			call,
			json_pack("{s:o}", "hold", hold_json(&holds->all[i])));
	return r < 0 ? r : varlink_call_reply_empty(call);
}

int audit_release_hold(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	int64_t id = json_integer_value(json_object_get(parameters, "id"));
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_AUDIT_RELEASED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR };
	struct service *service = userdata;
	char details[DETAILS_MAX];
	struct actor actor;
	struct hold hold;
	struct text text;
	char name[24];
	int r;

	text_init(&text, name, sizeof(name));
	text_add_format(&text, "%lld", (long long)id);
	if (!*string_of(parameters, "reason"))
		return audit_invalid(call, "reason", "It must say why.");
	r = hold_find(service->state->store, id, &hold);
	if (r == HOLD_E_UNKNOWN)
		return not_found(call, name);
	service_find_actor(service, varlink_call_peer(call), &actor);
	actor_sign(&actor, &record);
	text_init(&text, details, sizeof(details));
	text_add_format(&text, "hold=%lld reason=%s", (long long)id,
			string_of(parameters, "reason"));
	record.user = r == 0 ? record_text(hold.user) : NULL;
	record.details = details;
	if (r == 0)
		r = retention_release(service->state, id, &record);
	return r != 0 ? not_written(call) : varlink_call_reply_empty(call);
}

/* An erasure on its way; it owns what it points to. */
struct erasing {
	struct service *service;
	struct erasure erasure;
	struct actor actor;
	char name[NAME_USER_MAX + 1], reason[HOLD_REASON_MAX];
	unsigned int n_turns;
};

static json_t *counts_json(const struct erasing *erasing, bool is_done)
{
	const struct erasure *erasure = &erasing->erasure;

	return json_pack("{s:I, s:I, s:I, s:I, s:o}", "checked",
			 (json_int_t)erasure->counts.seq, "changed",
			 (json_int_t)erasure->counts.n_changed, "held",
			 (json_int_t)erasure->counts.n_held, "broken",
			 (json_int_t)erasure->counts.n_broken, "pseudonym",
			 is_done ? json_string(erasure->pseudonym)
				 : json_null());
}

/* What is recorded of it, at the beginning and at the end. */
static struct record erasing_record(const struct erasing *erasing,
				    const char *details)
{
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_AUDIT_ERASED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .user = erasing->erasure.pseudonym,
				 .details = details };

	actor_sign(&erasing->actor, &record);
	return record;
}

/* Before the first record is changed: who goes away in between has done what
 * stands there. */
static int tell_begin(const struct erasing *erasing)
{
	struct change_set set = { 0 };
	char details[DETAILS_MAX];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(&text, "begun reason=%s", erasing->reason);
	change_set_record(&set, erasing_record(erasing, details));
	return state_apply(erasing->service->state, &set);
}

/* Some slices may have been written. */
static int stopped(const struct erasing *erasing, struct varlink_call *call,
		   const char *why)
{
	char message[160];
	struct text text;

	text_init(&text, message, sizeof(message));
	text_add_format(&text,
			"%s; %lld records were changed, ask for it again", why,
			(long long)erasing->erasure.counts.n_changed);
	return varlink_call_error(call, "nl.cloxxs.Audit.Unavailable",
				  json_pack("{s:s}", "message", message));
}

static int finish(const struct erasing *erasing, struct varlink_call *call)
{
	const struct erasure_counts *counts = &erasing->erasure.counts;
	char details[DETAILS_MAX];
	struct record record;
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(&text, "changed=%lld held=%lld broken=%lld reason=%s",
			(long long)counts->n_changed, (long long)counts->n_held,
			(long long)counts->n_broken, erasing->reason);
	record = erasing_record(erasing, details);
	if (erasure_finish(erasing->service->state, &erasing->erasure,
			   &record) != 0)
		return stopped(erasing, call, "It could not be written");
	return varlink_call_reply(call, counts_json(erasing, true));
}

static int erase_next(struct varlink_call *call, void *data)
{
	struct erasing *erasing = data;
	struct state *state = erasing->service->state;
	struct user user;
	int r;

	/* Who is a user would come back with the next record. */
	if (user_find(state->store, erasing->name, &user) != USER_E_UNKNOWN)
		return stopped(erasing, call, "One of that name was added");
	r = erasure_step(state, &erasing->erasure, TURN);
	if (r == 0)
		return finish(erasing, call);
	if (r < 0)
		return stopped(erasing, call, "It could not be written");
	if (++erasing->n_turns % TURNS_A_REPLY != 0)
		return VARLINK_LOOKING;
	return varlink_call_continue(call, counts_json(erasing, false));
}

/* False: answered. */
static bool may_be_erased(struct service *service, struct varlink_call *call,
			  const char *name)
{
	struct user user;
	int r = user_find(service->state->store, name, &user);

	if (r == USER_E_UNKNOWN)
		return true;
	(void)!(r == 0 ? conflict(call, "He is a user: delete him first.")
		       : not_written(call));
	return false;
}

int audit_erase_person(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	scope(scope_free) struct erasing *erasing = calloc(1, sizeof(*erasing));
	const char *name = string_of(parameters, "name");
	const char *reason = string_of(parameters, "reason");
	struct service *service = userdata;
	int r;

	if (!erasing)
		return -ENOMEM;
	if (!name_is_user(name, strlen(name)))
		return audit_invalid(call, "name", "It is no name of a user.");
	if (!*reason)
		return audit_invalid(call, "reason", "It must say why.");
	if (!may_be_erased(service, call, name))
		return 0;
	erasing->service = service;
	memcpy(erasing->name, name, strlen(name) + 1);
	memcpy(erasing->reason, reason, strlen(reason) + 1);
	service_find_actor(service, varlink_call_peer(call), &erasing->actor);
	r = erasure_begin(service->state, erasing->name, &erasing->erasure);
	if (r == ERASURE_E_UNKNOWN)
		return conflict(call, "Nobody of that name was a user.");
	if (r != 0 || tell_begin(erasing) != 0)
		return not_written(call);
	varlink_call_stream(call, erase_next, scope_take_ptr(erasing), free);
	return 0;
}
