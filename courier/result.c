/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/result.h"

struct row {
	const char *name;
	bool another; /* route may be tried: nobody has taken the message */
};

static const struct row rows[_RESULT_N] = {
	[RESULT_UNCERTAIN] = { "uncertain", false },
	[RESULT_ACCEPTED] = { "accepted", false },
	[RESULT_REFUSED] = { "refused", true },
	[RESULT_UNREACHABLE] = { "unreachable", true },
};

const char *result_name(enum result result)
{
	return rows[result].name;
}

bool failover_next(struct failover *failover, enum result result)
{
	if (!rows[result].another || failover->at + 1 >= failover->n_routes)
		return false;
	failover->at++;
	return true;
}
