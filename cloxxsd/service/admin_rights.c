/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The review of rights: who can do what in which project, by which grants, and
 * what changed about that. */
#include "cloxxsd/service/admin_project.h"

#include <string.h>

#include "base/timestamp.h"
#include "cloxxsd/service/rights.h"
#include "cloxxsd/state/ledger.h"

/* Pairs of a user and a project that are looked at in one turn of the loop. */
#define BATCH 512

/* Where the review stands: at user in the project, or before the first. */
struct review {
	struct service *service;
	struct project project;
	char user[NAME_USER_MAX + 1];
	bool of_user, of_project, in_project;
	char only_user[NAME_USER_MAX + 1];
	char only_service[NAME_SERVICE_MAX + 1];
};

/* The grants of one user in a project, on their way into an entry. */
struct telling {
	struct store *store;
	struct text *text;
};

static int add_grant(const struct grant *grant, bool in_force, void *userdata)
{
	struct telling *telling = userdata;
	struct text *text = telling->text;
	char holder[HOLDER_TEXT_MAX] = "?";
	char project[NAME_PROJECT_MAX + 1] = "?";

	if (!in_force)
		return 0;
	(void)!holder_write(telling->store, grant->holder, holder);
	(void)!holder_write_project(telling->store, grant->project, project);
	text_add_format(text, "%s%s %s", text->n > 0 ? ", " : "", holder,
			grant_rights_name(grant->rights));
	if (grant->project == ACCESS_EVERY_PROJECT)
		text_add_format(text, " in %s", project);
	if (grant->until != 0) {
		text_add(text, " until ");
		timestamp_write(grant->until, text);
	}
	return 0;
}

/* Tells what the user may do in the review's project, where it is anything. */
static int tell(struct review *review, struct varlink_call *call,
		const char *user)
{
	char grants[1024];
	struct text text;
	struct telling telling = { review->service->state->store, &text };
	struct rights_question question = {
		.service = review->project.service,
		.user = user,
		.project = review->project.name,
		.right = ACCESS_READ,
		.now = service_moment(review->service).latest,
		.each = add_grant,
		.userdata = &telling,
	};
	struct rights rights;
	int r;

	text_init(&text, grants, sizeof(grants));
	r = rights_find(telling.store, &question, &rights);
	if (r != 0 || rights.rights == 0)
		return r;
	return varlink_call_continue(
		call, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s}", "project",
				review->project.name, "service",
				review->project.service, "user", user, "read",
				(rights.rights & ACCESS_READ) != 0, "write",
				(rights.rights & ACCESS_WRITE) != 0, "grants",
				grants));
}

/* Whether he may do anything, by the map: most may not in most. */
static bool may_anything(struct review *review, const char *user)
{
	const struct map *map = review->service->access_map(
		review->project.service, review->service->userdata);

	return !map || access_rights_of(map, user, review->project.name) != 0;
}

/* PROJECT_E_UNKNOWN at the end. */
static int go_to_next_project(struct review *review)
{
	struct store *store = review->service->state->store;
	int r;

	if (review->of_project && review->in_project)
		return PROJECT_E_UNKNOWN;
	if (review->of_project)
		r = 0;
	else if (*review->only_service)
		r = project_next_of(store, review->only_service,
				    review->project.name, &review->project);
	else
		r = project_next(store, review->project.name, &review->project);
	review->in_project = r == 0;
	review->user[0] = '\0';
	return r;
}

/* USER_E_UNKNOWN at the end of the project. */
static int go_to_next_user(struct review *review)
{
	struct user user;
	int r;

	if (review->of_user) {
		if (*review->user)
			return USER_E_UNKNOWN;
		memcpy(review->user, review->only_user, sizeof(review->user));
		return 0;
	}
	r = user_next(review->service->state->store, review->user, &user);
	if (r == 0)
		memcpy(review->user, user.name, sizeof(user.name));
	return r;
}

static int next_rights(struct varlink_call *call, void *data)
{
	struct review *review = data;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		r = review->in_project ? go_to_next_user(review)
				       : USER_E_UNKNOWN;
		if (r == USER_E_UNKNOWN) {
			r = go_to_next_project(review);
			if (r == PROJECT_E_UNKNOWN)
				return varlink_call_reply_empty(call);
			continue;
		}
		if (r == 0 && may_anything(review, review->user))
			r = tell(review, call, review->user);
	}
	return r > 0 ? -EIO : r < 0 ? r : VARLINK_LOOKING;
}

/* Sets what is asked about; false: answered. */
static bool read_filters(struct service *service, struct varlink_call *call,
			 json_t *parameters, struct review *review)
{
	const char *name = admin_string(parameters, "user");
	const char *project = admin_string(parameters, "project");
	const char *of = admin_string(parameters, "service");
	struct user user;

	if (of && !name_is_service(of, strlen(of))) {
		(void)!admin_invalid(call, "service", ADMIN_SERVICE_RULE);
		return false;
	}
	if (of)
		memcpy(review->only_service, of, strlen(of) + 1);
	if (name && !admin_take_named(service, call, name, &user))
		return false;
	if (name)
		memcpy(review->only_user, user.name, sizeof(user.name));
	review->of_user = name != NULL;
	review->of_project = project != NULL;
	if (!project)
		return true;
	if (!admin_take_project(service, call, project, &review->project))
		return false;
	if (!of || strcmp(of, review->project.service) == 0)
		return true;
	(void)!admin_invalid(call, "service", ADMIN_OTHER_SERVICE);
	return false;
}

int admin_list_rights(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	scope(scope_free) struct review *review = calloc(1, sizeof(*review));

	if (!review)
		return -ENOMEM;
	review->service = userdata;
	if (!read_filters(userdata, call, parameters, review))
		return 0;
	varlink_call_stream(call, next_rights, scope_take_ptr(review), free);
	return 0;
}

/* Where a stream of changes stands: behind seq. */
struct changes {
	struct service *service;
	int64_t since_us, seq;
};

/* Records that are looked at in one turn: few are about rights. */
#define LOOK 1000

static int next_changes(struct varlink_call *call, void *data)
{
	struct changes *changes = data;
	struct ledger *ledger = &changes->service->state->ledger;
	int r = 0;

	for (int i = 0; r == 0 && i < 64; i++) {
		int64_t last = changes->seq + LOOK;
		struct ledger_row row;

		r = ledger_next_about_rights(ledger, changes->seq, last,
					     changes->since_us, &row);
		if (r == LEDGER_E_UNKNOWN && last >= ledger->seq)
			return varlink_call_reply_empty(call);
		if (r == LEDGER_E_UNKNOWN) {
			changes->seq = last;
			return VARLINK_LOOKING;
		}
		if (r != 0)
			break;
		changes->seq = row.seq;
		r = varlink_call_continue(
			call,
			json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "at",
				  (json_int_t)(row.at_us / 1000000), "event",
				  row.event, "user", text_or_null(row.user),
				  "actor", text_or_null(row.actor), "service",
				  text_or_null(row.service), "details",
				  text_or_null(row.details)));
	}
	return r > 0 ? -EIO : r;
}

int admin_list_right_changes(struct varlink_call *call, json_t *parameters,
			     void *userdata)
{
	int64_t since =
		json_integer_value(json_object_get(parameters, "since"));
	struct changes *changes;

	if (!admin_is_time(since))
		return admin_invalid(call, "since", ADMIN_TIME_RULE);
	changes = calloc(1, sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	changes->service = userdata;
	changes->since_us = since * 1000000;
	varlink_call_stream(call, next_changes, changes, free);
	return 0;
}

json_t *admin_add_rights(struct service *service, json_t *reply)
{
	struct store *store = service->state->store;
	uint32_t n_projects = 0, n_grants = 0;
	size_t n_maps, n_withdrawn;

	if (project_count(store, NULL, &n_projects) != 0 ||
	    grant_count(store, NULL, &n_grants) != 0) {
		json_decref(reply);
		return NULL;
	}
	n_maps = service->n_access_maps(service->userdata, &n_withdrawn);
	if (json_object_set_new(reply, "projects", json_integer(n_projects)) <
		    0 ||
	    json_object_set_new(reply, "grants", json_integer(n_grants)) < 0 ||
	    json_object_set_new(reply, "access_maps",
				json_integer((json_int_t)n_maps)) < 0 ||
	    json_object_set_new(reply, "access_maps_withdrawn",
				json_integer((json_int_t)n_withdrawn)) < 0) {
		json_decref(reply);
		return NULL;
	}
	return reply;
}
