/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/state/ssh_key.h"

static json_t *key_json(const struct ssh_key *key)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:o, s:I, s:s}", "fingerprint",
			 key->line.fingerprint, "type",
			 ssh_key_type_name(key->line.type), "bits",
			 (int)key->line.bits, "key", key->line.key, "comment",
			 text_or_null(key->line.comment), "added_at",
			 (json_int_t)key->added_at, "added_by", key->added_by);
}

static int reply_key(struct varlink_call *call, const struct ssh_key *key)
{
	return varlink_call_reply(call,
				  json_pack("{s:o}", "ssh_key", key_json(key)));
}

/* The comment last: it may hold anything that can be printed. */
static void tell_key(const struct ssh_key *key, struct text *text)
{
	text_add_format(text, "type=%s fingerprint=%s",
			ssh_key_type_name(key->line.type),
			key->line.fingerprint);
	if (*key->line.comment)
		text_add_format(text, " comment=%s", key->line.comment);
}

static bool read_key(struct varlink_call *call, json_t *parameters,
		     struct ssh_key_line *ret_line)
{
	const char *line = admin_string(parameters, "key");
	int r = ssh_key_line_read(line, strlen(line), ret_line);

	if (r == 0)
		return true;
	(void)!admin_invalid(call, "key", ssh_key_fault((enum ssh_key_error)r));
	return false;
}

/* False: he has it, or has too many; answered. */
static bool has_room(struct service *service, struct varlink_call *call,
		     const struct user *user, const struct ssh_key *key)
{
	struct store *store = service->state->store;
	struct ssh_key found;
	uint32_t n = 0;
	int r;

	r = ssh_key_find(store, user->uid, key->line.fingerprint, &found);
	if (r == 0) {
		(void)!admin_conflict(call, "He has this key already.");
		return false;
	}
	if (r == USER_E_UNKNOWN)
		r = ssh_key_count(store, user->uid, &n);
	if (r != 0)
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	else if (n >= SSH_KEYS_MAX)
		(void)!admin_conflict(call, "He has 64 keys; remove one that "
					    "is not used any more.");
	return r == 0 && n < SSH_KEYS_MAX;
}

int admin_add_ssh_key(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct ssh_key key = { .added_at = clock_realtime_us() / 1000000 };
	struct service *service = userdata;
	char details[512];
	struct text text;
	struct user user;

	_Static_assert(sizeof(key.added_by) >= ACTOR_MAX, "an actor fits");
	if (!admin_take_user(service, call, parameters, &user) ||
	    !guard_may_change(service, call, &user) ||
	    !read_key(call, parameters, &key.line) ||
	    !has_room(service, call, &user, &key))
		return 0;
	service_actor(service, varlink_call_peer(call), key.added_by);
	text_init(&text, details, sizeof(details));
	tell_key(&key, &text);
	if (!admin_do(
		    service, call,
		    &(struct admin_act){ .event = EVENT_SSH_KEY_ADDED,
					 .change = { .type = CHANGE_SSH_KEY_ADD,
						     .uid = user.uid,
						     .ssh_key = &key },
					 .user = &user,
					 .details = details }))
		return 0;
	return reply_key(call, &key);
}

int admin_remove_ssh_key(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	const char *fingerprint = admin_string(parameters, "fingerprint");
	struct service *service = userdata;
	char details[512];
	struct ssh_key key;
	struct text text;
	struct user user;
	int r;

	if (!admin_take_user(service, call, parameters, &user) ||
	    !guard_may_keep_out(service, call, &user))
		return 0;
	r = ssh_key_find(service->state->store, user.uid, fingerprint, &key);
	if (r == USER_E_UNKNOWN)
		return admin_not_found(call, fingerprint);
	if (r != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	text_init(&text, details, sizeof(details));
	tell_key(&key, &text);
	if (!admin_do(service, call,
		      &(struct admin_act){
			      .event = EVENT_SSH_KEY_REMOVED,
			      .change = { .type = CHANGE_SSH_KEY_REMOVE,
					  .uid = user.uid,
					  .text = key.line.fingerprint },
			      .user = &user,
			      .details = details }))
		return 0;
	return reply_key(call, &key);
}

static int send_key(const struct ssh_key *key, void *userdata)
{
	return varlink_call_continue(
		userdata, json_pack("{s:o}", "ssh_key", key_json(key)));
}

/* All at once: 64 of the longest are a fifth of what a connection holds. */
int admin_list_ssh_keys(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct service *service = userdata;
	struct user user;
	int r;

	if (!admin_take_user(service, call, parameters, &user))
		return 0;
	r = ssh_key_for_each(service->state->store, user.uid, send_key, call);
	if (r == 0)
		return varlink_call_reply_empty(call);
	return r < 0 ? r : -EBADMSG;
}
