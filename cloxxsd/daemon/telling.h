/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Telling: what users are told about their own accounts, unasked
 * (ASVS 5.0, 6.3.5 and 6.3.7): that another number or address is theirs now, at
 * the former one; and that the account was locked, by mail. So many an hour,
 * and nothing waits for it: what cannot be told is recorded, and that is all.
 */

#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/state/second_factor.h"

/* Mails an hour that tell of locks, whoever they go to: anybody can lock. What
 * an administrator did is told in any case. */
#define TELLING_LOCKS_PER_HOUR 200

struct told;

struct telling {
	const struct attempts *attempts;
	struct told *first; /* on their way */
	int64_t hour_began_us;
	uint32_t n_hour;
	sd_event_source *dropped; /* records that some were not told */
	uint32_t n_dropped;
};

must_check int telling_init(struct telling *telling,
			    const struct attempts *attempts);
void telling_deinit(struct telling *telling);

/* At before, which was user's phone or mail address. */
void telling_address_changed(struct telling *telling, const struct user *user,
			     enum factor_value value,
			     const struct secret *before);
/* Of what else of his second factor was changed: about, a word. By mail, else
 * by SMS. */
void telling_factor_changed(struct telling *telling, const struct user *user,
			    const char *about);
/* To be called behind each commit: who was locked in it is told. */
void telling_committed(struct telling *telling, const struct change_set *set);
