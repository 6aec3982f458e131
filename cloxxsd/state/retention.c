/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What goes, goes in the transaction of the record that tells of it.
 *  2. What is not as it was written stays, and stops the pass: it is evidence.
 *  3. No pass goes further than the pace, whatever the clock shows; and none
 *     goes anywhere while the clock is behind what was known.
 *  4. The head is never purged.
 */
#include "cloxxsd/state/retention.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsd/state/replaced_row.h"

/* A clock that is further behind the latest time that was known is wrong, and
 * what it says of ages too. */
#define BEHIND_MAX_S 3600
/* So many records behind one are looked through, once an hour at most. */
#define LOOK_BEHIND 10000

/* How far a class was purged: the last number that was looked at, and the time
 * up to which. */
struct reach {
	int64_t seq, until_us;
};

/* Nothing, before the first pass. */
static int find_reach(struct state *state, enum event_class class,
		      struct reach *ret_reach)
{
	sqlite3_stmt *row;
	int r;

	*ret_reach = (struct reach){ 0 };
	r = store_bind(state->store,
		       "SELECT seq, until FROM retention WHERE class = ?", &row,
		       "i", (int64_t) class);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	*ret_reach = (struct reach){ sqlite3_column_int64(row, 0),
				     sqlite3_column_int64(row, 1) };
	sqlite3_reset(row);
	return 0;
}

static int keep_reach(struct state *state, enum event_class class,
		      const struct reach *reach)
{
	return store_run(state->store,
			 "INSERT OR REPLACE INTO retention (class, seq, until)"
			 " VALUES (?, ?, ?)",
			 "iii", (int64_t) class, reach->seq, reach->until_us);
}

/*
 * How far this pass may go: a time in which nothing was recorded, or in which
 * all went already, is none of the pace.
 */
static int find_limit(struct state *state, enum event_class class,
		      int64_t *ret_until_us)
{
	const struct ledger_filter any = { .since_us = INT64_MIN,
					   .until_us = INT64_MAX };
	struct ledger_row next = { .at_us = INT64_MIN };
	struct reach reach;
	int r;

	r = find_reach(state, class, &reach);
	if (r == 0)
		r = ledger_search(&state->ledger, &any, reach.seq + 1,
				  state->ledger.seq, &next);
	if (r != 0 && r != LEDGER_E_UNKNOWN)
		return r;
	*ret_until_us =
		RETENTION_PACE_US +
		(next.at_us > reach.until_us ? next.at_us : reach.until_us);
	return 0;
}

int retention_begin(struct state *state, const int64_t keep_us[_EVENT_CLASS_N],
		    int64_t now_us, struct retention_pass *ret_pass)
{
	int64_t now = now_us / 1000000;
	bool behind = latest_get(&state->latest, now) > now + BEHIND_MAX_S;
	int r = 0;

	ret_pass->class = 0;
	for (unsigned int i = 0; r == 0 && i < _EVENT_CLASS_N; i++) {
		int64_t until = now_us - keep_us[i], limit = 0;

		r = find_limit(state, (enum event_class)i, &limit);
		ret_pass->until_us[i] = behind          ? INT64_MIN
					: until < limit ? until
							: limit;
		ret_pass->n_purged[i] = 0;
	}
	return r > 0 ? -EBADMSG : r;
}

/* Whether the row goes now, and is there to go. */
static bool goes(const struct retention_pass *pass,
		 const struct ledger_row *row)
{
	return *row->event &&
	       event_class(event_find(row->event)) == pass->class &&
	       !holds_match(&pass->holds, row);
}

/* One slice of a class: its rows from behind reach on. */
struct slice {
	int64_t n_left, n_purged;
	bool is_at_end; /* of the class */
};

/*
 * Whether the class is at its end with this row. A time ahead of the clock was
 * written when the clock was wrong, or the clock is wrong now: those that were
 * written behind it tell which.
 */
static int is_too_young(struct state *state, const struct retention_pass *pass,
			const struct ledger_row *row, int64_t now_us,
			bool *ret_is)
{
	const struct ledger_filter older = {
		.since_us = INT64_MIN,
		.until_us = pass->until_us[pass->class],
	};
	struct ledger_row behind;
	int r;

	*ret_is = row->at_us >= older.until_us;
	if (!*ret_is || row->at_us <= now_us)
		return 0;
	r = ledger_search(&state->ledger, &older, row->seq + 1,
			  row->seq + LOOK_BEHIND, &behind);
	*ret_is = r == LEDGER_E_UNKNOWN;
	return r == LEDGER_E_UNKNOWN ? 0 : r;
}

static int purge_slice(struct state *state, struct retention_pass *pass,
		       int64_t now_us, struct reach *reach, struct slice *slice)
{
	const struct ledger_filter any = { .since_us = INT64_MIN,
					   .until_us = INT64_MAX };
	struct ledger_row row;
	int r = 0;

	while (r == 0 && slice->n_left-- > 0) {
		r = ledger_search(&state->ledger, &any, reach->seq + 1,
				  state->ledger.seq - 1, &row);
		slice->is_at_end = r == LEDGER_E_UNKNOWN;
		if (r == 0)
			r = is_too_young(state, pass, &row, now_us,
					 &slice->is_at_end);
		if (slice->is_at_end)
			return 0;
		if (r == 0 && goes(pass, &row)) {
			r = replaced_row_purge(&state->ledger, row.seq);
			slice->n_purged += r == 0;
		}
		if (r == 0)
			reach->seq = row.seq;
	}
	return r;
}

/* The first n rows, as far as all of them were purged, become the cut-off. */
static int find_cut(struct state *state, int64_t n, struct ledger_cut *cut)
{
	const struct ledger_filter any = { .since_us = INT64_MIN,
					   .until_us = INT64_MAX };
	struct ledger_row row;
	int r = 0;

	while (r == 0 && n-- > 0) {
		r = ledger_search(&state->ledger, &any, cut->seq + 1,
				  state->ledger.seq - 1, &row);
		if (r == LEDGER_E_UNKNOWN || (r == 0 && *row.event))
			return 0;
		if (r != 0)
			return r;
		/* It is proved once more, for whoever could write it. */
		r = replaced_row_purge(&state->ledger, row.seq);
		cut->seq = row.seq;
		cut->at_us = row.at_us;
		memcpy(cut->chain, row.chain, sizeof(cut->chain));
	}
	return r;
}

static int move_cut(struct state *state, int64_t n)
{
	struct ledger_cut cut = state->ledger.cut;
	uint8_t proof[LEDGER_CHAIN_BYTES];
	const uint8_t *key;
	int r = find_cut(state, n, &cut);

	if (r != 0 || cut.seq == state->ledger.cut.seq)
		return r;
	key = ledger_key_for(&state->ledger, cut.seq);
	if (!key)
		return -ENOKEY;
	ledger_chain_cut(key, cut.seq, cut.at_us, cut.chain, proof);
	r = store_run(state->store, "DELETE FROM ledger WHERE seq <= ?", "i",
		      cut.seq);
	if (r == 0)
		r = store_run(state->store,
			      "INSERT OR REPLACE INTO ledger_cut (id, seq, at,"
			      " chain, proof) VALUES (1, ?, ?, ?, ?)",
			      "iibb", cut.seq, cut.at_us, cut.chain,
			      sizeof(cut.chain), proof, sizeof(proof));
	if (r == 0)
		state->ledger.cut = cut;
	return r;
}

/* "class=logins records=12 before=2025-10-24T12:00:00Z" */
static void tell(const struct retention_pass *pass, const struct slice *slice,
		 char details[160])
{
	struct text text;

	text_init(&text, details, 160);
	text_add_format(&text, "class=%s records=%lld before=",
			event_class_name(pass->class),
			(long long)slice->n_purged);
	timestamp_write(pass->until_us[pass->class] / 1000000, &text);
}

static int do_slice(struct state *state, struct retention_pass *pass,
		    int64_t now_us, struct slice *slice, int64_t *ret_seq)
{
	int64_t n = slice->n_left;
	struct reach reach;
	/* One may have been made since the last slice. */
	int r = holds_load(state->store, &pass->holds);

	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	r = find_reach(state, pass->class, &reach);

	if (r == 0)
		r = purge_slice(state, pass, now_us, &reach, slice);
	*ret_seq = reach.seq + 1;
	if (slice->is_at_end && pass->until_us[pass->class] > reach.until_us)
		reach.until_us = pass->until_us[pass->class];
	if (r == 0)
		r = keep_reach(state, pass->class, &reach);
	return r != 0 ? r : move_cut(state, n);
}

int retention_step(struct state *state, struct retention_pass *pass, int64_t n,
		   int64_t now_us, int64_t *ret_seq)
{
	struct slice slice = { .n_left = n };
	char details[160];
	struct record record = { .at_us = now_us,
				 .event = EVENT_AUDIT_PURGED,
				 .result = RECORD_DONE,
				 .reason = REASON_NONE,
				 .actor = "cloxxsd",
				 .details = details };
	struct change_set set = { 0 };
	struct state_former former;
	int r;

	r = state_begin(state, &former);
	if (r != 0)
		return r;
	r = do_slice(state, pass, now_us, &slice, ret_seq);
	tell(pass, &slice, details);
	if (slice.n_purged > 0)
		change_set_record(&set, record);
	if (r == 0 && slice.n_purged > 0)
		r = state_record(state, &record);
	r = state_end(state, &former, r, &set);
	if (r != 0)
		return r > 0 ? RETENTION_E_BROKEN : r;
	pass->n_purged[pass->class] += slice.n_purged;
	if (!slice.is_at_end)
		return RETENTION_E_MORE;
	pass->class ++;
	return pass->class == _EVENT_CLASS_N ? 0 : RETENTION_E_MORE;
}

int retention_hold(struct state *state, struct hold *hold,
		   const struct record *record)
{
	struct record numbered = *record;
	struct change_set set = { 0 };
	struct state_former former;
	char details[1024];
	struct text text;
	int r = state_begin(state, &former);

	if (r != 0)
		return r;
	r = hold_add(state->store, hold, &hold->id);
	text_init(&text, details, sizeof(details));
	text_add_format(&text, "hold=%lld %s", (long long)hold->id,
			record->details ? record->details : "");
	numbered.details = details;
	if (r == 0)
		r = state_record(state, &numbered);
	change_set_record(&set, numbered);
	return state_end(state, &former, r, &set);
}

int retention_release(struct state *state, int64_t id,
		      const struct record *record)
{
	struct change_set set = { 0 };
	struct state_former former;
	int r = state_begin(state, &former);

	if (r != 0)
		return r;
	r = hold_remove(state->store, id);
	/* What was held is looked at again, from the beginning. */
	if (r == 0)
		r = store_run(state->store, "UPDATE retention SET seq = 0", "");
	if (r == 0)
		r = state_record(state, record);
	change_set_record(&set, *record);
	return state_end(state, &former, r, &set);
}
