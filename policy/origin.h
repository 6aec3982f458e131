/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Origin: where a login comes from, held against the places from where it may
 * come, as a pure function: an address, the networks and the country in, what
 * the rules of login.h ask of it out. It reads no database and no settings, and
 * decides nothing. What is not known is not allowed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/country.h"
#include "base/network.h"
#include "base/scope.h"

enum origin_kind {
	ORIGIN_UNKNOWN, /* no address, or none that can be read */
	ORIGIN_LOCAL,   /* this host itself: console, cron, su, sudo */
	ORIGIN_ADDRESS,
};

/* Networks that may be set for a login, and whether it comes from them. */
enum origin_networks {
	ORIGIN_OUTSIDE,
	ORIGIN_INSIDE,
	ORIGIN_NO_NETWORKS, /* none are set for it */
};

/* What the country database, or the class of the address, says. */
enum origin_place {
	ORIGIN_PLACE_UNKNOWN,   /* the database knows no country for it */
	ORIGIN_PLACE_MISSING,   /* no database */
	ORIGIN_PLACE_OLD,       /* one that is too old to be asked */
	ORIGIN_PLACE_SPECIAL,   /* a loopback, private or like address */
	ORIGIN_PLACE_ELSEWHERE, /* in a country that is not allowed */
	ORIGIN_PLACE_ALLOWED,
};

struct origin {
	enum origin_kind kind;
	enum origin_networks fixed;          /* the user's own */
	enum origin_networks administration; /* for whoever administers */
	bool is_bastion; /* a host of ours that others come through */
	enum origin_place place;
	/* Of the address, where the database was asked and knew it; else "". */
	char country[COUNTRY_SIZE];
};

/* What the settings say. */
struct origin_rules {
	const struct networks *administration;
	bool administration_anywhere; /* whatever administration says */
	const struct networks *bastions;
	uint32_t local_classes; /* 1 << enum address_class: those allowed */
	const char *const *countries; /* "NL", ended by NULL */
	bool any_country;
};

enum origin_database {
	ORIGIN_DATABASE_MISSING,
	ORIGIN_DATABASE_OLD,
	ORIGIN_DATABASE_ASKED, /* country is its answer, "" for none */
};

/* What is known of one login. */
struct origin_source {
	bool has_address;
	struct address address;
	bool is_local; /* without an address: a service of this host itself */
	const struct networks *fixed; /* of the user; empty: none */
	bool administers;
	enum origin_database database;
	char country[COUNTRY_SIZE];
};

struct origin origin_judge(const struct origin_rules *rules,
			   const struct origin_source *source);

/*
 * Whether whoever administers may do so from there: on this host itself, or
 * inside every network that is set for him.
 */
bool origin_may_administer(const struct origin *origin);

/* Whether the country can matter: for who asks the database only then. */
bool origin_asks_country(const struct origin_rules *rules,
			 const struct origin_source *source);
