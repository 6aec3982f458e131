/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/country_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/network.h"

#define NODES_MAX 4096
#define BYTES_MAX 65536
#define EMPTY UINT32_MAX
#define DATA COUNTRY_FILE_DATA

const struct country_row country_rows[] = {
	{ "145.97.0.0/16", COUNTRY_RECORD_NESTED, "NL" },
	{ "2001:610::/32", COUNTRY_RECORD_NESTED, "NL" },
	{ "203.0.113.0/25", COUNTRY_RECORD_NESTED, "NL" },
	{ "198.51.100.0/24", COUNTRY_RECORD_NESTED, "DE" },
	{ "2001:db8::/33", COUNTRY_RECORD_NESTED, "DE" },
	{ "25.0.0.0/8", COUNTRY_RECORD_NESTED, "GB" },
	{ "31.13.0.0/16", COUNTRY_RECORD_REGISTERED, "NL" },
	{ "62.0.0.0/16", COUNTRY_RECORD_NESTED, "EU" },
	{ "62.1.0.0/16", COUNTRY_RECORD_NESTED, "A1" },
	{ "62.2.0.0/16", COUNTRY_RECORD_NESTED, "nl" },
	{ "62.3.0.0/16", COUNTRY_RECORD_NUMBER, NULL },
	{ "62.4.0.0/16", COUNTRY_RECORD_NOTHING, NULL },
	{ "62.5.0.0/16", COUNTRY_RECORD_FLAT, "BE" },
	/* what no database should say */
	{ "10.0.0.0/8", COUNTRY_RECORD_NESTED, "NL" },
	{ "fc00::/7", COUNTRY_RECORD_NESTED, "NL" },
	{ "2002::/16", COUNTRY_RECORD_NESTED, "NL" },
	{ NULL, 0, NULL },
};

struct bytes {
	unsigned char bytes[BYTES_MAX];
	size_t n;
};

static void add(struct bytes *bytes, const void *more, size_t n)
{
	assert_true(bytes->n + n <= sizeof(bytes->bytes));
	memcpy(bytes->bytes + bytes->n, more, n);
	bytes->n += n;
}

static void add_byte(struct bytes *bytes, unsigned int byte)
{
	const unsigned char one = (unsigned char)byte;

	add(bytes, &one, 1);
}

static void add_number(struct bytes *bytes, uint64_t number, unsigned int n)
{
	while (n-- > 0)
		add_byte(bytes, (unsigned int)(number >> (8 * n) & 0xff));
}

static void add_map(struct bytes *bytes, unsigned int n)
{
	add_byte(bytes, 7U << 5 | n);
}

static void add_string(struct bytes *bytes, const char *string)
{
	assert_true(strlen(string) < 29);
	add_byte(bytes, 2U << 5 | (unsigned int)strlen(string));
	add(bytes, string, strlen(string));
}

static void add_uint16(struct bytes *bytes, const char *key, unsigned int value)
{
	add_string(bytes, key);
	add_byte(bytes, 5U << 5 | 2);
	add_number(bytes, value, 2);
}

static void add_record(struct bytes *bytes, const struct country_row *row)
{
	switch (row->record) {
	case COUNTRY_RECORD_NESTED:
	case COUNTRY_RECORD_REGISTERED:
		add_map(bytes, 1);
		add_string(bytes, row->record == COUNTRY_RECORD_NESTED
					  ? "country"
					  : "registered_country");
		add_map(bytes, 1);
		add_string(bytes, "iso_code");
		add_string(bytes, row->code);
		break;
	case COUNTRY_RECORD_FLAT:
		add_map(bytes, 2);
		add_string(bytes, "country");
		add_string(bytes, "Its name");
		add_string(bytes, "country_code");
		add_string(bytes, row->code);
		break;
	case COUNTRY_RECORD_NUMBER:
		add_map(bytes, 1);
		add_uint16(bytes, "country_code", 31);
		break;
	case COUNTRY_RECORD_NOTHING:
		add_map(bytes, 0);
		break;
	}
}

struct tree {
	uint32_t sides[NODES_MAX][2];
	uint32_t n;
};

static uint32_t new_node(struct tree *tree)
{
	assert_true(tree->n < NODES_MAX);
	tree->sides[tree->n][0] = EMPTY;
	tree->sides[tree->n][1] = EMPTY;
	return tree->n++;
}

/* IPv4 stands at ::/96, not where struct address has it. */
static bool bit_of(const struct network *network, unsigned int i)
{
	if (address_is_ipv4(&network->address) && i < 96)
		return false;
	return network->address.bytes[i / 8] >> (7 - i % 8) & 1;
}

static void insert(struct tree *tree, const struct network *network,
		   unsigned int first, uint32_t data)
{
	uint32_t node = 0;

	for (unsigned int i = first; i < network->length; i++) {
		uint32_t *side = &tree->sides[node][bit_of(network, i)];

		if (i + 1 == network->length) {
			*side = DATA | data;
			return;
		}
		if (*side == EMPTY) {
			uint32_t new = new_node(tree);

			*side = new;
		}
		node = *side;
		assert_true(node < tree->n);
	}
}

static void add_tree(struct bytes *bytes, const struct tree *tree)
{
	for (uint32_t i = 0; i < tree->n; i++)
		for (int side = 0; side < 2; side++) {
			uint32_t value = tree->sides[i][side];

			if (value == EMPTY)
				value = tree->n;
			else if (value & DATA)
				value = (value & ~DATA) + tree->n + 16;
			add_number(bytes, value, 4);
		}
}

static void add_metadata(struct bytes *bytes, const struct country_file *file,
			 uint32_t n_nodes)
{
	add(bytes, "\xab\xcd\xefMaxMind.com", 14);
	add_map(bytes, 9);
	add_string(bytes, "node_count");
	add_byte(bytes, 6U << 5 | 4);
	add_number(bytes, n_nodes, 4);
	add_uint16(bytes, "record_size", 32);
	add_uint16(bytes, "ip_version", file->ip_version);
	add_string(bytes, "database_type");
	add_string(bytes, file->type);
	add_string(bytes, "languages");
	add_number(bytes, 0x0004, 2); /* an array of nothing */
	add_uint16(bytes, "binary_format_major_version",
		   file->format ? file->format : 2);
	add_uint16(bytes, "binary_format_minor_version", 0);
	add_string(bytes, "build_epoch");
	add_number(bytes, 0x0802, 2); /* eight bytes of a uint64 */
	add_number(bytes, (uint64_t)file->built, 8);
	add_string(bytes, "description");
	add_map(bytes, 0);
}

unsigned char *country_file_make(const struct country_file *file, size_t *n)
{
	static struct bytes all, data;
	static struct tree tree;
	static const char nothing[16];
	unsigned char *bytes;

	all.n = data.n = tree.n = 0;
	(void)new_node(&tree);
	for (const struct country_row *row = file->rows; row->network; row++) {
		struct network network;

		assert_int_equal(network_parse(row->network, &network), 0);
		insert(&tree, &network, file->ip_version == 4 ? 96 : 0,
		       (uint32_t)data.n);
		add_record(&data, row);
	}
	if (file->left)
		tree.sides[0][0] = file->left;
	add_tree(&all, &tree);
	add(&all, nothing, sizeof(nothing));
	add(&all, data.bytes, data.n);
	add_metadata(&all, file, tree.n);
	bytes = malloc(all.n);
	assert_non_null(bytes);
	memcpy(bytes, all.bytes, all.n);
	*n = all.n;
	return bytes;
}
