/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Geo: the country database in force: the daemon's own copy, below its state,
 * which only a proven one replaces, while logins run. It tells the country of
 * an address, or why it cannot; what follows from that is a rule's to say. For
 * one thread, the loop's.
 */

#include <limits.h>
#include <stdint.h>

#include "cloxxsd/geo/database.h"

/* Below the state directory. */
#define GEO_FILE "private/country.mmdb"
#define GEO_FILE_NEW "private/country.mmdb.new"

enum geo_error {
	_GEO_E_OK,
	GEO_E_UNKNOWN, /* the database has no country for it, or none can be */
	GEO_E_OLD,     /* the database was built too long ago */
	GEO_E_MISSING, /* there is none that can be used */
};

struct geo {
	struct geo_database *database; /* NULL: there is none */
	char path[PATH_MAX];           /* where it stands, or would */
	int64_t taken;                 /* in force since, seconds since 1970 */
	char fault[256]; /* why the file that is there cannot be used, or "" */
};

/*
 * Opens the copy below the state directory and proves it as one that is new.
 * GEO_E_MISSING, with geo->fault where a file is there that cannot be used;
 * nothing of it stops a daemon. To be taken down in any case.
 */
must_check int geo_init(struct geo *geo, const char *state_directory,
			int64_t now_s);
void geo_deinit(struct geo *geo);
/* Puts database, which it takes, in force in the place of the former one. */
void geo_take(struct geo *geo, struct geo_database *database, int64_t now_s);

/* Whether it can be asked: 0, GEO_E_OLD, GEO_E_MISSING. */
must_check int geo_check(const struct geo *geo, int64_t now_s,
			 int64_t max_age_s);
/*
 * The country of address, two capitals. GEO_E_MISSING and GEO_E_OLD as
 * geo_check(); GEO_E_UNKNOWN, and that for each address that is not global
 * (base/address.h), whatever the database says.
 */
must_check int geo_country(const struct geo *geo, const struct address *address,
			   int64_t now_s, int64_t max_age_s,
			   char ret_country[COUNTRY_SIZE]);
/* "missing", "old", "unknown"; "ok" for 0. */
const char *geo_error_name(int error);
