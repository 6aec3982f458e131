/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/courier/tally.h"

#include <string.h>

void courier_tally_count(struct courier_tally *tally,
			 enum courier_result result, int64_t now)
{
	tally->n[result]++;
	if (result == COURIER_ACCEPTED) {
		tally->n_failed = 0;
		tally->failing_since = 0;
		tally->accepted_at = now;
		return;
	}
	if (tally->n_failed++ == 0)
		tally->failing_since = now;
}

/* Its place, or that of the one that was not tried for longest. */
static struct courier_route *place_of(struct courier_route *routes,
				      enum courier_kind kind, const char *name)
{
	struct courier_route *oldest = routes;

	for (size_t i = 0; i < COURIER_ROUTES_MAX; i++) {
		if (routes[i].kind == kind && strcmp(routes[i].name, name) == 0)
			return &routes[i];
		if (routes[i].tried_at < oldest->tried_at)
			oldest = &routes[i];
	}
	*oldest = (struct courier_route){ .kind = kind };
	memcpy(oldest->name, name, strlen(name) + 1);
	return oldest;
}

static void count(struct courier_route *routes, enum courier_kind kind,
		  const char *name, enum courier_result result, int64_t now)
{
	struct courier_route *route = place_of(routes, kind, name);

	route->tried_at = now;
	courier_tally_count(&route->tally, result, now);
}

void courier_routes_count(struct courier_route routes[COURIER_ROUTES_MAX],
			  enum courier_kind kind,
			  const struct courier_answer *answer, int64_t now)
{
	for (size_t i = 0; i < answer->n_passed; i++)
		count(routes, kind, answer->passed[i], COURIER_UNREACHABLE,
		      now);
	if (*answer->route)
		count(routes, kind, answer->route, answer->result, now);
}
