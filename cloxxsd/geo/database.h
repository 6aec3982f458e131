/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Database: one file that tells the country of addresses (MaxMind DB format
 * 2.0), proven as a whole before anybody asks it, and then in memory that
 * nobody can change or cut. It tells of a country what the file says of the
 * address itself ("country.iso_code", or a flat "country_code"), never where
 * somebody registered it, and nothing that is no country (base/country.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/country.h"
#include "base/scope.h"
#include "base/text.h"

/* The largest that are known have half of it. */
#define GEO_DATABASE_BYTES_MAX (UINT64_C(128) << 20)
/* SHA-256 in lower-case figures of base 16, and a NUL. */
#define GEO_DATABASE_SHA256_SIZE 65

enum geo_database_error {
	_GEO_DATABASE_E_OK,
	GEO_DATABASE_E_REFUSED, /* no such file as can be used */
	GEO_DATABASE_E_UNKNOWN, /* it has no country for the address */
};

struct geo_database;

/* What it says of itself, and what was counted. */
struct geo_database_facts {
	char type[100];     /* printable: "GeoLite2-Country" */
	const char *schema; /* the member that holds the country */
	int64_t built;      /* seconds since 1970 */
	uint64_t bytes;
	char sha256[GEO_DATABASE_SHA256_SIZE]; /* of the file */
	uint64_t networks;                     /* that have a country */
	uint32_t countries;
	bool has_ipv6;
};

/*
 * Copies what fd holds and proves it: its frame, each node of its tree, each
 * record that the tree leads to, that some of these have countries, and that it
 * was not built after now_s. Blocks on the disk, and computes for a second
 * where it is large: for a thread, or a start. GEO_DATABASE_E_REFUSED with a
 * part of a sentence in why, or -errno.
 */
must_check int geo_database_read(int fd, int64_t now_s, struct text *why,
				 struct geo_database **ret_database);
struct geo_database *geo_database_free(struct geo_database *database);
static inline void geo_database_freep(struct geo_database **database)
{
	*database = geo_database_free(*database);
}

/* Two capitals, or GEO_DATABASE_E_UNKNOWN: whatever else happens is that. */
must_check int geo_database_country(const struct geo_database *database,
				    const struct address *address,
				    char ret_country[COUNTRY_SIZE]);
const struct geo_database_facts *geo_database_facts(
	const struct geo_database *database);
