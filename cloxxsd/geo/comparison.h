/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Comparison: whether a country database that nobody has looked at may take the
 * place of the one in force: it is no older, has not lost half of what it held,
 * and lets in by their country about whom the other one does. It says nothing
 * of which of the two is right: an administrator may, by an import.
 */

#include "cloxxsd/geo/database.h"

/* Countries that a rule lists, as a value of its own. */
struct geo_listed {
	bool is_any; /* no rule goes by countries */
	bool has[26][26];
};

/* countries: of the settings: codes, or "any" alone, ended by NULL. */
void geo_listed_set(struct geo_listed *listed, const char *const *countries);

/* Of 100 addresses that either lets in, so many may be of one alone. */
#define GEO_COMPARISON_SHARE_MAX 10
/* So few say nothing. */
#define GEO_COMPARISON_FEW 8

/*
 * GEO_DATABASE_E_REFUSED with a part of a sentence in why. It asks both about
 * some 94,000 addresses, always the same: one of each /16 of IPv4, and some of
 * each large part of IPv6 that is in use. Takes a moment, and computes half a
 * minute at most: for a thread.
 */
must_check int geo_compare(const struct geo_database *in_force,
			   const struct geo_database *fresh,
			   const struct geo_listed *listed, struct text *why);
