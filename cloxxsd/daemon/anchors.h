/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Anchors: writes the head of the ledger down outside of the store, a line each
 * hour in which something was recorded and one at the end, to the file anchors
 * of the state directory, and to the log. Whoever carries the lines off the
 * host can prove later that nothing up to there was cut off or exchanged
 * (state/ledger_proof.h). At the start the last line is held against the
 * ledger.
 *
 *     cloxxs-anchor 1 INSTALLATION SEQUENCE TIME CHAIN
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/state/state.h"

struct anchors {
	struct state *state;
	char path[640];
	int64_t seq; /* of the last line that was written */
	sd_event_source *timer;
};

must_check int anchors_init(struct anchors *anchors, sd_event *event,
			    struct state *state, const char *directory);
/* Writes the last one. */
void anchors_deinit(struct anchors *anchors);
