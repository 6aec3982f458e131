/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Database walk: looks at all that a look-up in a country database can reach,
 * each node and each record once, in bounded time.
 */

#include <maxminddb.h>

#include "cloxxsd/geo/database.h"

/*
 * Counts networks, countries and the schema into facts.
 * GEO_DATABASE_E_REFUSED with why: a node or record leads out of the file, or
 * a record takes so long to read that it is meant to. -ENOMEM.
 */
must_check int geo_database_walk(const MMDB_s *file,
				 struct geo_database_facts *facts,
				 struct text *why);

/*
 * The country of a record; schema (NULL: not asked) is the member that holds
 * it. False where there is none. ret_country untouched then.
 */
bool geo_record_country(const MMDB_entry_s *record,
			char ret_country[COUNTRY_SIZE], const char **schema);
