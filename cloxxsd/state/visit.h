/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Visit: when a user last came in and began a session, from where, and how many
 * logins in his name were refused since, whether they counted or not. For
 * himself to read: it decides nothing. Reading only: visits change through
 * state/change.h.
 */

#include <stdint.h>

#include "cloxxsd/state/user.h"

struct visit {
	int64_t at; /* 0: never yet */
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	char terminal[65];
	int64_t failed;
};

/* All zero where nothing is known of uid. */
must_check int visit_find(struct store *store, uint32_t uid,
			  struct visit *ret_visit);
