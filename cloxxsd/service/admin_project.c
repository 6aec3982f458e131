/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Projects: the methods of nl.cloxxs.Admin about what rights are given in.
 * What must hold:
 *  1. Who may administer them was settled by the method table; a refused call
 *     changed nothing.
 *  2. A project that is deleted takes all grants in it along, and its ids are
 *     given to no other.
 */
#include "cloxxsd/service/admin_project.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/local_accounts.h"

#define NAME_RULE                                                         \
	"A project is named by letters, digits, '.', '_' and '-', 64 at " \
	"most, and begins with a letter or a digit."
#define NAME_WORD "\"every-project\" stands for all of them."
#define GROUP_RULE                                                     \
	"As groups of the system only projects of at most 24 of a-z, " \
	"0-9, '_' and '-' can be seen that begin with a letter or '_'."

static json_t *group_json(const struct project *project, bool writers)
{
	char name[NAME_USER_MAX + 1];

	if (project->readers_gid == 0)
		return json_null();
	project_group_name(project, writers, name);
	return json_string(name);
}

json_t *admin_project_json(const struct project *project)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "name",
			 project->name, "service", project->service, "created",
			 (json_int_t)project->created, "archived_at",
			 time_or_null(project->archived_at), "archived_because",
			 text_or_null(project->archived_because),
			 "readers_group", group_json(project, false),
			 "writers_group", group_json(project, true));
}

bool admin_take_project(struct service *service, struct varlink_call *call,
			const char *name, struct project *ret_project)
{
	int r = project_find(service->state->store, name, ret_project);

	if (r == 0)
		return true;
	if (r == PROJECT_E_UNKNOWN)
		(void)!admin_not_found(call, name);
	else
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

/* One change of project with its record; false: answered. */
static bool act(struct service *service, struct varlink_call *call,
		enum event event, struct change change, const char *details)
{
	return admin_do(service, call,
			&(struct admin_act){ .event = event,
					     .change = change,
					     .service = change.project->service,
					     .details = details });
}

static int reply_project(struct varlink_call *call,
			 const struct project *project)
{
	return varlink_call_reply(call, json_pack("{s:o}", "project",
						  admin_project_json(project)));
}

static bool name_is_good(struct service *service, struct varlink_call *call,
			 const char *parameter, const char *name)
{
	struct project other;
	int r;

	if (strcmp(name, HOLDER_EVERY_PROJECT) == 0) {
		(void)!admin_invalid(call, parameter, NAME_WORD);
		return false;
	}
	if (!name_is_project(name, strlen(name))) {
		(void)!admin_invalid(call, parameter, NAME_RULE);
		return false;
	}
	r = project_find(service->state->store, name, &other);
	if (r == PROJECT_E_UNKNOWN)
		return true;
	if (r == 0)
		(void)!admin_exists(call, name, "projects");
	else
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

/* Whether no account of the host has the name or the id of the group. */
static bool is_free_locally(struct varlink_call *call, const char *name,
			    uint32_t gid)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		r = local_accounts_find(files[i], name, gid);
		if (r == LOCAL_ACCOUNTS_NAME)
			(void)!admin_exists(call, name, files[i]);
		else if (r == LOCAL_ACCOUNTS_ID)
			(void)!admin_conflict(call,
					      "An id of its groups stands "
					      "in /etc/passwd or /etc/group.");
		else if (r < 0)
			(void)!admin_unavailable(call, "/etc/passwd and "
						       "/etc/group cannot be "
						       "read.");
	}
	return r == 0;
}

/* Whether nobody has the name or the id of the group, here or on the host. */
static bool group_is_free(struct service *service, struct varlink_call *call,
			  const char *name, uint32_t gid)
{
	struct user user;
	int r = user_find(service->state->store, name, &user);

	if (r == USER_E_UNKNOWN)
		return is_free_locally(call, name, gid);
	if (r == 0)
		(void)!admin_exists(call, name, "users");
	else
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

static bool groups_are_good(struct service *service, struct varlink_call *call,
			    const char *parameter,
			    const struct project *project)
{
	char readers[NAME_USER_MAX + 1], writers[NAME_USER_MAX + 1];
	size_t n = strlen(project->name);

	if (n > PROJECT_GROUPED_MAX || !name_is_user(project->name, n)) {
		(void)!admin_invalid(call, parameter, GROUP_RULE);
		return false;
	}
	project_group_name(project, false, readers);
	project_group_name(project, true, writers);
	return group_is_free(service, call, readers, project->readers_gid) &&
	       group_is_free(service, call, writers, project->writers_gid);
}

/* The lowest of two ids in a row that nobody has and the host does not;
 * USER_E_UNKNOWN where none are left. */
static int choose_gid(struct service *service, uint32_t *ret_gid)
{
	const struct settings *settings = service->attempts->settings;
	scope(local_accounts_freep) struct local_accounts *accounts = NULL;
	uint32_t gid;
	int r;

	r = user_free_uid(service->state->store, settings->uid_min,
			  settings->uid_max, &gid);
	if (r == 0)
		r = local_accounts_load(&accounts);
	if (r != 0)
		return r;
	for (; gid < settings->uid_max; gid++)
		if (!local_accounts_of_id(accounts, gid) &&
		    !local_accounts_of_id(accounts, gid + 1)) {
			*ret_gid = gid;
			return 0;
		}
	return USER_E_UNKNOWN;
}

/* Gives the project ids for its two groups; false: answered. */
static bool make_groups(struct service *service, struct varlink_call *call,
			struct project *project)
{
	uint32_t gid;
	int r = choose_gid(service, &gid);

	if (r == USER_E_UNKNOWN) {
		(void)!admin_conflict(call,
				      "No two ids are left in uid_range.");
		return false;
	}
	if (r != 0) {
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
		return false;
	}
	project->readers_gid = gid;
	project->writers_gid = gid + 1;
	return groups_are_good(service, call, "unix_groups", project);
}

int admin_add_project(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	const char *name = admin_string(parameters, "name");
	const char *of = admin_string(parameters, "service");
	struct service *service = userdata;
	struct project project = { .created = clock_realtime_us() / 1000000 };
	char details[256];
	uid_t account;
	int r;

	if (!name_is_good(service, call, "name", name))
		return 0;
	if (!name_is_service(of, strlen(of)))
		return admin_invalid(call, "service", ADMIN_SERVICE_RULE);
	memcpy(project.name, name, strlen(name) + 1);
	memcpy(project.service, of, strlen(of) + 1);
	if (json_is_true(json_object_get(parameters, "unix_groups")) &&
	    !make_groups(service, call, &project))
		return 0;
	r = project_free_id(service->state->store, &project.id);
	if (r != 0)
		return r > 0 ? admin_conflict(call, "No id is left.")
			     : admin_unavailable(call, ADMIN_UNREADABLE);
	(void)snprintf(details, sizeof(details), "project=%s groups=%s", name,
		       project.readers_gid ? "yes" : "no");
	if (!act(service, call, EVENT_PROJECT_ADDED,
		 (struct change){ .type = CHANGE_PROJECT_ADD,
				  .project = &project },
		 details))
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:o, s:b}", "project",
				admin_project_json(&project), "bound",
				(int)accounts_uid_of(service->accounts, of,
						     &account)));
}

int admin_set_project(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	const char *new_name = admin_string(parameters, "new_name");
	json_t *groups = json_object_get(parameters, "unix_groups");
	struct service *service = userdata;
	struct project before, project;
	char details[400];

	if (!admin_take_project(service, call, admin_string(parameters, "name"),
				&before))
		return 0;
	project = before;
	if (new_name && strcmp(new_name, before.name) != 0) {
		if (!name_is_good(service, call, "new_name", new_name))
			return 0;
		memcpy(project.name, new_name, strlen(new_name) + 1);
		if (project.readers_gid != 0 && !json_is_false(groups) &&
		    !groups_are_good(service, call, "new_name", &project))
			return 0;
	}
	if (json_is_true(groups) && project.readers_gid == 0 &&
	    !make_groups(service, call, &project))
		return 0;
	if (json_is_false(groups))
		project.readers_gid = project.writers_gid = 0;
	(void)snprintf(details, sizeof(details),
		       "project=%s name=%s->%s groups=%s->%s", before.name,
		       before.name, project.name,
		       before.readers_gid ? "yes" : "no",
		       project.readers_gid ? "yes" : "no");
	if (!act(service, call, EVENT_PROJECT_CHANGED,
		 (struct change){ .type = CHANGE_PROJECT_SET,
				  .project = &project,
				  .at = clock_realtime_us() / 1000000 },
		 details))
		return 0;
	return reply_project(call, &project);
}

/* Archives it at at, or opens it again with 0. */
static int archive(struct service *service, struct varlink_call *call,
		   json_t *parameters, int64_t at)
{
	char reason[USER_REASON_MAX], details[USER_REASON_MAX + 100];
	struct project project;

	if (!admin_read_reason(call, parameters, true, reason) ||
	    !admin_take_project(service, call, admin_string(parameters, "name"),
				&project))
		return 0;
	if ((project.archived_at != 0) == (at != 0))
		return admin_conflict(call,
				      at != 0 ? "The project is archived "
						"already."
					      : "The project is not archived.");
	project.archived_at = at;
	(void)snprintf(project.archived_because,
		       sizeof(project.archived_because), "%s",
		       at != 0 ? reason : "");
	(void)snprintf(details, sizeof(details), "project=%s %s", project.name,
		       reason);
	if (!act(service, call,
		 at != 0 ? EVENT_PROJECT_ARCHIVED : EVENT_PROJECT_REOPENED,
		 (struct change){ .type = CHANGE_PROJECT_SET,
				  .project = &project },
		 details))
		return 0;
	return reply_project(call, &project);
}

int admin_archive_project(struct varlink_call *call, json_t *parameters,
			  void *userdata)
{
	return archive(userdata, call, parameters,
		       clock_realtime_us() / 1000000);
}

int admin_reopen_project(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	return archive(userdata, call, parameters, 0);
}

int admin_delete_project(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	struct service *service = userdata;
	struct project project;
	char details[100];

	if (!admin_take_project(service, call, admin_string(parameters, "name"),
				&project))
		return 0;
	(void)snprintf(details, sizeof(details), "project=%s", project.name);
	if (!act(service, call, EVENT_PROJECT_DELETED,
		 (struct change){ .type = CHANGE_PROJECT_DELETE,
				  .project = &project,
				  .at = clock_realtime_us() / 1000000 },
		 details))
		return 0;
	return reply_project(call, &project);
}

int admin_get_project(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct project project;

	if (!admin_take_project(userdata, call,
				admin_string(parameters, "name"), &project))
		return 0;
	return reply_project(call, &project);
}

/* Projects of one batch of a stream. */
#define BATCH 64

/* Where a stream of projects stands: behind name. */
struct listing {
	struct service *service;
	char name[NAME_PROJECT_MAX + 1];
	char only[NAME_SERVICE_MAX + 1]; /* "" for those of all services */
};

static int next(const struct listing *listing, const char *name,
		struct project *ret_project)
{
	struct store *store = listing->service->state->store;

	return *listing->only ? project_next_of(store, listing->only, name,
						ret_project)
			      : project_next(store, name, ret_project);
}

static int next_projects(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct project project, after;
	int r = next(listing, listing->name, &project);

	if (r == PROJECT_E_UNKNOWN)
		return varlink_call_reply_empty(call);
	for (int i = 0; r == 0 && i < BATCH; i++) {
		json_t *reply = json_pack("{s:o}", "project",
					  admin_project_json(&project));
		int next_r = next(listing, project.name, &after);

		if (next_r == PROJECT_E_UNKNOWN)
			return varlink_call_reply(call, reply);
		r = varlink_call_continue(call, reply);
		memcpy(listing->name, project.name, sizeof(project.name));
		project = after;
		if (next_r != 0)
			r = -EIO;
	}
	return r > 0 ? -EIO : r;
}

int admin_list_projects(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	const char *of = admin_string(parameters, "service");
	struct listing *listing;

	if (of && !name_is_service(of, strlen(of)))
		return admin_invalid(call, "service", ADMIN_SERVICE_RULE);
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	if (of)
		memcpy(listing->only, of, strlen(of) + 1);
	varlink_call_stream(call, next_projects, listing, free);
	return 0;
}
