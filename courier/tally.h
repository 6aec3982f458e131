/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Tally: what became of messages at each route since the courier started, also
 * over reloads. A route that went and came back goes on where it was.
 */

#include <stdint.h>

#include "courier/configuration.h"
#include "courier/detail.h"
#include "courier/result.h"

struct tally {
	struct tally *next;
	enum kind kind;
	char name[65];
	int64_t n[_RESULT_N];
	int64_t accepted_s, failed_s; /* since 1970; 0: never */
	char failed_detail[DETAIL_SIZE];
};

/* That of a route, made where there is none yet. -ENOMEM. */
must_check int tally_find(struct tally **list, const struct route *route,
			  struct tally **ret_tally);
void tally_count(struct tally *tally, enum result result, const char *detail,
		 int64_t now_s);
void tally_free_all(struct tally **list);
