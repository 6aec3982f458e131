/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. Nothing of a stored string reaches libcrypt before all of it was read
 *    here: it would allocate and work whatever the string says.
 * 2. A lack of memory is never told as a wrong password.
 */
#include "cloxxsd/attempt/foreign_hash.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
/* sha512crypt and bcrypt need next to nothing beside struct crypt_data. */
#define SMALL (64 * KIB)

/* The dearest that are taken: about a second each. */
#define SHA512_ROUNDS_MIN 1000
#define SHA512_ROUNDS_MAX 1000000
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 14

/*
 * yescrypt as crypt_gensalt() makes it, by cost 1 to 8; 5 is Debian's. N and r
 * in their encoded form, and the memory that they take: 128 bytes times both.
 */
static const struct {
	char parameters[4];
	uint64_t memory;
} yescrypt_costs[] = {
	{ "j75", 1 * MIB },  { "j85", 2 * MIB },   { "j7T", 4 * MIB },
	{ "j8T", 8 * MIB },  { "j9T", 16 * MIB },  { "jAT", 32 * MIB },
	{ "jBT", 64 * MIB }, { "jCT", 128 * MIB },
};

static const char base64[] =
	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* What stands before the next '$' or the end, of those 64 characters alone. */
static bool take_text(const char **at, size_t min, size_t max)
{
	size_t n = strspn(*at, base64);

	if (n < min || n > max)
		return false;
	*at += n;
	return true;
}

static bool take_literal(const char **at, const char *literal)
{
	size_t n = strlen(literal);

	if (strncmp(*at, literal, n) != 0)
		return false;
	*at += n;
	return true;
}

/* Up to 9 digits without a leading zero. */
static bool take_number(const char **at, uint32_t *ret_number)
{
	size_t n = strspn(*at, "0123456789");
	uint32_t number = 0;

	if (n == 0 || n > 9 || **at == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		number = number * 10 + (uint32_t)((*at)[i] - '0');
	*at += n;
	*ret_number = number;
	return true;
}

/* $y$j9T$SALT$HASH: the salt up to 64 bytes, the hash 32. */
static bool read_yescrypt(const char *at, uint64_t *ret_memory)
{
	const char *salt;
	uint64_t memory = 0;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(yescrypt_costs); i++)
		if (take_literal(&at, yescrypt_costs[i].parameters)) {
			memory = yescrypt_costs[i].memory;
			break;
		}
	if (memory == 0 || !take_literal(&at, "$"))
		return false;
	salt = at;
	if (!take_text(&at, 2, 86))
		return false;
	/* Of the last character only some bits are used: libcrypt takes no
	 * others. */
	n = (size_t)(at - salt);
	if (n % 4 == 1 ||
	    (n % 4 == 2 && strchr(base64, at[-1]) - base64 >= 4) ||
	    (n % 4 == 3 && strchr(base64, at[-1]) - base64 >= 16))
		return false;
	if (!take_literal(&at, "$") || !take_text(&at, 43, 43) || *at)
		return false;
	*ret_memory = memory;
	return true;
}

/* $6$[rounds=N$]SALT$HASH */
static bool read_sha512(const char *at, uint64_t *ret_memory)
{
	uint32_t rounds = SHA512_ROUNDS_MIN;

	if (take_literal(&at, "rounds=") &&
	    (!take_number(&at, &rounds) || !take_literal(&at, "$")))
		return false;
	if (rounds < SHA512_ROUNDS_MIN || rounds > SHA512_ROUNDS_MAX ||
	    !take_text(&at, 1, 16) || !take_literal(&at, "$") ||
	    !take_text(&at, 86, 86) || *at)
		return false;
	*ret_memory = SMALL;
	return true;
}

/* $2b$NN$ and 53 characters: salt and hash. */
static bool read_bcrypt(const char *at, uint64_t *ret_memory)
{
	unsigned int cost;

	if (strspn(at, "0123456789") != 2)
		return false;
	cost = (unsigned int)((at[0] - '0') * 10 + at[1] - '0');
	at += 2;
	if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX ||
	    !take_literal(&at, "$") || !take_text(&at, 53, 53) || *at)
		return false;
	*ret_memory = SMALL;
	return true;
}

static const struct {
	const char *prefix;
	bool (*read)(const char *at, uint64_t *ret_memory);
} schemes[] = {
	{ "$y$", read_yescrypt },
	{ "$6$", read_sha512 },
	{ "$2b$", read_bcrypt },
	{ "$2y$", read_bcrypt },
};

bool foreign_hash_is(const char *stored)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (take_literal(&stored, schemes[i].prefix))
			return true;
	return false;
}

int foreign_hash_inspect(const char *stored, uint64_t *ret_memory)
{
	if (strnlen(stored, FOREIGN_HASH_SIZE) == FOREIGN_HASH_SIZE)
		return FOREIGN_HASH_E_REFUSED;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (take_literal(&stored, schemes[i].prefix))
			return schemes[i].read(stored, ret_memory)
				       ? 0
				       : FOREIGN_HASH_E_REFUSED;
	return FOREIGN_HASH_E_REFUSED;
}

static void crypt_data_freep(struct crypt_data **data)
{
	if (*data)
		explicit_bzero(*data, sizeof(**data));
	free(*data);
}

int foreign_hash_verify(const char *stored, const struct secret *normal)
{
	scope(crypt_data_freep) struct crypt_data *data = NULL;
	size_t n = strlen(stored);
	uint64_t memory;
	const char *made;

	if (foreign_hash_inspect(stored, &memory) != 0)
		return FOREIGN_HASH_E_REFUSED;
	/* No password that libcrypt took was longer, or had a NUL in it. */
	if (normal->n == 0 || normal->n >= CRYPT_MAX_PASSPHRASE_SIZE ||
	    memchr(normal->bytes, '\0', normal->n))
		return FOREIGN_HASH_E_WRONG;
	data = calloc(1, sizeof(*data));
	if (!data)
		return -ENOMEM;
	errno = 0;
	made = crypt_rn(normal->bytes, stored, data, sizeof(*data));
	if (!made)
		return errno == ENOMEM ? -ENOMEM : FOREIGN_HASH_E_REFUSED;
	if (strlen(made) != n)
		return FOREIGN_HASH_E_WRONG;
	return secret_equal_bytes(made, stored, n) ? 0 : FOREIGN_HASH_E_WRONG;
}
