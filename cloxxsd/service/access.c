/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. An application hears of its own service alone: a user, a project or a
 *     service that is not its is answered as one that is not there.
 *  2. No answer is kept: each is looked up in the map that is in force.
 */
#include "cloxxsd/service/access.h"

#include <string.h>

#include "base/timestamp.h"
#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/holder.h"
#include "cloxxsd/service/rights.h"
#include "cloxxsd/state/grant.h"
#include "varlink/interfaces.h"

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

static int invalid(struct varlink_call *call, const char *parameter,
		   const char *message)
{
	return varlink_call_error(call, "nl.cloxxs.Access.Invalid",
				  json_pack("{s:s, s:s}", "parameter",
					    parameter, "message", message));
}

const char *access_service_of(struct service *service,
			      struct varlink_call *call, json_t *parameters)
{
	const struct settings_service *own =
		service_of_peer(service, varlink_call_peer(call));
	const char *named = string_of(parameters, "service");

	if (own && named && strcmp(own->name, named) != 0) {
		(void)!varlink_call_denied(call);
		return NULL;
	}
	if (own)
		return own->name;
	if (!named)
		(void)!invalid(call, "service", "It must be named.");
	return named;
}

/* "read" or "write"; false: answered. */
static bool read_right(struct varlink_call *call, json_t *parameters,
		       uint32_t *ret_right)
{
	const char *right = string_of(parameters, "right");

	if (strcmp(right, "read") == 0)
		*ret_right = ACCESS_READ;
	else if (strcmp(right, "write") == 0)
		*ret_right = ACCESS_WRITE;
	else {
		(void)!invalid(call, "right", "It must be read or write.");
		return false;
	}
	return true;
}

/* The map in force of a service, asked as its readers ask it; NULL: none. */
static const struct map *map_of(const struct service *service, const char *of)
{
	return service->access_map(of, service->userdata);
}

static int handle_check(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	const char *user = string_of(parameters, "user");
	const char *project = string_of(parameters, "project");
	struct access_question question = {
		.user = user,
		.n_user = strlen(user),
		.project = project,
		.n_project = strlen(project),
		.now = ACCESS_NOW,
	};
	struct service *service = userdata;
	enum access_reason reason;
	const struct map *map;
	const char *of;

	of = access_service_of(service, call, parameters);
	if (!of || !read_right(call, parameters, &question.right))
		return 0;
	map = map_of(service, of);
	reason = map ? access_check(map, &question, NULL) : ACCESS_UNAVAILABLE;
	return varlink_call_reply(call,
				  json_pack("{s:b, s:s}", "allowed",
					    reason == ACCESS_ALLOWED, "reason",
					    access_reason_name(reason)));
}

/* Entries that are looked at in one batch of a stream. */
#define BATCH 256

/* Where a list stands: behind name, which is a project's or a user's. */
struct listing {
	struct service *service;
	char of[NAME_SERVICE_MAX + 1];
	char name[NAME_PROJECT_MAX + 1];
	/* whom or what it is about */
	char about[NAME_PROJECT_MAX + 1];
};

static uint32_t rights_of(const struct listing *listing, const char *user,
			  const char *project)
{
	return access_rights_of(map_of(listing->service, listing->of), user,
				project);
}

/* One entry, where anything may be done. */
static int tell(struct varlink_call *call, const char *key, const char *name,
		uint32_t rights)
{
	if (rights == 0)
		return 0;
	return varlink_call_continue(
		call, json_pack("{s:s, s:b, s:b}", key, name, "read",
				(rights & ACCESS_READ) != 0, "write",
				(rights & ACCESS_WRITE) != 0));
}

static int next_projects(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct project project;

		r = project_next_of(listing->service->state->store, listing->of,
				    listing->name, &project);
		if (r == PROJECT_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r != 0)
			break;
		memcpy(listing->name, project.name, sizeof(project.name));
		r = tell(call, "project", project.name,
			 rights_of(listing, listing->about, project.name));
	}
	return r > 0 ? -EIO : r < 0 ? r : VARLINK_LOOKING;
}

static int next_users(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct user user;

		r = user_next(listing->service->state->store, listing->name,
			      &user);
		if (r == USER_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r != 0)
			break;
		memcpy(listing->name, user.name, sizeof(user.name));
		r = tell(call, "user", user.name,
			 rights_of(listing, user.name, listing->about));
	}
	return r > 0 ? -EIO : r < 0 ? r : VARLINK_LOOKING;
}

static int begin_list(struct service *service, struct varlink_call *call,
		      json_t *parameters, const char *about,
		      int (*fill)(struct varlink_call *call, void *data))
{
	const char *name = string_of(parameters, about);
	const char *of = access_service_of(service, call, parameters);
	struct listing *listing;
	struct text text;

	if (!of)
		return 0;
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = service;
	text_init(&text, listing->of, sizeof(listing->of));
	text_add(&text, of);
	text_init(&text, listing->about, sizeof(listing->about));
	text_add(&text, name);
	/* Longer than any name: nobody's. */
	if (text_is_cut(&text))
		listing->about[0] = '\0';
	varlink_call_stream(call, fill, listing, free);
	return 0;
}

static int list_projects(struct varlink_call *call, json_t *parameters,
			 void *service)
{
	return begin_list(service, call, parameters, "user", next_projects);
}

static int list_users(struct varlink_call *call, json_t *parameters,
		      void *service)
{
	return begin_list(service, call, parameters, "project", next_users);
}

/* What each grant said, on its way into an explanation. */
struct telling {
	struct service *service;
	uint32_t right; /* that was asked for */
	json_t *rules;
};

static json_t *rule_json(const char *rule, const char *outcome,
			 const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "rule", rule, "outcome", outcome,
			 "text", text);
}

static void add_rule(json_t *rules, const char *rule, bool passed,
		     const char *text)
{
	(void)!json_array_append_new(
		rules, rule_json(rule, passed ? "pass" : "deny", text));
}

static const char *outcome_of_grant(const struct grant *grant, bool in_force,
				    uint32_t right)
{
	if (!in_force)
		return "skipped";
	if (grant->rights & ACCESS_DENY)
		return "deny";
	return grant->rights & right ? "pass" : "skipped";
}

static int tell_grant(const struct grant *grant, bool in_force, void *userdata)
{
	char holder[HOLDER_TEXT_MAX] = "?";
	char project[NAME_PROJECT_MAX + 1] = "?";
	struct telling *telling = userdata;
	struct store *store = telling->service->state->store;
	char sentence[320];
	struct text text;

	(void)!holder_write(store, grant->holder, holder);
	(void)!holder_write_project(store, grant->project, project);
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text, "%s holds %s for %s, given by %s", holder,
			grant_rights_name(grant->rights), project,
			grant->granted_by);
	if (grant->until != 0) {
		text_add(&text, in_force ? ", until " : "; it ended ");
		timestamp_write(grant->until, &text);
	}
	return json_array_append_new(
		telling->rules,
		rule_json("grant",
			  outcome_of_grant(grant, in_force, telling->right),
			  sentence));
}

/* Of somebody who may use the service and is enabled. */
static void tell_validity(const struct rights *rights, json_t *rules)
{
	const char *fault = NULL;

	if (rights->reason == ACCESS_UNKNOWN_USER)
		fault = "It is an account for emergencies that is closed.";
	else if (rights->reason == ACCESS_NOT_YET_VALID)
		fault = "The user is not valid yet.";
	else if (rights->reason == ACCESS_NO_LONGER_VALID)
		fault = "The user is no longer valid.";
	add_rule(rules, "user-valid", !fault,
		 fault ? fault : "The user is valid at this time.");
}

/* to_application: who may not use its service is nobody it knows. */
static void tell_user(const struct rights *rights, const char *service,
		      bool to_application, json_t *rules)
{
	const struct user *user = &rights->user;
	bool may = rights->user_known && user_may_use(user, service);
	bool known = may || (rights->user_known && !to_application);

	add_rule(rules, "user-known", known,
		 known ? "There is such a user." : "There is no such user.");
	if (!known)
		return;
	add_rule(rules, "user-enabled", user->enabled,
		 user->enabled ? "The user is enabled."
			       : "The user is disabled.");
	add_rule(rules, "service-allowed", may,
		 may ? "The user may use the service."
		     : "The service is not among the user's.");
	if (may && user->enabled)
		tell_validity(rights, rules);
}

static void tell_project(const struct rights *rights, uint32_t right,
			 json_t *rules)
{
	bool writes = right & ACCESS_WRITE;

	add_rule(rules, "project-known", rights->project_known,
		 rights->project_known ? "The service has such a project."
				       : "The service has no such project.");
	if (rights->project_known && rights->project.archived_at != 0)
		add_rule(rules, "project-open", !writes,
			 writes ? "The project is archived: nobody writes in "
				  "it."
				: "The project is archived, and can still be "
				  "read.");
}

static const char *sentence_of(enum access_reason reason)
{
	static const char *const sentences[_ACCESS_N_REASONS] = {
		[ACCESS_NO_GRANT] = "No grant gives that right.",
		[ACCESS_UNAVAILABLE] = "Nobody can say.",
		[ACCESS_UNKNOWN_USER] = "No user of this name may use the "
					"service.",
		[ACCESS_UNKNOWN_PROJECT] = "The service has no such project.",
		[ACCESS_NOT_YET_VALID] = "The user is not valid yet.",
		[ACCESS_NO_LONGER_VALID] = "The user is no longer valid.",
		[ACCESS_DENIED] = "A grant of deny takes every right away.",
		[ACCESS_ENDED] = "The grant that gave it has ended.",
		[ACCESS_ARCHIVED] = "The project is archived: nobody writes in "
				    "it.",
		[ACCESS_ALLOWED] = "A grant gives that right.",
	};

	return sentences[reason];
}

static int explain(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	struct service *service = userdata;
	struct telling telling;
	struct rights_question question = {
		.user = string_of(parameters, "user"),
		.project = string_of(parameters, "project"),
		.now = service_moment(service).latest,
		.each = tell_grant,
		.userdata = &telling,
	};
	struct rights rights;
	json_t *rules;

	question.service = access_service_of(service, call, parameters);
	if (!question.service || !read_right(call, parameters, &question.right))
		return 0;
	telling = (struct telling){ service, question.right, json_array() };
	if (rights_find(service->state->store, &question, &rights) != 0) {
		json_decref(telling.rules);
		return varlink_call_error(
			call, "nl.cloxxs.Access.Unavailable",
			json_pack("{s:s}", "message", ADMIN_UNREADABLE));
	}
	rules = json_array();
	tell_user(&rights, question.service,
		  service_of_peer(service, varlink_call_peer(call)) != NULL,
		  rules);
	tell_project(&rights, question.right, rules);
	(void)!json_array_extend(rules, telling.rules);
	json_decref(telling.rules);
	return varlink_call_reply(
		call, json_pack("{s:b, s:s, s:s, s:o}", "allowed",
				rights.reason == ACCESS_ALLOWED, "reason",
				access_reason_name(rights.reason), "text",
				sentence_of(rights.reason), "rules", rules));
}

#define SERVICE                                                   \
	{                                                         \
		"service", VARLINK_STRING, true, NAME_SERVICE_MAX \
	}
#define USER                                       \
	{                                          \
		"user", VARLINK_STRING, false, 256 \
	}
#define PROJECT                                       \
	{                                             \
		"project", VARLINK_STRING, false, 256 \
	}
#define RIGHT                                      \
	{                                          \
		"right", VARLINK_STRING, false, 16 \
	}

static const struct varlink_parameter check_parameters[] = {
	SERVICE, USER, PROJECT, RIGHT, { 0 }
};
static const struct varlink_parameter projects_parameters[] = { SERVICE,
								USER,
								{ 0 } };
static const struct varlink_parameter users_parameters[] = { SERVICE,
							     PROJECT,
							     { 0 } };
static const struct varlink_parameter watch_parameters[] = { SERVICE, { 0 } };

static const struct varlink_parameter address_parameters[] = {
	{ "peer", VARLINK_STRING, false, 255 },
	{ "forwarded", VARLINK_STRING, true, 8192 },
	{ 0 },
};

#define METHOD(name, flags, parameters, handle)                               \
	{                                                                     \
		"nl.cloxxs.Access." name,                                     \
			PEER_ROOT | PEER_ADMINISTRATOR | PEER_SERVICE, flags, \
			65536, 10000, parameters, handle                      \
	}

static const struct varlink_method methods[] = {
	METHOD("Check", 0, check_parameters, handle_check),
	METHOD("ListProjects", VARLINK_MORE_ONLY, projects_parameters,
	       list_projects),
	METHOD("ListUsers", VARLINK_MORE_ONLY, users_parameters, list_users),
	METHOD("Explain", 0, check_parameters, explain),
	{ "nl.cloxxs.Access.Watch",
	  PEER_ROOT | PEER_ADMINISTRATOR | PEER_SERVICE, VARLINK_MORE_ONLY,
	  65536, 180000, watch_parameters, access_watch_add },
	{ "nl.cloxxs.Access.ClientAddress", PEER_SERVICE, 0, 65536, 10000,
	  address_parameters, access_client_address },
	{ 0 },
};

const struct varlink_interface service_access = {
	.name = "nl.cloxxs.Access",
	.description = varlink_nl_cloxxs_Access,
	.methods = methods,
};
