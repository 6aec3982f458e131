/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups of users that hold grants together. */
#include "cloxxsd/service/admin_project.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define NAME_EVERYONE "\"@everyone\" stands for every user of a service."

/* Without the '@' that may stand before it. */
static const char *bare(const char *name)
{
	return *name == '@' ? name + 1 : name;
}

static json_t *group_json(const struct user_group *group, uint32_t n_members)
{
	return json_pack("{s:s, s:I, s:I}", "name", group->name, "created",
			 (json_int_t)group->created, "members",
			 (json_int_t)n_members);
}

/* The group that parameter "name" names; false: answered. */
static bool take_group(struct service *service, struct varlink_call *call,
		       json_t *parameters, struct user_group *ret_group)
{
	const char *name = bare(admin_string(parameters, "name"));
	int r = user_group_find(service->state->store, name, ret_group);

	if (r == 0)
		return true;
	if (r == USER_GROUP_E_UNKNOWN)
		(void)!admin_not_found(call, name);
	else
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

/* One change of a group with its record; false: answered. */
static bool act(struct service *service, struct varlink_call *call,
		enum event event, struct change change, const char *user)
{
	char details[NAME_USER_MAX + 16];

	(void)snprintf(details, sizeof(details), "group=@%s",
		       change.group->name);
	return admin_do(service, call,
			&(struct admin_act){ .event = event,
					     .change = change,
					     .name = user,
					     .details = details });
}

static int reply_group(struct service *service, struct varlink_call *call,
		       const struct user_group *group)
{
	uint32_t n;

	if (user_group_count(service->state->store, group->id, &n) != 0)
		n = 0;
	return varlink_call_reply(
		call, json_pack("{s:o}", "group", group_json(group, n)));
}

int admin_add_group(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	const char *name = bare(admin_string(parameters, "name"));
	struct user_group group = { .created = clock_realtime_us() / 1000000 };
	struct service *service = userdata;
	struct user_group other;
	int r;

	if (strcmp(name, bare(HOLDER_EVERYONE)) == 0)
		return admin_invalid(call, "name", NAME_EVERYONE);
	if (!name_is_user(name, strlen(name)))
		return admin_invalid(call, "name", ADMIN_NAME_RULE);
	r = user_group_find(service->state->store, name, &other);
	if (r == 0)
		return admin_exists(call, name, "groups");
	if (r == USER_GROUP_E_UNKNOWN)
		r = user_group_free_id(service->state->store, &group.id);
	if (r != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	memcpy(group.name, name, strlen(name) + 1);
	if (!act(service, call, EVENT_GROUP_ADDED,
		 (struct change){ .type = CHANGE_GROUP_ADD, .group = &group },
		 NULL))
		return 0;
	return reply_group(service, call, &group);
}

/* All members, to be freed; -errno. */
static int gather_members(struct store *store, uint32_t id,
			  struct change_members *ret_members,
			  uint32_t **ret_uids)
{
	scope(scope_free) uint32_t *uids = NULL;
	uint32_t n_members, uid = 0;
	size_t n = 0;
	int r;

	r = user_group_count(store, id, &n_members);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	uids = calloc((size_t)n_members + 1, sizeof(*uids));
	if (!uids)
		return -ENOMEM;
	while (n < n_members &&
	       (r = user_group_next_member(store, id, uid, &uid)) == 0)
		uids[n++] = uid;
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	*ret_uids = scope_take_ptr(uids);
	*ret_members = (struct change_members){ .uids = *ret_uids, .n = n };
	return 0;
}

int admin_delete_group(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	scope(scope_free) uint32_t *uids = NULL;
	struct service *service = userdata;
	struct change_members members;
	struct user_group group;

	if (!take_group(service, call, parameters, &group))
		return 0;
	if (gather_members(service->state->store, group.id, &members, &uids) !=
	    0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (!act(service, call, EVENT_GROUP_DELETED,
		 (struct change){ .type = CHANGE_GROUP_DELETE,
				  .group = &group,
				  .members = &members },
		 NULL))
		return 0;
	return varlink_call_reply(
		call, json_pack("{s:o}", "group", group_json(&group, 0)));
}

static bool take_member(struct service *service, struct varlink_call *call,
			json_t *parameters, struct user_group *ret_group,
			struct user *ret_user)
{
	return take_group(service, call, parameters, ret_group) &&
	       admin_take_named(service, call, admin_string(parameters, "user"),
				ret_user);
}

/* The services of grants that the group holds and user has not: there he gains
 * nothing by it. NULL: they cannot be told. */
static json_t *lacks_json(struct store *store, const struct user_group *group,
			  const struct user *user)
{
	struct grant grant = { .holder = group->id | ACCESS_GROUP_BIT };
	json_t *services = json_array();
	int r;

	while ((r = grant_next_of_holder(store, &grant, &grant)) == 0) {
		if (!user_may_use(user, grant.service) &&
		    json_array_append_new(services,
					  json_string(grant.service)) < 0)
			break;
		/* Behind all of this service. */
		grant.project = UINT32_MAX;
	}
	if (r == GRANT_E_UNKNOWN)
		return services;
	json_decref(services);
	return NULL;
}

int admin_add_member(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	struct service *service = userdata;
	uint32_t ids[USER_GROUPS_MAX], n;
	struct user_group group;
	struct user user;

	if (!take_member(service, call, parameters, &group, &user))
		return 0;
	if (user_group_of(service->state->store, user.uid, ids, &n) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	for (uint32_t i = 0; i < n; i++)
		if (ids[i] == group.id)
			return admin_conflict(call, "He is one of its members "
						    "already.");
	if (n == USER_GROUPS_MAX)
		return admin_conflict(call, "He is in 64 groups, which is as "
					    "many as there may be.");
	if (!act(service, call, EVENT_MEMBER_ADDED,
		 (struct change){ .type = CHANGE_MEMBER_ADD,
				  .group = &group,
				  .uid = user.uid,
				  .at = clock_realtime_us() / 1000000 },
		 user.name))
		return 0;
	if (user_group_count(service->state->store, group.id, &n) != 0)
		n = 0;
	return varlink_call_reply(
		call,
		json_pack("{s:o, s:o*}", "group", group_json(&group, n),
			  "lacks_services",
			  lacks_json(service->state->store, &group, &user)));
}

int admin_remove_member(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct service *service = userdata;
	uint32_t ids[USER_GROUPS_MAX], n;
	struct user_group group;
	struct user user;
	bool is_member = false;

	if (!take_member(service, call, parameters, &group, &user))
		return 0;
	if (user_group_of(service->state->store, user.uid, ids, &n) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	for (uint32_t i = 0; i < n; i++)
		is_member = is_member || ids[i] == group.id;
	if (!is_member)
		return admin_conflict(call, "He is none of its members.");
	if (!act(service, call, EVENT_MEMBER_REMOVED,
		 (struct change){ .type = CHANGE_MEMBER_REMOVE,
				  .group = &group,
				  .uid = user.uid },
		 user.name))
		return 0;
	return reply_group(service, call, &group);
}

/* Entries of one batch of a stream. */
#define BATCH 64

/* Where a stream of groups, or of the members of one, stands. */
struct listing {
	struct service *service;
	char name[NAME_USER_MAX + 1]; /* behind this group */
	uint32_t id, uid;             /* of this group, behind this member */
};

static int next_groups(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct store *store = listing->service->state->store;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct user_group group;
		uint32_t n;

		r = user_group_next(store, listing->name, &group);
		if (r == USER_GROUP_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r == 0)
			r = user_group_count(store, group.id, &n);
		if (r != 0)
			break;
		memcpy(listing->name, group.name, sizeof(group.name));
		r = varlink_call_continue(
			call,
			json_pack("{s:o}", "group", group_json(&group, n)));
	}
	return r > 0 ? -EIO : r;
}

int admin_list_groups(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	(void)parameters;
	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	varlink_call_stream(call, next_groups, listing, free);
	return 0;
}

static int next_members(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct store *store = listing->service->state->store;
	int r = 0;

	for (int i = 0; r == 0 && i < BATCH; i++) {
		struct user user;

		r = user_group_next_member(store, listing->id, listing->uid,
					   &listing->uid);
		if (r == USER_GROUP_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r == 0)
			r = user_find_uid(store, listing->uid, &user);
		if (r == 0)
			r = varlink_call_continue(
				call, json_pack("{s:s}", "user", user.name));
	}
	return r > 0 ? -EIO : r;
}

int admin_list_members(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct listing *listing;
	struct user_group group;

	if (!take_group(userdata, call, parameters, &group))
		return 0;
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	listing->id = group.id;
	varlink_call_stream(call, next_members, listing, free);
	return 0;
}
