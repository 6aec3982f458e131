/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/geo/comparison.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Of a database that is made to take long. */
#define COMPARE_MAX_S 30

void geo_listed_set(struct geo_listed *listed, const char *const *countries)
{
	*listed = (struct geo_listed){ 0 };
	for (; *countries; countries++)
		if (strcmp(*countries, "any") == 0)
			listed->is_any = true;
		else if (country_is_known(*countries, strlen(*countries)))
			listed->has[(*countries)[0] - 'A']
				   [(*countries)[1] - 'A'] = true;
}

struct sample {
	const struct geo_database *in_force, *fresh;
	const struct geo_listed *listed;
	unsigned int n_either, n_one; /* let in by either, and by one alone */
};

static bool lets_in(const struct geo_database *database,
		    const struct geo_listed *listed,
		    const struct address *address)
{
	char country[COUNTRY_SIZE];

	return geo_database_country(database, address, country) == 0 &&
	       listed->has[country[0] - 'A'][country[1] - 'A'];
}

static void ask(struct sample *sample, const struct address *address)
{
	bool before, after;

	if (address_class(address) != ADDRESS_GLOBAL)
		return;
	before = lets_in(sample->in_force, sample->listed, address);
	after = lets_in(sample->fresh, sample->listed, address);
	sample->n_either += before || after;
	sample->n_one += before != after;
}

/* Scatters numbers that follow each other; any constant that is odd does. */
static uint32_t scatter(uint32_t i)
{
	return i * UINT32_C(2654435761);
}

static void put_number(unsigned char *bytes, uint32_t number)
{
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(number >> (24 - 8 * i));
}

/* One of each /16. */
static void ask_ipv4(struct sample *sample, uint32_t i)
{
	struct address address = { .bytes = { [10] = 0xff, [11] = 0xff } };

	put_number(address.bytes + 12, i << 16 | scatter(i) >> 16);
	ask(sample, &address);
}

/* What registries were given (IANA, IPv6 global unicast): their first 32 bits,
 * and how many of these are theirs. */
static const struct {
	uint32_t first;
	unsigned int bits;
} parts[] = {
	{ 0x20010000, 16 }, { 0x24000000, 12 }, { 0x26000000, 12 },
	{ 0x28000000, 12 }, { 0x2a000000, 12 }, { 0x2c000000, 12 },
};
#define PART_BITS 12

/* One of each 4096th of a part. */
static void ask_ipv6(struct sample *sample, size_t part, uint32_t i)
{
	unsigned int shift = 32 - parts[part].bits - PART_BITS;
	struct address address = { .bytes = { [15] = 1 } };
	uint32_t rest = scatter(i) >> 8 & ((UINT32_C(1) << shift) - 1);

	put_number(address.bytes, parts[part].first | i << shift | rest);
	ask(sample, &address);
}

static time_t cpu_s(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec;
}

static bool is_late(time_t begun)
{
	return cpu_s() - begun > COMPARE_MAX_S;
}

/* False where it takes too long. */
static bool ask_all(struct sample *four, struct sample *six)
{
	time_t begun = cpu_s();

	for (uint32_t i = 0; i < 1U << 16; i++) {
		ask_ipv4(four, i);
		if (i % 64 == 0 && is_late(begun))
			return false;
	}
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++)
		for (uint32_t i = 0; i < 1U << PART_BITS; i++) {
			ask_ipv6(six, part, i);
			if (i % 64 == 0 && is_late(begun))
				return false;
		}
	return true;
}

static bool differs(const struct sample *sample, const char *family,
		    struct text *why)
{
	if (sample->n_one <= GEO_COMPARISON_FEW ||
	    sample->n_one * 100 <= sample->n_either * GEO_COMPARISON_SHARE_MAX)
		return false;
	text_add_format(why,
			"lets in others by their country: of %u addresses of "
			"%s that either lets in, %u are let in by one alone",
			sample->n_either, family, sample->n_one);
	return true;
}

static int compare_samples(const struct geo_database *in_force,
			   const struct geo_database *fresh,
			   const struct geo_listed *listed, struct text *why)
{
	struct sample four = { in_force, fresh, listed, 0, 0 }, six = four;

	if (listed->is_any)
		return 0;
	if (!ask_all(&four, &six)) {
		text_add(why, "takes too long to read");
		return GEO_DATABASE_E_REFUSED;
	}
	return differs(&four, "IPv4", why) || differs(&six, "IPv6", why)
		       ? GEO_DATABASE_E_REFUSED
		       : 0;
}

static void add_day(struct text *text, int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm day = { 0 };

	(void)gmtime_r(&time, &day);
	text_add_format(text, "%04d-%02d-%02d", day.tm_year + 1900,
			day.tm_mon + 1, day.tm_mday);
}

int geo_compare(const struct geo_database *in_force,
		const struct geo_database *fresh,
		const struct geo_listed *listed, struct text *why)
{
	const struct geo_database_facts *before = geo_database_facts(in_force);
	const struct geo_database_facts *after = geo_database_facts(fresh);

	if (after->built < before->built) {
		text_add(why, "is older than the one in force: built on ");
		add_day(why, after->built);
		text_add(why, ", that one on ");
		add_day(why, before->built);
		return GEO_DATABASE_E_REFUSED;
	}
	if (after->networks < before->networks / 2) {
		text_add_format(why,
				"has lost much: it holds %" PRIu64
				" networks, the one in force %" PRIu64,
				after->networks, before->networks);
		return GEO_DATABASE_E_REFUSED;
	}
	if (before->has_ipv6 && !after->has_ipv6) {
		text_add(why, "holds IPv4 alone, the one in force IPv6 too");
		return GEO_DATABASE_E_REFUSED;
	}
	return compare_samples(in_force, fresh, listed, why);
}
