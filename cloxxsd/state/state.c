/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A change and its records are committed together or not at all.
 *  2. The observer hears of a change only after it is committed; of what was
 *     applied ahead of the disk before it is there: who tells others flushes
 *     first (state_flush()).
 *  3. A claim that was not settled counts.
 */
#include "cloxxsd/state/state.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/history.h"
#include "cloxxsd/state/leftover.h"
#include "cloxxsd/state/lockout.h"
#include "cloxxsd/state/rotation.h"

const char *state_key_sentence(int error)
{
	switch (error) {
	case KEY_E_MISSING:
		return "there is no key file; make one with "
		       "cloxxsctl key create FILE";
	case KEY_E_EXPOSED:
		return "the key file must be a plain file that only its owner, "
		       "root or the daemon's user, can read";
	case KEY_E_MALFORMED:
		return "the key file must hold one to eight keys of 32 bytes, "
		       "each another one";
	}
	return strerror(error < 0 ? -error : EIO);
}

/* The data keys of the store, whichever root key wraps them. */
static int open_keys(struct state *state, int64_t now_us, struct text *why)
{
	int r;

	r = data_keys_load(state->store, state->key, why, &state->root);
	if (r == DATA_KEY_E_NONE) {
		r = rotation_found(state, now_us);
		if (r != 0)
			text_add(why, "its first keys cannot be written");
	}
	if (r <= 0)
		return r;
	return r == DATA_KEY_E_WRONG ? -EKEYREJECTED : -EBADMSG;
}

/* Ends what a key file with a new first key began. */
static int end_rotation(struct state *state, int64_t now_us, struct text *why)
{
	const struct rotation_act act = { .actor = "cloxxsd",
					  .reason = REASON_NONE,
					  .now_us = now_us };
	scope(key_freep) struct key *ring = NULL;
	const uint8_t *roots;
	size_t n;
	int r;

	if (state->root == 0)
		return 0;
	roots = key_roots(state->key, &n);
	r = key_read(roots, n, &ring);
	if (r == 0)
		r = rotation_begin(state, ring, &act);
	if (r != 0)
		text_add(why, "the change of its keys cannot be written");
	return r > 0 ? -EINVAL : r;
}

static int renew(struct state *state, struct text *why)
{
	int r = store_renew(state->store);

	if (r != 0)
		text_add(why, "its log cannot be written into it");
	return r > 0 ? -EBADMSG : r;
}

static int open_parts(struct state *state, const char *directory,
		      int64_t now_us, struct text *why)
{
	char private[512];
	struct text text;
	int r;

	text_init(&text, private, sizeof(private));
	text_add_format(&text, "%s/private", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	r = store_open(private, why, &state->store);
	if (r == STORE_E_DAMAGED || r == STORE_E_LOST)
		text_add(why, "; nothing was changed: look with \"cloxxsctl "
			      "recover check\", then put it back with "
			      "\"cloxxsctl backup restore\"");
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	r = open_keys(state, now_us, why);
	if (r == 0)
		r = ledger_init(&state->ledger, state->store, state->key);
	if (r == LEDGER_E_BROKEN) {
		text_add(why, "the last audit record was not written with "
			      "this key: another key, or a changed store; "
			      "look with \"cloxxsctl recover check\"");
		r = -EKEYREJECTED;
	}
	if (r == 0)
		r = store_trust(state->store);
	if (r == 0)
		r = renew(state, why);
	if (r == 0)
		r = latest_init(&state->latest, state->store, now_us / 1000000);
	return r != 0 ? r : end_rotation(state, now_us, why);
}

int state_open(struct state *state, const char *directory, struct key *key,
	       int64_t now_us, struct text *why)
{
	int r;

	*state = (struct state){ .key = key };
	r = open_parts(state, directory, now_us, why);
	if (r != 0)
		state_deinit(state);
	return r;
}

int state_open_snapshot(struct state *state, const char *path, struct key *key,
			struct text *why)
{
	int r;

	*state = (struct state){ .key = key };
	text_add_format(why, "%s: ", path);
	r = store_open_snapshot(path, why, &state->store);
	if (r == 0 && key_n_data(key) == 0)
		r = data_keys_load(state->store, key, why, &state->root);
	if (r == DATA_KEY_E_WRONG)
		r = -EKEYREJECTED;
	else if (r > 0)
		r = -EBADMSG;
	if (r == 0)
		r = ledger_init(&state->ledger, state->store, state->key);
	if (r == LEDGER_E_BROKEN) {
		text_add(why, "its last audit record was not written with "
			      "this key");
		r = -EKEYREJECTED;
	}
	if (r != 0)
		state_deinit(state);
	return r;
}

int state_init(struct state *state, const char *directory, const char *key_file,
	       int64_t now_us, struct text *why)
{
	scope(lock_freep) struct lock *lock = NULL;
	struct key *key;
	int r;

	*state = (struct state){ 0 };
	r = key_load(key_file, &key);
	if (r != 0) {
		text_add_format(why, "%s: %s", key_file, state_key_sentence(r));
		return -EKEYREJECTED;
	}
	r = lock_take(directory, "cloxxsd", why, &lock);
	if (r < 0) {
		key_free(key);
		return r;
	}
	leftover_clear(directory);
	r = state_open(state, directory, key, now_us, why);
	if (r == 0)
		state->lock = scope_take_ptr(lock);
	return r;
}

void state_deinit(struct state *state)
{
	state->store = store_free(state->store);
	state->key = key_free(state->key);
	state->lock = lock_free(state->lock);
}

static int write_set(struct state *state, const struct change_set *set)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->n_changes; i++) {
		const struct change *change = &set->changes[i];

		/* Which takes the key, and so is none of the change's. */
		if (change->type == CHANGE_PASSWORD)
			r = history_keep(state, change->uid, change->at,
					 change->history);
		if (r == 0)
			r = change_apply(state->store, change);
	}
	for (size_t i = 0; r == 0 && i < set->n_records; i++)
		r = ledger_append(&state->ledger, &set->records[i]);
	/* In every set, a claim's too: what follows it may be lost, and the
	 * time that it knew with it. */
	return r != 0 ? r : latest_keep(&state->latest, state->store);
}

static void count(struct state *state, const struct change *change)
{
	/* A project may have taken names and ids that users could have had. */
	state->n_profiles += change_is_profile(change) || change->project;
	state->n_rights +=
		change_is_access(change) && !change->grant && !change->grants;
}

static int begin(struct state *state, int (*begin_store)(struct store *store),
		 struct state_former *ret_former)
{
	*ret_former = (struct state_former){ state->ledger, state->latest };
	return begin_store(state->store);
}

int state_begin(struct state *state, struct state_former *ret_former)
{
	return begin(state, store_begin, ret_former);
}

int state_record(struct state *state, const struct record *record)
{
	int r = ledger_append(&state->ledger, record);

	return r != 0 ? r : latest_keep(&state->latest, state->store);
}

int state_end(struct state *state, const struct state_former *former, int r,
	      const struct change_set *set)
{
	if (r == 0)
		r = store_commit(state->store);
	else
		store_rollback(state->store);
	if (r != 0) {
		state->ledger = former->ledger;
		state->latest = former->latest;
		return r;
	}
	for (size_t i = 0; i < set->n_changes; i++)
		count(state, &set->changes[i]);
	if (state->committed)
		state->committed(set, former->ledger.seq + 1, state->userdata);
	return 0;
}

static int apply(struct state *state, int (*begin_store)(struct store *store),
		 const struct change_set *set)
{
	struct state_former former;
	int r;

	r = begin(state, begin_store, &former);
	if (r != 0)
		return r;
	return state_end(state, &former, write_set(state, set), set);
}

int state_apply(struct state *state, const struct change_set *set)
{
	return apply(state, store_begin, set);
}

int state_apply_ahead(struct state *state, const struct change_set *set)
{
	return apply(state, store_begin_ahead, set);
}

int state_flush(struct state *state)
{
	return store_flush(state->store);
}

struct user_moment state_moment(const struct state *state, int64_t inactive_s)
{
	int64_t now = clock_realtime_us() / 1000000;

	return (struct user_moment){ .now = now,
				     .latest = latest_get(&state->latest, now),
				     .inactive_s = inactive_s };
}

int state_accept_clock(struct state *state, const struct record *record)
{
	int64_t now = record->at_us / 1000000;
	struct latest before = state->latest;
	struct change_set set = { 0 };
	int r;

	change_set_add(&set,
		       (struct change){ .type = CHANGE_CLOCK, .at = now });
	change_set_record(&set, *record);
	/* First, or the former time would be kept once more. */
	latest_accept(&state->latest, now);
	r = state_apply(state, &set);
	if (r != 0)
		state->latest = before;
	return r;
}

/* One user with an unsettled claim, or USER_E_UNKNOWN. */
static int next_claim(struct state *state, struct user *ret_user)
{
	sqlite3_stmt *row;
	uint32_t uid;
	int r;

	r = store_bind(state->store,
		       "SELECT uid FROM user WHERE claim != 0 LIMIT 1", &row,
		       "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? USER_E_UNKNOWN : r;
	uid = (uint32_t)sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return user_find_uid(state->store, uid, ret_user);
}

static void describe_claim(const struct user_claim *claim, struct text *text)
{
	if (claim->failure.at > 0) {
		text_add(text, "answered=");
		timestamp_write(claim->failure.at, text);
	}
	if (*claim->requester)
		text_add_format(text, "%srequester=%s", text->n > 0 ? " " : "",
				claim->requester);
}

int state_settle_claim(struct state *state, const struct user *user,
		       uint32_t failures_max, int64_t now_us)
{
	char details[320] = "";
	struct user_failure *failure;
	struct change_set set = { 0 };
	struct user_claim claim;
	struct text text;
	int r;

	r = user_find_claim(state->store, user->uid, &claim);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	text_init(&text, details, sizeof(details));
	describe_claim(&claim, &text);
	failure = &claim.failure;
	/* One that an older daemon claimed does not say when. */
	if (failure->at == 0)
		failure->at = now_us / 1000000;
	change_set_record(
		&set, (struct record){ .at_us = now_us,
				       .event = EVENT_FAILURE_COUNTED,
				       .result = RECORD_DENIED,
				       .reason = REASON_INTERRUPTED,
				       .user = user->name,
				       .actor = "cloxxsd",
				       .service = record_text(failure->service),
				       .address = record_text(failure->address),
				       .terminal = record_text(failure->terminal),
				       .details = record_text(details) });
	lockout_count(&set, user, failure, failures_max, now_us);
	return state_apply(state, &set);
}

int state_settle_claims(struct state *state, uint32_t failures_max,
			int64_t now_us)
{
	struct user user;
	int r;

	while ((r = next_claim(state, &user)) == 0) {
		r = state_settle_claim(state, &user, failures_max, now_us);
		if (r != 0)
			return r;
	}
	return r == USER_E_UNKNOWN ? 0 : r;
}

struct seal_place state_place(uint32_t uid)
{
	return (struct seal_place){ .table = "user",
				    .column = "password",
				    .row = uid };
}

int state_seal(const struct state *state, const struct seal_place *place,
	       const char *text, struct sealed *ret_sealed)
{
	return seal_close(state->key, place, text, strlen(text), ret_sealed);
}

int state_unseal(const struct state *state, const struct seal_place *place,
		 const struct sealed *sealed, struct secret *ret_text)
{
	char text[SEAL_PLAIN_MAX];
	size_t n;
	int r;

	r = seal_open(state->key, place, sealed, text, sizeof(text), &n);
	if (r == 0 && secret_set(ret_text, text, n) != 0)
		r = SEAL_E_DAMAGED;
	explicit_bzero(text, sizeof(text));
	return r;
}

int state_open_password(const struct state *state, const struct user *user,
			struct secret *ret_hash)
{
	struct seal_place place = state_place(user->uid);

	return state_unseal(state, &place, &user->password, ret_hash);
}

int state_seal_password(const struct state *state, uint32_t uid,
			const char *hash, struct sealed *ret_sealed)
{
	struct seal_place place = state_place(uid);

	return state_seal(state, &place, hash, ret_sealed);
}

const uint8_t *state_backup_key(const struct state *state)
{
	return key_ledger_find(state->key, state->ledger.seq);
}

int state_copy_key(const struct state *state, struct key **ret_key)
{
	const uint8_t *roots;
	size_t n;
	int r;

	roots = key_roots(state->key, &n);
	r = key_read(roots, n, ret_key);
	return r > 0 ? -EINVAL : r;
}

int state_recipient(const struct state *state, uint8_t ret_recipient[32])
{
	struct recovery_row row;
	int r = recovery_row_find(state->store, &row);

	if (r == 0)
		memcpy(ret_recipient, row.public_key, sizeof(row.public_key));
	return r == RECOVERY_E_NONE ? -ENOENT : r > 0 ? -EBADMSG : r;
}
