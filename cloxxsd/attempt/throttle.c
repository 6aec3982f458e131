/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A source that waits is not forgotten for one that does not.
 *  2. Which set a source is in cannot be told from outside.
 *  3. Nothing is allocated after the start.
 */
#include "cloxxsd/attempt/throttle.h"

#include <sodium.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"

#define WAYS 8
/* The first wait is a part of the window that doubles so often. */
#define DOUBLINGS 4

struct source {
	struct address address; /* IPv6: its first half */
	int64_t empty_at_us;    /* when the bucket is, and all is forgotten */
	int64_t until_us;       /* it waits */
	uint32_t n_waits;       /* since it was empty */
	char reference[REFERENCE_MAX];
};

struct throttle {
	uint8_t key[crypto_shorthash_KEYBYTES];
	uint32_t n_sets;
	struct source sources[];
};

int throttle_new(uint32_t n_places, struct throttle **ret_throttle)
{
	struct throttle *throttle = calloc(
		1, sizeof(*throttle) + n_places * sizeof(throttle->sources[0]));

	if (!throttle)
		return -ENOMEM;
	randombytes_buf(throttle->key, sizeof(throttle->key));
	throttle->n_sets = n_places / WAYS;
	*ret_throttle = throttle;
	return 0;
}

struct throttle *throttle_free(struct throttle *throttle)
{
	free(throttle);
	return NULL;
}

/* Whether the source of text may have to wait: not what has no address. */
static bool is_counted(const struct throttle_limit *limit, const char *text)
{
	struct address address;

	return limit->failures > 0 && address_parse(text, &address) == 0 &&
	       !(limit->exempt && networks_contain(limit->exempt, &address));
}

/* False for what has no address. */
static bool read_source(const char *text, struct address *ret_address)
{
	if (address_parse(text, ret_address) != 0)
		return false;
	if (!address_is_ipv4(ret_address))
		memset(ret_address->bytes + 8, 0, 8);
	return true;
}

/* Where the set of address begins in throttle->sources. */
static size_t set_of(const struct throttle *throttle,
		     const struct address *address)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t number;

	crypto_shorthash(hash, address->bytes, sizeof(address->bytes),
			 throttle->key);
	memcpy(&number, hash, sizeof(number));
	return (size_t)(number % throttle->n_sets) * WAYS;
}

static ptrdiff_t find(const struct throttle *throttle,
		      const struct address *address)
{
	size_t set = set_of(throttle, address);

	for (size_t i = set; i < set + WAYS; i++)
		if (throttle->sources[i].empty_at_us > 0 &&
		    address_is_equal(&throttle->sources[i].address, address))
			return (ptrdiff_t)i;
	return -1;
}

/* Its own place, or that of whoever would be forgotten first. */
static struct source *place_of(struct throttle *throttle,
			       const struct address *address)
{
	size_t set = set_of(throttle, address);
	ptrdiff_t own = find(throttle, address);
	struct source *first = &throttle->sources[set];

	if (own >= 0)
		return &throttle->sources[own];
	for (size_t i = set; i < set + WAYS; i++)
		if (throttle->sources[i].empty_at_us < first->empty_at_us)
			first = &throttle->sources[i];
	*first = (struct source){ .address = *address };
	return first;
}

void throttle_source(const char *address, char ret_source[NETWORK_TEXT_MAX])
{
	struct network network;

	ret_source[0] = '\0';
	if (!read_source(address, &network.address))
		return;
	network.length = address_is_ipv4(&network.address) ? 128 : 64;
	network_write(&network, ret_source);
}

bool throttle_waits(const struct throttle *throttle,
		    const struct throttle_limit *limit, const char *address,
		    int64_t now_us, char ret_reference[REFERENCE_MAX])
{
	const struct source *source;
	struct address key;
	ptrdiff_t at;

	ret_reference[0] = '\0';
	if (!is_counted(limit, address) || !read_source(address, &key))
		return false;
	at = find(throttle, &key);
	if (at < 0)
		return false;
	source = &throttle->sources[at];
	if (now_us >= source->until_us)
		return false;
	memcpy(ret_reference, source->reference, REFERENCE_MAX);
	return true;
}

static int64_t wait_us(const struct source *source, int64_t window_us)
{
	return source->n_waits > DOUBLINGS
		       ? window_us
		       : window_us >> (DOUBLINGS + 1 - source->n_waits);
}

bool throttle_count(struct throttle *throttle,
		    const struct throttle_limit *limit, const char *address,
		    int64_t now_us, int64_t *ret_wait_us)
{
	int64_t window_us = (int64_t)limit->window_s * 1000000, one_us;
	struct source *source;
	struct address key;

	if (!is_counted(limit, address) || !read_source(address, &key))
		return false;
	source = place_of(throttle, &key);
	if (now_us < source->until_us)
		return false;
	one_us = window_us / limit->failures;
	if (source->empty_at_us <= now_us) {
		source->empty_at_us = now_us;
		source->n_waits = 0;
	}
	source->empty_at_us += one_us;
	/* As full as it gets before the next one would not fit. */
	if (source->empty_at_us - now_us <= window_us - one_us)
		return false;
	source->n_waits += source->n_waits <= DOUBLINGS;
	*ret_wait_us = wait_us(source, window_us);
	source->until_us = now_us + *ret_wait_us;
	source->empty_at_us = source->until_us + window_us;
	source->reference[0] = '\0';
	return true;
}

void throttle_name(struct throttle *throttle, const char *address,
		   const char *reference)
{
	struct address key;
	ptrdiff_t at;

	if (!read_source(address, &key))
		return;
	at = find(throttle, &key);
	if (at >= 0)
		memcpy(throttle->sources[at].reference, reference,
		       REFERENCE_MAX);
}
