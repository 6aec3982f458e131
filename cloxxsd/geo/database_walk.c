/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/geo/database_walk.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Bits of an address, and so the depth of the tree. */
#define DEPTH_MAX 128
/* Of one record, and of all: nothing that is honest comes near. */
#define RECORD_MAX_US INT64_C(20000)
#define WALK_MAX_US INT64_C(30000000)

/* MaxMind and DB-IP; IPinfo and others, whose "country" is a name. */
static const struct {
	const char *const path[3];
	const char *name;
} schemas[] = {
	{ { "country", "iso_code", NULL }, "country.iso_code" },
	{ { "country_code", NULL }, "country_code" },
};

bool geo_record_country(const MMDB_entry_s *record,
			char ret_country[COUNTRY_SIZE], const char **schema)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++) {
		MMDB_entry_s entry = *record;
		MMDB_entry_data_s data = { 0 };

		if (MMDB_aget_value(&entry, &data, schemas[i].path) !=
			    MMDB_SUCCESS ||
		    !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING)
			continue;
		if (!country_is_known(data.utf8_string, data.data_size))
			return false;
		memcpy(ret_country, data.utf8_string, 2);
		ret_country[2] = '\0';
		if (schema)
			*schema = schemas[i].name;
		return true;
	}
	return false;
}

struct walk {
	const MMDB_s *file;
	struct geo_database_facts *facts;
	uint8_t *nodes;     /* seen, a bit each */
	uint8_t *records;   /* seen, a bit each byte of the data */
	uint8_t *countries; /* those of them that have one */
	uint8_t codes[26 * 26];
	int64_t began_us;
	const char *fault;
};

static int64_t cpu_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool has(const uint8_t *bits, uint64_t i)
{
	return bits[i / 8] >> (i % 8) & 1;
}

static void set(uint8_t *bits, uint64_t i)
{
	bits[i / 8] |= (uint8_t)(1U << (i % 8));
}

static void see_country(struct walk *walk, const MMDB_entry_s *record)
{
	char code[COUNTRY_SIZE];
	uint8_t *seen;

	if (!geo_record_country(record, code, &walk->facts->schema))
		return;
	set(walk->countries, record->offset);
	seen = &walk->codes[(code[0] - 'A') * 26 + (code[1] - 'A')];
	walk->facts->countries += !*seen;
	*seen = 1;
}

static bool see_record(struct walk *walk, const MMDB_entry_s *record)
{
	int64_t before, after;

	if (record->offset >= walk->file->data_section_size) {
		walk->fault = "is damaged: its tree leads out of its data";
		return false;
	}
	if (!has(walk->records, record->offset)) {
		set(walk->records, record->offset);
		before = cpu_us();
		see_country(walk, record);
		after = cpu_us();
		if (after - before > RECORD_MAX_US ||
		    after - walk->began_us > WALK_MAX_US) {
			walk->fault = "takes too long to read";
			return false;
		}
	}
	walk->facts->networks += has(walk->countries, record->offset);
	return true;
}

static bool see_node(struct walk *walk, uint64_t number, unsigned int depth);

static bool see_side(struct walk *walk, uint8_t type, uint64_t value,
		     const MMDB_entry_s *record, unsigned int depth)
{
	switch (type) {
	case MMDB_RECORD_TYPE_EMPTY:
		return true;
	case MMDB_RECORD_TYPE_DATA:
		return see_record(walk, record);
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		return see_node(walk, value, depth);
	default: /* of the file, not of an enum */
		walk->fault = "is damaged: its tree leads nowhere";
		return false;
	}
}

/* As deep as the tree, which is 128 at most. */
static bool see_node(struct walk *walk, uint64_t number, unsigned int depth)
{
	MMDB_search_node_s node;

	if (depth == DEPTH_MAX || number >= walk->file->metadata.node_count ||
	    MMDB_read_node(walk->file, (uint32_t)number, &node) !=
		    MMDB_SUCCESS) {
		walk->fault = "is damaged: its tree has no end";
		return false;
	}
	/* IPv4 is reached in several ways. */
	if (has(walk->nodes, number))
		return true;
	set(walk->nodes, number);
	return see_side(walk, node.left_record_type, node.left_record,
			&node.left_record_entry, depth + 1) &&
	       see_side(walk, node.right_record_type, node.right_record,
			&node.right_record_entry, depth + 1);
}

int geo_database_walk(const MMDB_s *file, struct geo_database_facts *facts,
		      struct text *why)
{
	size_t n_nodes = file->metadata.node_count / 8 + 1;
	size_t n_bytes = file->data_section_size / 8 + 1;
	scope(scope_free) uint8_t *nodes = calloc(1, n_nodes);
	scope(scope_free) uint8_t *records = calloc(1, n_bytes);
	scope(scope_free) uint8_t *countries = calloc(1, n_bytes);
	struct walk walk = { .file = file,
			     .facts = facts,
			     .nodes = nodes,
			     .records = records,
			     .countries = countries,
			     .began_us = cpu_us() };

	if (!nodes || !records || !countries)
		return -ENOMEM;
	if (see_node(&walk, 0, 0))
		return 0;
	text_add(why, walk.fault);
	return GEO_DATABASE_E_REFUSED;
}
