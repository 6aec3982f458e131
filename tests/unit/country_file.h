/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Country file: makes small country databases (MaxMind DB format 2.0) for
 * tests, sound ones and others.
 */

#include <stddef.h>
#include <stdint.h>

/* What a record holds. */
enum country_record {
	COUNTRY_RECORD_NESTED,     /* {"country": {"iso_code": CODE}} */
	COUNTRY_RECORD_FLAT,       /* {"country": NAME, "country_code": CODE} */
	COUNTRY_RECORD_REGISTERED, /* {"registered_country": {"iso_code": … */
	COUNTRY_RECORD_NUMBER,     /* {"country_code": 31} */
	COUNTRY_RECORD_NOTHING,    /* {} */
};

struct country_row {
	const char *network; /* not within another */
	enum country_record record;
	const char *code;
};

#define COUNTRY_FILE_DATA UINT32_C(0x80000000)

struct country_file {
	const struct country_row *rows; /* ended by network NULL */
	const char *type;
	int64_t built;
	unsigned int ip_version; /* 4 or 6 */
	/* Made wrong: the first node's left side, where it is not 0: a node, or
	 * COUNTRY_FILE_DATA and an offset in the data. */
	uint32_t left;
	unsigned int format; /* major version; 0: 2 */
};

/* Its bytes, malloced. */
unsigned char *country_file_make(const struct country_file *file, size_t *n);

/* A sound one, of 6 and with all that is odd but may be there. */
extern const struct country_row country_rows[];
