/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grants. What must hold:
 *  1. Everything is named exactly: no user, group or project that is not there,
 *     and every project only by the word for it.
 *  2. Who gave or took a right is recorded with it.
 */
#include "cloxxsd/service/admin_project.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/service/grant_request.h"

json_t *admin_grant_json(const struct grant *grant, const char *holder,
			 const char *project)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:s}", "holder",
			 holder, "project", project, "service", grant->service,
			 "right", grant_rights_name(grant->rights), "until",
			 time_or_null(grant->until), "granted_at",
			 (json_int_t)grant->granted_at, "granted_by",
			 grant->granted_by);
}

/* For a holder that is no user, but a group without its '@'. */
static int refuse_bare_group(struct varlink_call *call, const char *name)
{
	char message[160];

	(void)snprintf(message, sizeof(message),
		       "There is no user %.40s; the group of that name is "
		       "written @%.40s.",
		       name, name);
	return admin_invalid(call, "holder", message);
}

/* Answers for a request that could not be taken. */
static int refuse(struct varlink_call *call,
		  const struct grant_request *request,
		  const struct grant_fault *fault)
{
	switch (fault->what) {
	case GRANT_FAULT_HOLDER:
		return admin_not_found(call, request->holder);
	case GRANT_FAULT_GROUP:
		return refuse_bare_group(call, request->holder);
	case GRANT_FAULT_PROJECT:
		return admin_not_found(call, request->project);
	case GRANT_FAULT_INVALID:
		return admin_invalid(call, fault->parameter, fault->text);
	case _GRANT_FAULT_NONE:
	case GRANT_FAULT_UNREADABLE:
		break;
	}
	return admin_unavailable(call, ADMIN_UNREADABLE);
}

static struct grant_request read_request(json_t *parameters)
{
	json_t *until = json_object_get(parameters, "until");

	return (struct grant_request){
		.holder = admin_string(parameters, "holder"),
		.project = admin_string(parameters, "project"),
		.service = admin_string(parameters, "service"),
		.right = admin_string(parameters, "right"),
		.until = json_is_integer(until) ? json_integer_value(until) : 0,
	};
}

/* Applies change with its record, which tells the rights before too; false:
 * answered. */
static bool act(struct service *service, struct varlink_call *call,
		const struct change *change,
		const struct grant_request *request, uint32_t rights_before)
{
	const struct grant *grant = change->grant;
	bool comes = change->type == CHANGE_GRANT_SET;
	char details[GRANT_DETAILS_MAX];

	grant_request_details(request, rights_before, comes ? grant->rights : 0,
			      comes ? grant->until : 0, details);
	return admin_do(
		service, call,
		&(struct admin_act){ .event = comes ? EVENT_GRANT_SET
						    : EVENT_GRANT_REMOVED,
				     .change = *change,
				     .name = request->holder,
				     .service = grant->service,
				     .details = details });
}

/* The service, where the holder is a user who has it not: then the grant gives
 * him nothing. NULL without memory. */
static json_t *lacks_json(struct store *store, const struct grant *grant)
{
	struct user user;

	if (grant->holder == ACCESS_EVERYONE ||
	    (grant->holder & ACCESS_GROUP_BIT) ||
	    user_find_uid(store, grant->holder, &user) != 0 ||
	    user_may_use(&user, grant->service))
		return json_array();
	return json_pack("[s]", grant->service);
}

static int reply_grant(struct varlink_call *call,
		       const struct grant_request *request,
		       const struct grant *grant)
{
	return varlink_call_reply(
		call, json_pack("{s:o}", "grant",
				admin_grant_json(grant, request->holder,
						 request->project)));
}

int admin_add_grant(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	struct grant_request request = read_request(parameters);
	struct service *service = userdata;
	struct grant grant, before = { 0 };
	struct grant_fault fault;
	int r;

	if (!grant_request_read(service, &request, &grant, &fault))
		return refuse(call, &request, &fault);
	service_actor(service, varlink_call_peer(call), grant.granted_by);
	r = grant_find(service->state->store, grant.service, grant.project,
		       grant.holder, &before);
	if (r != 0 && r != GRANT_E_UNKNOWN)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (!act(service, call,
		 &(struct change){ .type = CHANGE_GRANT_SET, .grant = &grant },
		 &request, before.rights))
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:o, s:o}", "grant",
				admin_grant_json(&grant, request.holder,
						 request.project),
				"lacks_services",
				lacks_json(service->state->store, &grant)));
}

int admin_remove_grant(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct grant_request request = read_request(parameters);
	struct service *service = userdata;
	struct grant grant, before;
	struct grant_fault fault;
	int r;

	request.right = "read";
	request.until = 0;
	if (!grant_request_read(service, &request, &grant, &fault))
		return refuse(call, &request, &fault);
	r = grant_find(service->state->store, grant.service, grant.project,
		       grant.holder, &before);
	if (r == GRANT_E_UNKNOWN)
		return admin_conflict(call, "He holds no grant there; it may "
					    "be a group's, or for every "
					    "project.");
	if (r != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (!act(service, call,
		 &(struct change){ .type = CHANGE_GRANT_REMOVE,
				   .grant = &before },
		 &request, before.rights))
		return 0;
	return reply_grant(call, &request, &before);
}

/* Grants that are looked at in one batch of a stream. */
#define BATCH 128

/* Where a stream of grants stands: behind last. */
struct listing {
	struct service *service;
	struct grant last;
	bool of_holder, of_project, has_begun;
	uint32_t project;                /* where of_project */
	char only[NAME_SERVICE_MAX + 1]; /* "" for all services */
};

static bool is_wanted(const struct listing *listing, const struct grant *grant)
{
	return (!*listing->only ||
		strcmp(grant->service, listing->only) == 0) &&
	       (!listing->of_project || grant->project == listing->project);
}

/* The next one in order, wanted or not. */
static int step(struct listing *listing, struct grant *ret_grant)
{
	struct store *store = listing->service->state->store;
	int r = GRANT_E_UNKNOWN;

	if (listing->of_holder)
		return grant_next_of_holder(store, &listing->last, ret_grant);
	/* The first that there can be; all others stand behind it. */
	if (!listing->has_begun && *listing->only)
		r = grant_find(store, listing->only, listing->project,
			       ACCESS_EVERYONE, ret_grant);
	listing->has_begun = true;
	return r == GRANT_E_UNKNOWN
		       ? grant_next(store, &listing->last, ret_grant)
		       : r;
}

/* GRANT_E_UNKNOWN at the end; *ret_wanted: it is one of those asked for. */
static int next(struct listing *listing, struct grant *ret_grant,
		bool *ret_wanted)
{
	/* Then those that are wanted stand together, and were begun with. */
	bool together = !listing->of_holder && *listing->only;
	int r = step(listing, ret_grant);

	if (r != 0)
		return r;
	listing->last = *ret_grant;
	*ret_wanted = is_wanted(listing, ret_grant);
	return *ret_wanted || !together ? 0 : GRANT_E_UNKNOWN;
}

static int tell(struct varlink_call *call, struct store *store,
		const struct grant *grant)
{
	char holder[HOLDER_TEXT_MAX], project[NAME_PROJECT_MAX + 1];
	int r = holder_write(store, grant->holder, holder);

	if (r == 0)
		r = holder_write_project(store, grant->project, project);
	return r != 0 ? r
		      : varlink_call_continue(
				call, json_pack("{s:o}", "grant",
						admin_grant_json(grant, holder,
								 project)));
}

static int next_grants(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct store *store = listing->service->state->store;
	bool told = false;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct grant grant;
		bool wanted;

		r = next(listing, &grant, &wanted);
		if (r == GRANT_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r != 0 || !wanted)
			continue;
		r = tell(call, store, &grant);
		told = true;
	}
	if (r != 0)
		return r > 0 ? -EIO : r;
	return told ? 0 : VARLINK_LOOKING;
}

static bool read_holder(struct service *service, struct varlink_call *call,
			const char *holder, struct listing *listing)
{
	int r;

	if (!holder)
		return true;
	r = holder_find(service->state->store, holder, &listing->last.holder);
	if (r == HOLDER_E_UNKNOWN &&
	    holder_is_bare_group(service->state->store, holder))
		(void)!refuse_bare_group(call, holder);
	else if (r == HOLDER_E_UNKNOWN)
		(void)!admin_not_found(call, holder);
	else if (r != 0)
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	listing->of_holder = true;
	return r == 0;
}

static bool read_project(struct service *service, struct varlink_call *call,
			 const char *name, struct listing *listing)
{
	struct project project;

	if (!name)
		return true;
	listing->of_project = true;
	if (strcmp(name, HOLDER_EVERY_PROJECT) == 0) {
		if (*listing->only || listing->of_holder)
			return true;
		(void)!admin_invalid(call, "service", ADMIN_WHICH_SERVICE);
		return false;
	}
	if (!admin_take_project(service, call, name, &project))
		return false;
	if (*listing->only && strcmp(listing->only, project.service) != 0) {
		(void)!admin_invalid(call, "service", ADMIN_OTHER_SERVICE);
		return false;
	}
	listing->project = project.id;
	memcpy(listing->only, project.service, sizeof(project.service));
	return true;
}

/* Sets what is to be listed; false: answered. */
static bool read_filters(struct service *service, struct varlink_call *call,
			 json_t *parameters, struct listing *listing)
{
	const char *of = admin_string(parameters, "service");

	if (of && !name_is_service(of, strlen(of))) {
		(void)!admin_invalid(call, "service", ADMIN_SERVICE_RULE);
		return false;
	}
	if (of)
		memcpy(listing->only, of, strlen(of) + 1);
	if (!read_holder(service, call, admin_string(parameters, "holder"),
			 listing) ||
	    !read_project(service, call, admin_string(parameters, "project"),
			  listing))
		return false;
	if (listing->of_holder)
		return true;
	memcpy(listing->last.service, listing->only, sizeof(listing->only));
	listing->last.project = listing->project;
	return true;
}

int admin_list_grants(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	scope(scope_free) struct listing *listing = calloc(1, sizeof(*listing));

	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	if (!read_filters(userdata, call, parameters, listing))
		return 0;
	varlink_call_stream(call, next_grants, scope_take_ptr(listing), free);
	return 0;
}
