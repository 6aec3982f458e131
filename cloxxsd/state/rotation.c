/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The ring in memory and the rows in the store are of one change: the ring
 *     is swapped behind the commit, and only by what cannot fail.
 *  2. A value is sealed anew from what stands in the store in the same turn of
 *     the loop, so that no change in between is lost.
 *  3. An old seal key is retired only after a whole pass found no value of it
 *     that opens.
 */
#include "cloxxsd/state/rotation.h"

#include <string.h>

#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/sealed_column.h"

#define DETAILS_MAX 200

/* Applies set with the keys of ring, and brings ring into force. */
static int apply_ring(struct state *state, struct key *ring,
		      struct change_set *set)
{
	struct data_keys keys = { 0 };
	int r = data_keys_wrap(ring, &keys);

	if (r != 0)
		return r;
	change_set_add(set,
		       (struct change){ .type = CHANGE_KEYS, .keys = &keys });
	r = state_apply(state, set);
	data_keys_deinit(&keys);
	if (r != 0)
		return r;
	key_swap(state->key, ring);
	state->root = 0;
	return 0;
}

int rotation_found(struct state *state, int64_t now_us)
{
	scope(key_freep) struct key *ring = NULL;
	struct change_set set = { 0 };
	int64_t now = now_us / 1000000;
	int r;

	r = key_copy(state->key, &ring);
	if (r == 0)
		r = key_make(ring, KEY_USE_SEAL, now, 0);
	if (r == 0)
		r = key_make(ring, KEY_USE_LEDGER, now, 1);
	return r != 0 ? r : apply_ring(state, ring, &set);
}

int rotation_check(const struct state *state, const struct key *ring)
{
	const uint8_t *id = key_root_id(state->key, state->root);

	return key_find_root(ring, id) < key_n_roots(ring) ? 0
							   : ROTATION_E_FOREIGN;
}

static int seal_roots(const struct key *ring, struct recovery_row *row)
{
	const uint8_t *roots;
	size_t n;
	int r;

	roots = key_roots(ring, &n);
	r = recovery_seal(row->public_key, roots, n, row->roots);
	if (r == 0)
		row->n_roots = n + RECOVERY_SEAL_OVERHEAD;
	return r;
}

/* The next copy for the recovery key, where there is one. */
static int add_recovery(struct state *state, const struct key *ring,
			struct recovery_row *row, struct change_set *set)
{
	int r = recovery_row_find(state->store, row);

	if (r != 0)
		return r == RECOVERY_E_NONE ? 0 : r;
	r = seal_roots(ring, row);
	if (r == 0)
		change_set_add(set, (struct change){ .type = CHANGE_RECOVERY,
						     .recovery = row });
	return r;
}

/* New data keys behind the old ones. */
static int renew(const struct state *state, struct key *ring, int64_t now)
{
	size_t n_old = key_n_data(ring);
	int r;

	r = key_make(ring, KEY_USE_SEAL, now, 0);
	/* The record of this has the next number, under the old key. */
	if (r == 0)
		r = key_make(ring, KEY_USE_LEDGER, now, state->ledger.seq + 2);
	for (size_t i = 0; r == 0 && i < n_old; i++)
		if (key_data_get(ring, i)->use == KEY_USE_LEDGER &&
		    key_data_get(ring, i)->retired == 0)
			key_retire(ring, i, now);
	return r;
}

static void tell(const struct state *state, const struct key *ring,
		 struct text *details)
{
	const struct {
		const char *name;
		const uint8_t *id;
	} rows[] = {
		{ "root", key_root_id(ring, 0) },
		{ "was", key_root_id(state->key, state->root) },
		{ "seal", key_data_get(ring, key_n_data(ring) - 2)->id },
		{ "ledger", key_data_get(ring, key_n_data(ring) - 1)->id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char id[KEY_ID_TEXT];

		key_id_text(rows[i].id, id);
		text_add_format(details, "%s%s=%s", i > 0 ? " " : "",
				rows[i].name, id);
	}
}

static void add_record(struct change_set *set, enum event event,
		       const struct rotation_act *act, const char *details)
{
	change_set_record(set, (struct record){ .at_us = act->now_us,
						.event = event,
						.result = RECORD_DONE,
						.reason = act->reason,
						.actor = act->actor,
						.address = act->address,
						.within = act->within,
						.details = details });
}

int rotation_begin(struct state *state, struct key *ring,
		   const struct rotation_act *act)
{
	struct change_set set = { 0 };
	struct recovery_row row;
	char details[DETAILS_MAX];
	struct text text;
	int r;

	if (rotation_check(state, ring) != 0)
		return -EINVAL;
	r = key_copy_data(ring, state->key);
	if (r == 0)
		r = renew(state, ring, act->now_us / 1000000);
	if (r == 0)
		r = add_recovery(state, ring, &row, &set);
	if (r != 0)
		return r;
	text_init(&text, details, sizeof(details));
	tell(state, ring, &text);
	add_record(&set, EVENT_KEY_ROTATED, act, details);
	return apply_ring(state, ring, &set);
}

bool rotation_is_open(const struct state *state)
{
	unsigned int n = 0;

	for (size_t i = 0; i < key_n_data(state->key); i++)
		n += key_data_get(state->key, i)->use == KEY_USE_SEAL &&
		     key_data_get(state->key, i)->retired == 0;
	return n > 1;
}

/* Retires every seal key but the newest. */
static int retire(struct state *state, const struct rotation *rotation,
		  int64_t now_us)
{
	const struct rotation_act act = { .actor = "cloxxsd",
					  .reason = REASON_NONE,
					  .now_us = now_us };
	scope(key_freep) struct key *ring = NULL;
	const struct key_data *newest = NULL;
	struct change_set set = { 0 };
	char details[DETAILS_MAX], id[KEY_ID_TEXT];
	struct text text;
	int r;

	r = key_copy(state->key, &ring);
	if (r != 0)
		return r;
	text_init(&text, details, sizeof(details));
	text_add(&text, "seal=");
	(void)key_seal_newest(ring, &newest);
	for (size_t i = 0; i < key_n_data(ring); i++) {
		const struct key_data *facts = key_data_get(ring, i);

		if (facts->use != KEY_USE_SEAL || facts == newest ||
		    facts->retired != 0)
			continue;
		key_retire(ring, i, now_us / 1000000);
		key_id_text(facts->id, id);
		text_add_format(&text, "%s%s", text.n > 5 ? "," : "", id);
	}
	if (rotation->n_lost > 0)
		text_add_format(&text, " lost=%llu",
				(unsigned long long)rotation->n_lost);
	add_record(&set, EVENT_KEY_RETIRED, &act, details);
	return apply_ring(state, ring, &set);
}

/* One value of the store, at its place, sealed anew where that is due. */
static int renew_value(struct state *state, struct rotation *rotation,
		       const struct sealed *value, struct reseal *reseal)
{
	struct resealed *row = &reseal->rows[reseal->n];
	const struct sealed_column *column = &sealed_columns[rotation->column];
	const struct seal_place place =
		sealed_column_place(column, rotation->uid);
	const struct key_data *newest = NULL;
	const uint8_t *id = seal_key_id(value);
	scope(secret_deinit) struct secret plain = { 0 };
	int r;

	(void)key_seal_newest(state->key, &newest);
	if (!id || memcmp(id, newest->id, KEY_ID_BYTES) == 0)
		return 0;
	r = state_unseal(state, &place, value, &plain);
	if (r > 0)
		rotation->n_lost++;
	if (r != 0)
		return r < 0 ? r : 0;
	row->column = column;
	row->uid = rotation->uid;
	row->at = rotation->at;
	r = state_seal(state, &place, plain.bytes, &row->value);
	if (r != 0)
		return r < 0 ? r : -EIO;
	reseal->n++;
	return 0;
}

static bool read_value(sqlite3_stmt *row, struct rotation *rotation,
		       struct sealed *ret_value)
{
	size_t n = (size_t)sqlite3_column_bytes(row, 2);

	rotation->uid = (uint32_t)sqlite3_column_int64(row, 0);
	rotation->at = sqlite3_column_int64(row, 1);
	if (n == 0 || n > sizeof(ret_value->bytes))
		return false;
	memcpy(ret_value->bytes, sqlite3_column_blob(row, 2), n);
	ret_value->n = n;
	return true;
}

/* Reads the next values into reseal; ret_n: so many there were. */
static int gather(struct state *state, struct rotation *rotation,
		  struct reseal *reseal, unsigned int *ret_n)
{
	struct sealed value;
	unsigned int n = 0;
	sqlite3_stmt *row;
	int r;

	r = store_bind(state->store, sealed_columns[rotation->column].select,
		       &row, "iii", (int64_t)rotation->uid, rotation->at,
		       (int64_t)ROTATION_BATCH);
	if (r != 0)
		return r;
	while ((r = store_step(row)) == STORE_E_ROW) {
		bool good = read_value(row, rotation, &value);

		n++;
		r = good ? renew_value(state, rotation, &value, reseal) : 0;
		if (r != 0) {
			sqlite3_reset(row);
			return r;
		}
	}
	*ret_n = n;
	return r;
}

int rotation_step(struct state *state, struct rotation *rotation,
		  int64_t now_us)
{
	struct rotation next = *rotation;
	struct reseal reseal = { 0 };
	struct change_set set = { 0 };
	unsigned int n = 0;
	int r;

	if (!rotation_is_open(state))
		return 0;
	reseal.rows = calloc(ROTATION_BATCH, sizeof(*reseal.rows));
	if (!reseal.rows)
		return -ENOMEM;
	r = gather(state, &next, &reseal, &n);
	if (r == 0 && reseal.n > 0) {
		change_set_add(&set, (struct change){ .type = CHANGE_RESEAL,
						      .reseal = &reseal });
		r = state_apply(state, &set);
	}
	next.n_found += reseal.n;
	free(reseal.rows);
	if (r != 0)
		return r;
	if (n == ROTATION_BATCH) {
		*rotation = next;
		return ROTATION_E_MORE;
	}
	/* The end of one column; others are left. */
	if (next.column + 1 < sealed_columns_n) {
		*rotation = (struct rotation){ .column = next.column + 1,
					       .n_found = next.n_found,
					       .n_lost = next.n_lost };
		return ROTATION_E_MORE;
	}
	/* The end of a pass; after one that found nothing it is done. */
	if (next.n_found > 0) {
		*rotation = (struct rotation){ 0 };
		return ROTATION_E_MORE;
	}
	r = retire(state, &next, now_us);
	if (r == 0)
		*rotation = (struct rotation){ 0 };
	return r;
}

static void count(const struct key *key, const void *id, uint64_t n,
		  uint64_t *counts)
{
	for (size_t i = 0; i < key_n_data(key); i++)
		if (memcmp(key_data_get(key, i)->id, id, KEY_ID_BYTES) == 0)
			counts[i] = n;
}

int rotation_count_values(struct state *state, uint64_t *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(state->store, sealed_columns_count, &row, "");
	if (r != 0)
		return r;
	memset(ret_counts, 0, key_n_data(state->key) * sizeof(*ret_counts));
	while ((r = store_step(row)) == STORE_E_ROW)
		if (sqlite3_column_bytes(row, 0) == KEY_ID_BYTES)
			count(state->key, sqlite3_column_blob(row, 0),
			      (uint64_t)sqlite3_column_int64(row, 1),
			      ret_counts);
	return r;
}

int rotation_set_recovery(struct state *state,
			  const uint8_t public_key[RECOVERY_BYTES],
			  const struct rotation_act *act)
{
	struct recovery_row row = { .created = act->now_us / 1000000 }, former;
	char details[DETAILS_MAX], id[KEY_ID_TEXT];
	struct change_set set = { 0 };
	struct text text;
	int r;

	text_init(&text, details, sizeof(details));
	recovery_id(public_key, id);
	text_add_format(&text, "recovery=%s", id);
	r = recovery_row_find(state->store, &former);
	if (r < 0)
		return r;
	if (r == 0) {
		recovery_id(former.public_key, id);
		text_add_format(&text, " was=%s", id);
	}
	memcpy(row.public_key, public_key, RECOVERY_BYTES);
	r = seal_roots(state->key, &row);
	if (r != 0)
		return r;
	change_set_add(&set, (struct change){ .type = CHANGE_RECOVERY,
					      .recovery = &row });
	add_record(&set, EVENT_RECOVERY_KEY_SET, act, details);
	return state_apply(state, &set);
}
