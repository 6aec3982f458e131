/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Login tally: how often each decision was made, by phase, service, result and
 * reason. All of them are few: a service counts under its name where the
 * settings name it, else as "other", and no more than LOGIN_TALLY_SERVICES have
 * a name at all. Whoever types what he likes makes no new series.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cloxxsd/audit/event.h"
#include "policy/reason.h"

#define LOGIN_TALLY_SERVICES 64

struct login_tally_service;

struct login_tally {
	/* The first is "other". */
	struct login_tally_service *services[LOGIN_TALLY_SERVICES + 1];
	size_t n;
};

void login_tally_deinit(struct login_tally *tally);
/*
 * Counts one, where event is a decision, else nothing. named: the settings
 * name service. Where there is no memory for a service that is new, it counts
 * as another.
 */
void login_tally_count(struct login_tally *tally, enum event event,
		       enum reason reason, const char *service, bool named);

struct login_tally_row {
	const char *phase, *service, *result, *reason;
	uint64_t n;
};
/* Each that is not zero. */
void login_tally_for_each(const struct login_tally *tally,
			  void (*each)(const struct login_tally_row *row,
				       void *userdata),
			  void *userdata);
