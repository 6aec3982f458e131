/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/latest.h"

#include <errno.h>

#include "base/clock.h"

#define KEEP_EVERY_S 60

static int64_t own_time(const struct latest *latest)
{
	return latest->begun_s +
	       (clock_boottime_us() - latest->begun_us) / 1000000;
}

int latest_init(struct latest *latest, struct store *store, int64_t now_s)
{
	sqlite3_stmt *row;
	int64_t kept;
	int r;

	r = store_bind(store, "SELECT latest FROM installation WHERE id = 1",
		       &row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	kept = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	*latest = (struct latest){ .begun_s = kept > now_s ? kept : now_s,
				   .begun_us = clock_boottime_us(),
				   .kept_s = kept };
	return 0;
}

int64_t latest_get(const struct latest *latest, int64_t now_s)
{
	int64_t own = own_time(latest);

	return own > now_s ? own : now_s;
}

int latest_keep(struct latest *latest, struct store *store)
{
	int64_t own = own_time(latest);
	int r;

	if (own < latest->kept_s + KEEP_EVERY_S)
		return 0;
	/* A restore may have brought a later one meanwhile. */
	r = store_run(store,
		      "UPDATE installation SET latest = max(latest, ?)"
		      " WHERE id = 1",
		      "i", own);
	if (r == 0)
		latest->kept_s = own;
	return r;
}

void latest_accept(struct latest *latest, int64_t now_s)
{
	*latest = (struct latest){ .begun_s = now_s,
				   .begun_us = clock_boottime_us(),
				   .kept_s = now_s };
}
