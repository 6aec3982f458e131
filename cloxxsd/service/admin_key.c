/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A root key comes into force only where the key file that it came with
 *     also holds the one that was in force: that file opens the store.
 *  2. What was sent is wiped before the handler returns.
 */
#include "cloxxsd/service/admin_key.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/admin.h"
#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/rotation.h"

static json_t *id_json(const uint8_t *id)
{
	char text[KEY_ID_TEXT];

	key_id_text(id, text);
	return json_string(text);
}

static json_t *roots_json(const struct state *state)
{
	json_t *roots = json_array();

	for (size_t i = 0; i < key_n_roots(state->key); i++)
		(void)!json_array_append_new(
			roots, json_pack("{s:o, s:b}", "id",
					 id_json(key_root_id(state->key, i)),
					 "in_force", (int)(i == state->root)));
	return roots;
}

static json_t *key_json(const struct key_data *facts, uint64_t n_values)
{
	bool seals = facts->use == KEY_USE_SEAL;

	return json_pack(
		"{s:o, s:s, s:I, s:o, s:o, s:o}", "id", id_json(facts->id),
		"use", key_use_name(facts->use), "created",
		(json_int_t)facts->created, "retired",
		time_or_null(facts->retired), "from_record",
		seals ? json_null() : json_integer(facts->from_seq), "values",
		seals ? json_integer((json_int_t)n_values) : json_null());
}

/* NULL where values cannot be counted. */
static json_t *keys_json(struct state *state)
{
	size_t n = key_n_data(state->key);
	scope(scope_free) uint64_t *counts = calloc(n, sizeof(*counts));
	json_t *keys;

	if (!counts || rotation_count_values(state, counts) != 0)
		return NULL;
	keys = json_array();
	for (size_t i = 0; i < n; i++)
		(void)!json_array_append_new(
			keys, key_json(key_data_get(state->key, i), counts[i]));
	return keys;
}

json_t *admin_recovery_id(const struct service *service)
{
	struct recovery_row row;
	char id[KEY_ID_TEXT];
	int r = recovery_row_find(service->state->store, &row);

	if (r == RECOVERY_E_NONE)
		return json_null();
	if (r != 0)
		return NULL;
	recovery_id(row.public_key, id);
	return json_string(id);
}

int admin_list_keys(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	struct service *service = userdata;
	json_t *recovery = admin_recovery_id(service);
	json_t *keys = keys_json(service->state);

	(void)parameters;
	if (!recovery || !keys) {
		json_decref(recovery);
		json_decref(keys);
		return admin_unavailable(call, ADMIN_UNREADABLE);
	}
	return varlink_call_reply(
		call,
		json_pack("{s:s, s:o, s:o, s:b, s:o}", "source",
			  service->key_source, "roots",
			  roots_json(service->state), "keys", keys, "resealing",
			  (int)rotation_is_open(service->state), "recovery_key",
			  recovery));
}

/* The bytes of a key file as a ring. KEY_E_MALFORMED, -ENOMEM. */
static int read_ring(const char *base64, struct key **ret_ring)
{
	uint8_t bytes[KEY_ROOTS_MAX * KEY_BYTES];
	size_t n = 0;
	int r = KEY_E_MALFORMED;

	if (sodium_base642bin(bytes, sizeof(bytes), base64, strlen(base64),
			      NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0)
		r = key_read(bytes, n, ret_ring);
	sodium_memzero(bytes, sizeof(bytes));
	return r;
}

static int foreign(struct varlink_call *call, const struct state *state)
{
	char id[KEY_ID_TEXT], sentence[200];
	struct text text;

	key_id_text(key_root_id(state->key, state->root), id);
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"This key file does not hold root key %s, which is in "
			"force: it is not the file that the daemon was "
			"started with.",
			id);
	return admin_conflict(call, sentence);
}

static struct rotation_act act_of(struct service *service,
				  struct varlink_call *call,
				  struct actor *actor)
{
	service_find_actor(service, varlink_call_peer(call), actor);
	return (struct rotation_act){ .actor = actor->name,
				      .address = record_text(actor->address),
				      .within = record_text(actor->within),
				      .reason = REASON_BY_ADMINISTRATOR,
				      .now_us = clock_realtime_us() };
}

static int reply_root(struct varlink_call *call, const uint8_t *id)
{
	return varlink_call_reply(call,
				  json_pack("{s:o}", "root", id_json(id)));
}

int admin_rotate_key(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	bool check = json_is_true(json_object_get(parameters, "check"));
	struct service *service = userdata;
	struct state *state = service->state;
	scope(key_freep) struct key *ring = NULL;
	struct actor actor;
	struct rotation_act act;
	int r;

	r = read_ring(admin_string(parameters, "key"), &ring);
	if (r < 0)
		return r;
	if (r != 0)
		return admin_invalid(call, "key",
				     "It must be one to eight keys of 32 "
				     "bytes, in base64.");
	if (rotation_check(state, ring) != 0)
		return foreign(call, state);
	/* Asked again, for the answer did not come: it is done already. */
	if (check ||
	    memcmp(key_root_id(ring, 0), key_root_id(state->key, state->root),
		   KEY_ID_BYTES) == 0)
		return reply_root(call, key_root_id(ring, 0));
	act = act_of(service, call, &actor);
	if (rotation_begin(state, ring, &act) != 0)
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	service->keys_changed(service->userdata);
	return reply_root(call, key_root_id(state->key, 0));
}

/* Answers where there is one already that may not be replaced. */
static bool may_replace(struct service *service, struct varlink_call *call,
			json_t *parameters)
{
	json_t *former = admin_recovery_id(service);
	bool replace = json_is_true(json_object_get(parameters, "replace"));
	bool may = former && (replace || json_is_null(former));
	char sentence[200];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"There is a recovery key, %s; replace it by name "
			"(--yes), and keep its identity: backups made till "
			"now need it.",
			former ? json_string_value(former) : "");
	if (!former)
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	else if (!may)
		(void)!admin_conflict(call, sentence);
	json_decref(former);
	return may;
}

int admin_set_recovery_key(struct varlink_call *call, json_t *parameters,
			   void *userdata)
{
	bool check = json_is_true(json_object_get(parameters, "check"));
	const char *line = admin_string(parameters, "public_key");
	struct service *service = userdata;
	uint8_t public_key[RECOVERY_BYTES];
	struct actor actor;
	char id[KEY_ID_TEXT];
	struct rotation_act act;
	int r;

	if (recovery_read_public(line, strlen(line), public_key) != 0)
		return admin_invalid(call, "public_key",
				     "It must be the line that begins with "
				     "cloxxs-recovery-1.");
	if (!may_replace(service, call, parameters))
		return 0;
	act = act_of(service, call, &actor);
	r = check ? 0 : rotation_set_recovery(service->state, public_key, &act);
	if (r == -EINVAL)
		return admin_invalid(call, "public_key",
				     "This is no public key.");
	if (r != 0)
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	recovery_id(public_key, id);
	return varlink_call_reply(call, json_pack("{s:s}", "id", id));
}
