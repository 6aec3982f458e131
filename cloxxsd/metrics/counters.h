/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Counters: what was committed since the start of the daemon, counted. Every
 * decision and every act is a record of a change set, or one more refusal of a
 * source that waits; so nobody who decides has to count, and nothing that was
 * not written counts.
 */

#include <stdint.h>

#include "cloxxsd/config/settings.h"
#include "cloxxsd/metrics/exposition.h"
#include "cloxxsd/metrics/login_tally.h"
#include "cloxxsd/state/change.h"

struct counters {
	struct login_tally logins;
	uint64_t events[_EVENT_N];
	uint64_t locks[_REASON_N];
};

void counters_deinit(struct counters *counters);
/* After a commit. */
void counters_committed(struct counters *counters,
			const struct settings *settings,
			const struct change_set *set);
/* METRIC_LOGINS, METRIC_LOCKS and METRIC_EVENTS. */
void counters_expose(const struct counters *counters,
		     struct exposition *exposition);
