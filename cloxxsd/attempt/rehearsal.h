/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Rehearsal: somebody waits for what is done once a hash is. But the hash has
 * driven everything else out of the processor's caches, and while it ran the
 * loop's processor slept. So shortly before it is expected to be done, the loop
 * reads what it will read then, and throws it away. It is for the last hash
 * that was begun: where many run, the loop is awake anyway. It decides nothing,
 * and one that comes too early, too late or never changes nothing but time;
 * that is why whatever takes as long as a verification is rehearsed as one.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/scope.h"

struct rehearsal;

must_check int rehearsal_new(sd_event *event, void (*rehearse)(void *userdata),
			     struct rehearsal **ret_rehearsal);
struct rehearsal *rehearsal_free(struct rehearsal *rehearsal);

/* A hash is begun, for userdata, not NULL, which lives until rehearsal_end():
 * rehearse(userdata) is called before its end, where that can be known. An
 * earlier plan is forgotten. */
void rehearsal_plan(struct rehearsal *rehearsal, void *userdata);
/* It is done, after took_us; 0: it was none. userdata is forgotten. */
void rehearsal_end(struct rehearsal *rehearsal, void *userdata,
		   int64_t took_us);
