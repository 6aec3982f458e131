/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. Nothing of a stored string reaches the hash before parse() has read all
 *    of it: libsodium would allocate whatever m says.
 * 2. A lack of memory is never told as a wrong password. So the hash is
 *    compared here: crypto_pwhash_str_verify() of libsodium 1.0.18 tells one
 *    as the other (argon2_verify() makes every error a mismatch).
 */
#include "cloxxsd/attempt/argon2.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define SALT_SIZE 16
#define HASH_SIZE 32
/* RFC 9106 section 3.1: at least 8 KiB a lane. */
#define MEMORY_MIN_KIB 8

_Static_assert(ARGON2_STORED_SIZE == crypto_pwhash_STRBYTES, "stored size");
_Static_assert(SALT_SIZE == crypto_pwhash_SALTBYTES, "salt size");

static bool take_literal(const char **at, const char *literal)
{
	size_t n = strlen(literal);

	if (strncmp(*at, literal, n) != 0)
		return false;
	*at += n;
	return true;
}

/* Digits without a leading zero: one number, one spelling. */
static bool take_number(const char **at, uint32_t *ret_number)
{
	size_t n = strspn(*at, "0123456789");
	uint64_t number = 0;

	if (n == 0 || n > 10 || **at == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		number = number * 10 + (uint64_t)((*at)[i] - '0');
	if (number > UINT32_MAX)
		return false;
	*at += n;
	*ret_number = (uint32_t)number;
	return true;
}

/* Base64 without padding of exactly size bytes, in the one spelling. */
static bool take_base64(const char **at, unsigned char *bytes, size_t size)
{
	const int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
	size_t n = strcspn(*at, "$"), n_bytes = 0;
	const char *end = NULL;

	if (n != sodium_base64_encoded_len(size, variant) - 1 ||
	    sodium_base642bin(bytes, size, *at, n, NULL, &n_bytes, &end,
			      variant) != 0 ||
	    n_bytes != size || end != *at + n)
		return false;
	*at += n;
	return true;
}

struct parts {
	struct argon2_cost cost;
	unsigned char salt[SALT_SIZE];
	unsigned char hash[HASH_SIZE];
};

static void parts_deinit(struct parts *parts)
{
	sodium_memzero(parts, sizeof(*parts));
}

static int parse(const char *stored, const struct argon2_cost *maximum,
		 struct parts *parts)
{
	const char *at = stored;
	uint32_t memory_kib, operations;

	if (strnlen(stored, ARGON2_STORED_SIZE) == ARGON2_STORED_SIZE)
		return ARGON2_E_REFUSED;
	if (!take_literal(&at, "$argon2id$v=19$m=") ||
	    !take_number(&at, &memory_kib) || !take_literal(&at, ",t=") ||
	    !take_number(&at, &operations) || !take_literal(&at, ",p=1$") ||
	    !take_base64(&at, parts->salt, sizeof(parts->salt)) ||
	    !take_literal(&at, "$") ||
	    !take_base64(&at, parts->hash, sizeof(parts->hash)) || *at)
		return ARGON2_E_REFUSED;
	if (memory_kib < MEMORY_MIN_KIB ||
	    (uint64_t)memory_kib * 1024 > maximum->memory ||
	    operations > maximum->operations)
		return ARGON2_E_REFUSED;
	parts->cost = (struct argon2_cost){
		.memory = (uint64_t)memory_kib * 1024,
		.operations = operations,
	};
	return 0;
}

int argon2_inspect(const char *stored, const struct argon2_cost *maximum,
		   struct argon2_cost *ret_cost)
{
	scope(parts_deinit) struct parts parts = { 0 };
	int r = parse(stored, maximum, &parts);

	if (r == 0)
		*ret_cost = parts.cost;
	return r;
}

int argon2_hash(const struct secret *normal, const struct argon2_cost *cost,
		char ret_stored[ARGON2_STORED_SIZE])
{
	char stored[ARGON2_STORED_SIZE];

	if (sodium_init() < 0)
		return -EIO;
	if (cost->memory < crypto_pwhash_MEMLIMIT_MIN ||
	    cost->memory > crypto_pwhash_MEMLIMIT_MAX ||
	    cost->operations < crypto_pwhash_OPSLIMIT_MIN)
		return -EINVAL;
	if (crypto_pwhash_str(stored, normal->bytes, normal->n,
			      cost->operations, (size_t)cost->memory) != 0)
		return -ENOMEM;
	memcpy(ret_stored, stored, sizeof(stored));
	return 0;
}

int argon2_verify(const char *stored, const struct secret *normal,
		  const struct argon2_cost *maximum)
{
	scope(parts_deinit) struct parts parts = { 0 };
	unsigned char hash[HASH_SIZE];
	bool equal;
	int r = parse(stored, maximum, &parts);

	if (r != 0)
		return r;
	if (sodium_init() < 0)
		return -EIO;
	if (crypto_pwhash(hash, sizeof(hash), normal->bytes, normal->n,
			  parts.salt, parts.cost.operations,
			  (size_t)parts.cost.memory,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	equal = secret_equal_bytes(hash, parts.hash, sizeof(hash));
	sodium_memzero(hash, sizeof(hash));
	return equal ? 0 : ARGON2_E_WRONG;
}

static uint64_t higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

bool argon2_needs_rehash(const struct argon2_cost *stored,
			 const struct argon2_cost *asked,
			 struct argon2_cost *ret_cost)
{
	if (stored->memory >= asked->memory &&
	    stored->operations >= asked->operations)
		return false;
	*ret_cost = (struct argon2_cost){
		.memory = higher(stored->memory, asked->memory),
		.operations =
			(uint32_t)higher(stored->operations, asked->operations),
	};
	return true;
}
