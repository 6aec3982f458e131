/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/hold.h"

#include <string.h>

#define COLUMNS "id, user, class, since, until, reason, made, actor"

static int read_hold(sqlite3_stmt *row, struct hold *ret_hold)
{
	bool all = sqlite3_column_type(row, 2) == SQLITE_NULL;
	int64_t class = all ? _EVENT_CLASS_N : sqlite3_column_int64(row, 2);
	struct hold hold = {
		.id = sqlite3_column_int64(row, 0),
		.since_us = sqlite3_column_int64(row, 3),
		.until_us = sqlite3_column_int64(row, 4),
		.made = sqlite3_column_int64(row, 6),
	};

	if (class < 0 || class > _EVENT_CLASS_N ||
	    !store_column_text(row, 1, hold.user, sizeof(hold.user)) ||
	    !store_column_text(row, 5, hold.reason, sizeof(hold.reason)) ||
	    !store_column_text(row, 7, hold.actor, sizeof(hold.actor)))
		return HOLD_E_DAMAGED;
	hold.class = (enum event_class) class;
	*ret_hold = hold;
	return 0;
}

int holds_load(struct store *store, struct holds *ret_holds)
{
	sqlite3_stmt *row;
	int r;

	ret_holds->n = 0;
	r = store_bind(store, "SELECT " COLUMNS " FROM hold ORDER BY id", &row,
		       "");
	while (r == 0 && (r = store_step(row)) == STORE_E_ROW) {
		r = ret_holds->n == HOLDS_MAX
			    ? HOLD_E_FULL
			    : read_hold(row, &ret_holds->all[ret_holds->n]);
		ret_holds->n += r == 0;
	}
	if (r > 0)
		sqlite3_reset(row);
	return r;
}

int hold_find(struct store *store, int64_t id, struct hold *ret_hold)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store, "SELECT " COLUMNS " FROM hold WHERE id = ?", &row,
		       "i", id);
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? HOLD_E_UNKNOWN : r;
	r = read_hold(row, ret_hold);
	sqlite3_reset(row);
	return r;
}

int hold_add(struct store *store, const struct hold *hold, int64_t *ret_id)
{
	uint32_t n = 0, id = 0;
	int r;

	r = store_count(store, "SELECT count(*) FROM hold", &n, "");
	if (r == 0 && n >= HOLDS_MAX)
		return HOLD_E_FULL;
	if (r == 0)
		r = store_free_id(store, "hold", &id);
	if (r == 0)
		r = store_run(store,
			      "INSERT INTO hold (id, user, class, since, until,"
			      " reason, made, actor) VALUES"
			      " (?9, nullif(?1, ''), nullif(?2, ?8), ?3, ?4,"
			      " ?5, ?6, ?7)",
			      "tiiititii", hold->user, (int64_t)hold->class,
			      hold->since_us, hold->until_us, hold->reason,
			      hold->made, hold->actor, (int64_t)_EVENT_CLASS_N,
			      (int64_t)id);
	if (r == 0)
		*ret_id = id;
	return r == STORE_E_FULL ? HOLD_E_FULL : r;
}

int hold_remove(struct store *store, int64_t id)
{
	int r = store_run(store, "DELETE FROM hold WHERE id = ?", "i", id);

	return r == 0 && store_changes(store) != 1 ? HOLD_E_UNKNOWN : r;
}

/* What he did as root by sudo names him in its details, and so does what was
 * done for him in a group. */
static bool is_about_user(const char *user, const struct ledger_row *row)
{
	return strcmp(user, row->user) == 0 || strcmp(user, row->actor) == 0 ||
	       name_find_word(row->details, user) ||
	       name_find_word(row->object, user);
}

static bool is_about(const struct hold *hold, const struct ledger_row *row)
{
	if (*hold->user && !is_about_user(hold->user, row))
		return false;
	if (hold->class != _EVENT_CLASS_N &&
	    hold->class != event_class(event_find(row->event)))
		return false;
	return row->at_us >= hold->since_us && row->at_us < hold->until_us;
}

bool holds_match(const struct holds *holds, const struct ledger_row *row)
{
	for (size_t i = 0; i < holds->n; i++)
		if (is_about(&holds->all[i], row))
			return true;
	return false;
}
