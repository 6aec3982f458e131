/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Password demand: which rules a password must keep now, from the settings and
 * from who wants it where. In a trial it is two sets: the preset's, which are
 * in force, and those of the settings, of which what goes beyond is only told.
 */

#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/config/settings.h"

/* Points into itself, and into settings: for as long as both stay. */
struct password_demand {
	const struct settings *settings;
	struct password_context context;
	struct password_rules all;
	struct password_rules held; /* in a trial, else the same */
};

/* name and services (by comma) may be "". */
void password_demand_init(struct password_demand *demand,
			  const struct settings *settings, const char *name,
			  const char *services);

/*
 * password_check() by what is in force. Where that passes and a rule on trial
 * does not, 0, and ret_trial says which; else its error is 0.
 */
must_check int password_demand_check(const struct password_demand *demand,
				     const struct password_candidate *candidate,
				     struct password_fault *ret_fault,
				     struct password_fault *ret_trial);
