/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/application.h"
#include "cloxxsd/service/admin_key.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/attempt/code.h"
#include "cloxxsd/service/admin_backup.h"
#include "cloxxsd/service/admin_geoip.h"
#include "cloxxsd/service/admin_project.h"
#include "cloxxsd/state/ssh_key.h"

/* Users of one batch of a stream, and users that are looked at in one turn. */
#define BATCH 64
#define LOOKED_MAX 512

/* Where a stream of users stands: behind name. */
struct listing {
	struct service *service;
	char name[NAME_USER_MAX + 1];
	int (*next)(struct store *store, const char *name,
		    struct user *ret_user);
};

static int next_users(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct user_moment moment = service_moment(listing->service);
	struct user user, next;
	int r;

	r = listing->next(listing->service->state->store, listing->name, &user);
	if (r == USER_E_UNKNOWN)
		return varlink_call_reply_empty(call);
	for (int i = 0; r == 0 && i < BATCH; i++) {
		json_t *reply =
			json_pack("{s:o}", "user", user_json(&user, &moment));
		int next_r = listing->next(listing->service->state->store,
					   user.name, &next);

		if (next_r == USER_E_UNKNOWN)
			return varlink_call_reply(call, reply);
		r = varlink_call_continue(call, reply);
		memcpy(listing->name, user.name, sizeof(user.name));
		user = next;
		if (next_r != 0)
			r = -EIO;
	}
	return r;
}

/* Those only of whom a code would be asked in vain. */
static int next_without_code(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct service *service = listing->service;
	struct user_moment moment = service_moment(service);
	bool missing = false;
	struct user user;
	int r;

	for (int i = 0; i < LOOKED_MAX; i++) {
		r = user_next(service->state->store, listing->name, &user);
		if (r == USER_E_UNKNOWN)
			return varlink_call_reply_empty(call);
		if (r == 0)
			r = code_is_missing(service->attempts, &user, &missing);
		if (r != 0)
			return r < 0 ? r : -EIO;
		memcpy(listing->name, user.name, sizeof(user.name));
		if (missing)
			return varlink_call_continue(
				call, json_pack("{s:o}", "user",
						user_json(&user, &moment)));
	}
	return VARLINK_LOOKING;
}

int admin_list_users(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	bool break_glass =
		json_is_true(json_object_get(parameters, "break_glass"));
	bool locked = json_is_true(json_object_get(parameters, "locked"));
	bool no_code = json_is_true(json_object_get(parameters, "no_code"));
	struct listing *listing;

	if (break_glass + locked + no_code > 1)
		return admin_invalid(
			call, "locked",
			"Of break_glass, locked and no_code one is enough.");
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = userdata;
	listing->next = break_glass ? user_next_break_glass
			: locked    ? user_next_locked
				    : user_next;
	varlink_call_stream(call, no_code ? next_without_code : next_users,
			    listing, free);
	return 0;
}

static int add_failure(const struct user_failure *one, void *userdata)
{
	json_t *list = userdata;

	return json_array_append_new(
		list,
		json_pack("{s:I, s:s, s:o, s:o, s:s, s:s}", "at",
			  (json_int_t)one->at, "service", one->service,
			  "address", text_or_null(one->address), "terminal",
			  text_or_null(one->terminal), "reason", one->reason,
			  "reference", one->reference));
}

/* "accepted", "not-accepted", or "not-required" of him; accepted: the version
 * in force, whether it is required or not. */
static int notice_of(struct service *service, const struct user *user,
		     const char **ret_notice, json_t **ret_accepted)
{
	const struct settings *settings = service->attempts->settings;
	struct acceptance one;
	int r = acceptance_find(service->state->store, user->uid,
				settings->notice.version, &one);

	if (r != 0 && r != USER_E_UNKNOWN)
		return r;
	if (r == 0)
		memcpy(one.user, user->name, sizeof(one.user));
	*ret_accepted =
		r == 0 ? admin_acceptance_json(settings, &one) : json_null();
	*ret_notice = r == 0 ? "accepted"
		      : settings->notice_require == SETTINGS_REQUIRE_NO ||
				      user->break_glass
			      ? "not-required"
			      : "not-accepted";
	return 0;
}

/* The groups that he is in, and the grants that these hold. */
static int add_groups(struct store *store, uint32_t uid, json_t *names,
		      int64_t *ret_n_grants)
{
	uint32_t ids[USER_GROUPS_MAX], n = 0, n_grants;
	struct user_group group;
	int r = user_group_of(store, uid, ids, &n);

	*ret_n_grants = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		r = user_group_find_id(store, ids[i], &group);
		if (r == 0)
			r = grant_count_of_holder(
				store, ids[i] | ACCESS_GROUP_BIT, &n_grants);
		if (r != 0)
			break;
		*ret_n_grants += n_grants;
		r = json_array_append_new(names, json_string(group.name));
	}
	return r;
}

/* Adds to reply, which it takes, what he was given; NULL: it cannot be told. */
static json_t *add_given(struct store *store, uint32_t uid, json_t *reply)
{
	json_t *groups = json_array();
	uint32_t n_keys, n_grants;
	int64_t n_of_groups;

	if (ssh_key_count(store, uid, &n_keys) == 0 &&
	    grant_count_of_holder(store, uid, &n_grants) == 0 &&
	    add_groups(store, uid, groups, &n_of_groups) == 0 &&
	    json_object_update_new(
		    reply, json_pack("{s:O, s:I, s:I, s:I}", "groups", groups,
				     "ssh_keys", (json_int_t)n_keys, "grants",
				     (json_int_t)n_grants, "group_grants",
				     (json_int_t)n_of_groups)) == 0) {
		json_decref(groups);
		return reply;
	}
	json_decref(groups);
	json_decref(reply);
	return NULL;
}

int admin_get_user(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	struct service *service = userdata;
	struct user_moment moment = service_moment(service);
	json_t *failed, *accepted, *reply;
	const char *notice;
	struct user user;

	if (!admin_take_user(service, call, parameters, &user))
		return 0;
	failed = json_array();
	if (user_for_each_failure(service->state->store, user.uid, add_failure,
				  failed) != 0 ||
	    notice_of(service, &user, &notice, &accepted) != 0) {
		json_decref(failed);
		return admin_unavailable(call, ADMIN_UNREADABLE);
	}
	reply = json_pack("{s:o, s:o, s:s, s:o}", "user",
			  user_json(&user, &moment), "failed", failed, "notice",
			  notice, "accepted", accepted);
	reply = add_given(service->state->store, user.uid, reply);
	return reply ? varlink_call_reply(call, reply)
		     : admin_unavailable(call, ADMIN_UNREADABLE);
}

/* So many locks are told of: a screen's worth. */
#define STATUS_LOCKS 20

static int add_lock(const struct user_lock *lock, void *locks)
{
	return json_array_append_new(
		locks,
		json_pack("{s:s, s:I, s:s, s:o, s:o}", "user", lock->name, "at",
			  (json_int_t)lock->at, "because", lock->because,
			  "service", text_or_null(lock->service), "address",
			  text_or_null(lock->address)));
}

static json_t *seconds_or_null(int64_t at_us)
{
	return at_us > 0 ? json_integer((json_int_t)(at_us / 1000000))
			 : json_null();
}

/* The newest of them; NULL where they cannot be read. */
static json_t *locks_json(struct service *service)
{
	json_t *locks = json_array();

	if (user_for_each_lock(service->state->store, STATUS_LOCKS, add_lock,
			       locks) == 0)
		return locks;
	json_decref(locks);
	return NULL;
}

static json_t *names_json(char *const *names)
{
	json_t *array = json_array();

	for (; *names; names++)
		if (json_array_append_new(array, json_string(*names)) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *networks_json(const struct setting_networks *networks)
{
	const size_t size = 4096;
	scope(scope_free) char *list = malloc(size);
	struct text text;

	if (networks->any || networks->list.n == 0)
		return json_string(networks->any ? "any" : "none");
	if (!list)
		return NULL;
	text_init(&text, list, size);
	networks_write(&networks->list, &text);
	return json_string(list);
}

/* From where one administers, and what time it was. Takes reply. */
static json_t *add_administration(const struct service *service, json_t *reply)
{
	const struct settings *settings = service->attempts->settings;

	if (json_object_set_new(reply, "latest",
				json_integer(service_moment(service).latest)) ==
		    0 &&
	    json_object_set_new(reply, "administrator_networks",
				networks_json(&settings->administrators)) ==
		    0 &&
	    json_object_set_new(reply, "unmanaged_origin",
				names_json(settings->unmanaged_origin)) == 0 &&
	    json_object_set_new(reply, "unmanaged_deny",
				names_json(settings->unmanaged_deny)) == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

/* Since when records wait to be seen in the journal. Takes reply. */
static json_t *add_unseen(struct service *service, json_t *reply)
{
	struct ledger_unseen unseen;

	if (ledger_find_unseen(&service->state->ledger, &unseen) == 0 &&
	    json_object_set_new(reply, "unseen_since",
				seconds_or_null(unseen.since_us)) == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

static json_t *add_others(struct service *service, json_t *reply)
{
	reply = add_unseen(service, reply);
	reply = admin_add_last_backup(service, reply);
	reply = admin_add_geoip(service, reply);
	reply = admin_add_breached(service, reply);
	reply = admin_add_rights(service, reply);
	reply = add_administration(service, reply);
	reply = admin_add_second_factor(service, reply);
	return application_add_all(service, reply);
}

int admin_status(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	const struct settings *settings = service->attempts->settings;
	struct ledger_counts ledger;
	struct user_counts counts;
	char head[2 * LEDGER_CHAIN_BYTES + 1], root[KEY_ID_TEXT];
	struct text text;
	json_t *locks, *recovery;

	(void)parameters;
	if (user_count(service->state->store, &counts) != 0 ||
	    ledger_count(&service->state->ledger, &ledger) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	locks = locks_json(service);
	recovery = admin_recovery_id(service);
	if (!locks || !recovery) {
		json_decref(locks);
		json_decref(recovery);
		return admin_unavailable(call, ADMIN_UNREADABLE);
	}
	key_id_text(key_root_id(service->state->key, service->state->root),
		    root);
	text_init(&text, head, sizeof(head));
	for (size_t i = 0; i < LEDGER_CHAIN_BYTES; i++)
		text_add_format(&text, "%02x", service->state->ledger.chain[i]);
	return varlink_call_reply(
		call,
		add_others(
			service,
			json_pack("{s:s, s:I, s:s, s:i, s:i, s:i, s:I, s:s, "
				  "s:i, s:i,"
				  " s:i, s:I, s:I, s:I, s:o, s:o, s:s, s:o}",
				  "version", VERSION, "started",
				  (json_int_t)service->started, "configuration",
				  service->configuration, "users",
				  (int)counts.all, "users_locked",
				  (int)counts.locked, "users_disabled",
				  (int)counts.disabled, "ledger_records",
				  (json_int_t)ledger.all, "ledger_head", head,
				  "attempts", (int)service->attempts->n_open,
				  "queued",
				  (int)hasher_n_waiting(
					  service->attempts->hasher),
				  "workers",
				  (int)hasher_n_threads(
					  service->attempts->hasher),
				  "hash_memory",
				  (json_int_t)settings->hash_memory,
				  "map_generation",
				  (json_int_t)service->map_generation(
					  service->userdata),
				  "unpublished", (json_int_t)ledger.unpublished,
				  "unpublished_since",
				  seconds_or_null(ledger.unpublished_since_us),
				  "locks", locks, "root_key", root,
				  "recovery_key", recovery)));
}
