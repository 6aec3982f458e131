/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many grants of one file. What must hold:
 *  1. All of them come into the store in one transaction, or none does.
 *  2. What was read against users and projects that have changed since is not
 *     applied.
 *  3. Each is in the audit with who gave it, whenever the power fails.
 */
#include "cloxxsd/service/admin_project.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/grant_request.h"

/* So many are staged: a commit is one pause for logins. */
#define GRANTS_MAX 100000
/* Faults that are told; the others are counted. */
#define FAULTS_MAX 100

struct staged {
	int64_t line;
	struct grant grant;
	uint32_t before; /* the rights that were there; 0: none were */
	int64_t until_before;
	bool same; /* as it stands already */
	char holder[HOLDER_TEXT_MAX], project[NAME_PROJECT_MAX + 1];
};

struct grant_staging {
	struct staged *grants;
	size_t n, size;
	int64_t n_faults;
	uint64_t n_rights; /* the state's count when it began */
	struct service *service;
};

static void staging_free(void *data)
{
	struct grant_staging *staging = data;

	staging->service->grant_staging = NULL;
	free(staging->grants);
	free(staging);
}

static struct grant_staging *take(struct varlink_call *call)
{
	struct grant_staging *staging = varlink_connection_data(
		varlink_call_connection(call), staging_free);

	if (!staging)
		(void)!admin_conflict(call, "No import was begun here.");
	return staging;
}

int admin_grants_begin(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct varlink_connection *connection = varlink_call_connection(call);
	struct service *service = userdata;
	struct grant_staging *staging;

	(void)parameters;
	/* What this connection staged before is forgotten. */
	varlink_connection_set_data(connection, NULL, NULL);
	/* One at a time: what many would hold in memory has no bound. */
	if (service->grant_staging)
		return admin_conflict(call, "Another import is under way: wait "
					    "for its end.");
	staging = calloc(1, sizeof(*staging));
	if (!staging)
		return -ENOMEM;
	staging->service = service;
	staging->n_rights = service->state->n_rights;
	service->grant_staging = staging;
	varlink_connection_set_data(connection, staging, staging_free);
	return varlink_call_reply_empty(call);
}

static void add_fault(struct grant_staging *staging, json_t *faults,
		      int64_t line, const char *message)
{
	if (staging->n_faults++ < FAULTS_MAX)
		(void)!json_array_append_new(faults,
					     json_pack("{s:I, s:s}", "line",
						       (json_int_t)line,
						       "message", message));
}

/* The next free place. -E2BIG: there is none. */
static int place(struct grant_staging *staging, struct staged **ret_staged)
{
	struct staged *grown;
	size_t size;

	if (staging->n == GRANTS_MAX)
		return -E2BIG;
	if (staging->n == staging->size) {
		size = staging->size ? 2 * staging->size : 512;
		grown = reallocarray(staging->grants, size, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		staging->grants = grown;
		staging->size = size;
	}
	*ret_staged = &staging->grants[staging->n];
	return 0;
}

static void describe(const struct grant_request *request,
		     const struct grant_fault *fault, struct text *message)
{
	switch (fault->what) {
	case GRANT_FAULT_HOLDER:
		text_add_format(message, "there is no user or group %s",
				request->holder);
		return;
	case GRANT_FAULT_GROUP:
		text_add_format(message, "there is no user %s; ",
				request->holder);
		text_add_format(message,
				"the group of that name is written @%s",
				request->holder);
		return;
	case GRANT_FAULT_PROJECT:
		text_add_format(message, "there is no project %s",
				request->project);
		return;
	case GRANT_FAULT_INVALID:
		text_add_format(message, "%s: %s", fault->parameter,
				fault->text);
		return;
	case _GRANT_FAULT_NONE:
	case GRANT_FAULT_UNREADABLE:
		break;
	}
	text_add(message, ADMIN_UNREADABLE);
}

/* A member that is a string, "" where it is another thing. */
static const char *member(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static bool is_given(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

/* What is there and is no time must not read as "no end". */
static int64_t until_of(json_t *object)
{
	json_t *until = json_object_get(object, "until");

	if (!is_given(object, "until"))
		return 0;
	return json_is_integer(until) ? json_integer_value(until) : -1;
}

static int put(struct service *service, struct grant_staging *staging,
	       const char *actor, json_t *object, json_t *faults)
{
	struct grant_request request = {
		.holder = member(object, "holder"),
		.project = member(object, "project"),
		.right = member(object, "right"),
		.service = is_given(object, "service")
				   ? member(object, "service")
				   : NULL,
		.until = until_of(object),
	};
	int64_t line = json_integer_value(json_object_get(object, "line"));
	struct grant_fault fault;
	struct staged *staged;
	char message[512];
	struct text text;
	int r;

	r = place(staging, &staged);
	if (r < 0)
		return r;
	if (!grant_request_read(service, &request, &staged->grant, &fault)) {
		text_init(&text, message, sizeof(message));
		describe(&request, &fault, &text);
		add_fault(staging, faults, line, message);
		return 0;
	}
	staged->line = line;
	(void)snprintf(staged->grant.granted_by,
		       sizeof(staged->grant.granted_by), "%s", actor);
	(void)snprintf(staged->holder, sizeof(staged->holder), "%s",
		       request.holder);
	(void)snprintf(staged->project, sizeof(staged->project), "%s",
		       request.project);
	staging->n++;
	return 0;
}

static int reply_faults(struct varlink_call *call,
			const struct grant_staging *staging, json_t *faults)
{
	return varlink_call_reply(call, json_pack("{s:I, s:o}", "n_faults",
						  (json_int_t)staging->n_faults,
						  "faults", faults));
}

int admin_grants_put(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	json_t *grants = json_object_get(parameters, "grants"), *one, *faults;
	struct grant_staging *staging = take(call);
	struct service *service = userdata;
	char actor[ACTOR_MAX];
	int r = 0;
	size_t i;

	if (!staging)
		return 0;
	service_actor(service, varlink_call_peer(call), actor);
	faults = json_array();
	if (!faults)
		return -ENOMEM;
	json_array_foreach(grants, i, one)
	{
		r = put(service, staging, actor, one, faults);
		if (r < 0)
			break;
	}
	if (r < 0) {
		json_decref(faults);
		if (r != -E2BIG)
			return r;
		return admin_conflict(call, "These are more grants than can be "
					    "taken at once: 100000.");
	}
	return reply_faults(call, staging, faults);
}

static int compare(const void *a, const void *b)
{
	const struct staged *one = a, *other = b;
	int r = strcmp(one->grant.service, other->grant.service);

	if (r == 0 && one->grant.project != other->grant.project)
		r = one->grant.project < other->grant.project ? -1 : 1;
	if (r == 0 && one->grant.holder != other->grant.holder)
		r = one->grant.holder < other->grant.holder ? -1 : 1;
	return r != 0 ? r
		      : (one->line > other->line) - (one->line < other->line);
}

/* Two lines about the same holder and project contradict each other. */
static void find_doubles(struct grant_staging *staging, json_t *faults)
{
	struct staged *grants = staging->grants;
	char message[120];

	if (staging->n == 0)
		return;
	qsort(grants, staging->n, sizeof(*grants), compare);
	for (size_t i = 1; i < staging->n; i++) {
		const struct grant *one = &grants[i - 1].grant;
		const struct grant *other = &grants[i].grant;

		if (one->project != other->project ||
		    one->holder != other->holder ||
		    strcmp(one->service, other->service) != 0)
			continue;
		(void)snprintf(message, sizeof(message),
			       "holder and project are those of line %lld",
			       (long long)grants[i - 1].line);
		add_fault(staging, faults, grants[i].line, message);
	}
}

/* What is there already; -errno. */
static int look(struct service *service, struct grant_staging *staging,
		int64_t counts[3])
{
	for (size_t i = 0; i < staging->n; i++) {
		struct staged *one = &staging->grants[i];
		struct grant before;
		int r = grant_find(service->state->store, one->grant.service,
				   one->grant.project, one->grant.holder,
				   &before);

		if (r != 0 && r != GRANT_E_UNKNOWN)
			return r < 0 ? r : -EBADMSG;
		one->before = r == 0 ? before.rights : 0;
		one->until_before = r == 0 ? before.until : 0;
		one->same = r == 0 && before.rights == one->grant.rights &&
			    before.until == one->grant.until;
		counts[one->same ? 2 : r == 0 ? 1 : 0]++;
	}
	return 0;
}

static void tell(const void *userdata, size_t i,
		 struct change_grant_record *ret_record)
{
	const struct grant_staging *staging = userdata;
	const struct staged *one = &staging->grants[i];
	struct grant_request request = { .project = one->project,
					 .service = one->grant.service };

	ret_record->grant = one->same ? NULL : &one->grant;
	ret_record->holder = one->holder;
	if (!one->same)
		grant_request_details(&request, one->before, one->grant.rights,
				      one->grant.until, ret_record->details);
}

static int apply(struct service *service, const struct actor *actor,
		 struct grant_staging *staging, const int64_t counts[3])
{
	struct change_grants grants = { .n = staging->n,
					.tell = tell,
					.userdata = staging,
					.actor = actor->name };
	char details[120];
	/* One time for all: that of the record of the whole. */
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_GRANTS_IMPORTED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .details = details };
	struct change_set set = { 0 };

	actor_sign(actor, &record);
	(void)snprintf(details, sizeof(details),
		       "added=%lld changed=%lld unchanged=%lld",
		       (long long)counts[0], (long long)counts[1],
		       (long long)counts[2]);
	change_set_add(&set, (struct change){ .type = CHANGE_GRANTS,
					      .at = record.at_us,
					      .grants = &grants });
	change_set_record(&set, record);
	return state_apply(service->state, &set);
}

static int reply_counts(struct varlink_call *call, const int64_t counts[3])
{
	return varlink_call_reply(
		call, json_pack("{s:I, s:[], s:I, s:I, s:I}", "n_faults",
				(json_int_t)0, "faults", "added",
				(json_int_t)counts[0], "changed",
				(json_int_t)counts[1], "unchanged",
				(json_int_t)counts[2]));
}

/* Where the telling of changes stands. What was staged cannot go meanwhile:
 * the connection takes its next call when this one is answered. */
struct telling {
	const struct grant_staging *staging;
	size_t i;
	int64_t counts[3];
};

/* Grants that are looked at in one turn of the loop. */
#define BATCH 256

static int tell_change(struct varlink_call *call, const struct staged *one)
{
	json_t *change = json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "line",
		(json_int_t)one->line, "holder", one->holder, "project",
		one->project, "service", one->grant.service, "right_before",
		grant_rights_name(one->before), "until_before",
		time_or_null(one->until_before), "right",
		grant_rights_name(one->grant.rights), "until",
		time_or_null(one->grant.until));

	return varlink_call_continue(call,
				     json_pack("{s:o}", "change", change));
}

static int next_changes(struct varlink_call *call, void *data)
{
	struct telling *telling = data;
	const struct grant_staging *staging = telling->staging;
	bool told = false;
	int r = 0;

	for (int n = 0; r == 0 && n < BATCH; n++, telling->i++) {
		const struct staged *one = &staging->grants[telling->i];

		if (telling->i == staging->n) {
			varlink_connection_set_data(
				varlink_call_connection(call), NULL, NULL);
			return reply_counts(call, telling->counts);
		}
		if (one->same || one->before == 0)
			continue;
		r = tell_change(call, one);
		told = true;
	}
	if (r != 0)
		return r;
	return told ? 0 : VARLINK_LOOKING;
}

static int by_line(const void *a, const void *b)
{
	const struct staged *one = a, *other = b;

	return (one->line > other->line) - (one->line < other->line);
}

/* Streams what would become of grants that stand, in order of lines. */
static int tell_changes(struct varlink_call *call,
			struct grant_staging *staging, const int64_t counts[3])
{
	struct telling *telling = calloc(1, sizeof(*telling));

	if (!telling)
		return -ENOMEM;
	telling->staging = staging;
	memcpy(telling->counts, counts, sizeof(telling->counts));
	if (staging->n > 0)
		qsort(staging->grants, staging->n, sizeof(*staging->grants),
		      by_line);
	varlink_call_stream(call, next_changes, telling, free);
	return 0;
}

int admin_grants_commit(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	bool dry_run = json_is_true(json_object_get(parameters, "dry_run"));
	struct grant_staging *staging = take(call);
	struct service *service = userdata;
	int64_t counts[3] = { 0 };
	struct actor actor;
	json_t *faults;

	if (!staging)
		return 0;
	if (staging->n_rights != service->state->n_rights)
		return admin_conflict(call, "Users, groups or projects changed "
					    "meanwhile; nothing was changed. "
					    "Try again.");
	faults = json_array();
	if (!faults)
		return -ENOMEM;
	find_doubles(staging, faults);
	if (staging->n_faults > 0)
		return reply_faults(call, staging, faults);
	json_decref(faults);
	if (look(service, staging, counts) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (dry_run && varlink_call_wants_more(call))
		return tell_changes(call, staging, counts);
	service_find_actor(service, varlink_call_peer(call), &actor);
	if (!dry_run && counts[0] + counts[1] > 0 &&
	    apply(service, &actor, staging, counts) != 0)
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	varlink_connection_set_data(varlink_call_connection(call), NULL, NULL);
	return reply_counts(call, counts);
}
