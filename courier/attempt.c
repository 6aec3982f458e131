/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/attempt.h"

static const struct attempt_way *way_of(const struct route *route)
{
	if (!route->endpoint)
		return &smtp_way;
	return route->endpoint->program ? &program_way : &http_way;
}

int attempt_start(const struct attempt_args *args, struct attempt **ret_attempt)
{
	return way_of(args->route)->start(args, ret_attempt);
}

enum result attempt_cancel(struct attempt *attempt)
{
	return attempt->way->cancel(attempt) ? RESULT_UNCERTAIN
					     : RESULT_UNREACHABLE;
}
